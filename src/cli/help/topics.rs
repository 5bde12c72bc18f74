//! The topics of `alimsg help`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::CommandFactory as _;

use crate::cli::CommandLine;
use crate::cli::global_flags::GlobalFlags;
use crate::cli::help::{MAX_COLUMNS, fit};

struct Topic {
    name: &'static str,
    summary: &'static str,
    text: fn() -> String,
}

const TOPICS: &[Topic] = &[
    Topic { name: "flags", summary: "Flags of all commands", text: flags },
    Topic {
        name: "sandbox",
        summary: "The simulator: its numbers, templates and errors",
        text: || format!("{}\n{SANDBOX_COMMANDS}", crate::sandbox::help()),
    },
    Topic {
        name: "exit-codes",
        summary: "What the exit codes mean",
        text: || EXIT_CODES.to_owned(),
    },
    Topic { name: "environment", summary: "Environment variables", text: environment },
    Topic {
        name: "formatting",
        summary: "Numbers, variables, quotes, output formats",
        text: || FORMATTING.to_owned(),
    },
];

const SANDBOX_COMMANDS: &str = "`alimsg sandbox --help` lists the commands of the sandbox.";

/// The text of a topic; `topics` lists all.
pub fn find(name: &str) -> Option<String> {
    if name == "topics" {
        return Some(list());
    }
    let topic = TOPICS.iter().find(|topic| topic.name == name)?;
    let text = format!("{}\n\n{}", topic.summary, (topic.text)().trim_end());
    Some(fit::to_columns(&text) + "\n")
}

/// All topics with their summaries.
pub fn list() -> String {
    let mut text = String::from("Topics of `alimsg help TOPIC`:\n");
    for Topic { name, summary, .. } in TOPICS {
        let _ = writeln!(text, "  {name:21}{summary}");
    }
    text
}

fn flags() -> String {
    let command =
        clap::Command::new("alimsg").max_term_width(MAX_COLUMNS).help_template("{options}");
    let command = <GlobalFlags as clap::Args>::augment_args(command);
    command.mut_args(|arg| arg.hide(false)).render_help().to_string()
}

const EXIT_CODES: &str = "Exit codes:
  0      done
  1      internal error
  2      bad or missing input; nothing sent
  3      no usable aliyun, plugin or network
  4      no valid credentials
  5      permission denied; the missing policy is printed
  6      rejected or throttled by the service
  7      outcome unknown: the message may have been sent; check before you send
         it again
  8      a batch was sent only in part
  9      cancelled at a prompt
  128+n  ended by signal n

With --json, `error.outcome` is not_sent, sent or unknown, and `error.next` has \
the commands to type next.";

/// Variables that are not the default of a flag.
const VARIABLES: &[(&str, &str)] = &[
    (
        "ALIMSG_STATE_DIR",
        "folder of keys, batches and caches [default: alimsg in the XDG state folder]",
    ),
    ("NO_COLOR", "if set, no colors"),
    ("ALIBABA_CLOUD_…", "credentials and settings of aliyun, which inherits the environment"),
];

fn environment() -> String {
    let mut tree = CommandLine::command();
    tree.build();
    let mut flags = BTreeMap::new();
    collect_variables(&tree, &mut flags);
    let mut text = String::from(
        "A flag wins over its variable, and an empty variable counts as unset. --yes has none: \
         consent is given on the command line.\n\n",
    );
    for (variable, flag) in flags {
        let _ = writeln!(text, "  {variable:25}{flag}");
    }
    text.push('\n');
    for (variable, meaning) in VARIABLES {
        let _ = writeln!(text, "  {variable:25}{meaning}");
    }
    text
}

/// The variable of each flag that has one.
fn collect_variables(command: &clap::Command, flags: &mut BTreeMap<String, String>) {
    for arg in command.get_arguments() {
        if let (Some(variable), Some(flag)) = (arg.get_env(), arg.get_long()) {
            flags.insert(variable.to_string_lossy().into_owned(), format!("--{flag}"));
        }
    }
    command.get_subcommands().for_each(|command| collect_variables(command, flags));
}

const FORMATTING: &str = "\
Phone numbers:
  WhatsApp  country code and number, only digits: 8613800001000
  SMS       11 digits, or +86 and 11 digits, or country code and number; several
            are separated by commas without blanks: 13800001000,13800001001

Variables of templates:
  --param name=Alice    one variable; repeat the flag for each
  '$(name)'             in the text of a WhatsApp or Viber template
  '${name}'             in the text of an SMS template
Write texts with $(name) or ${name} in single quotes. In double quotes, the shell runs \
$(name) as a command and replaces ${name} by a variable of its own.
  alimsg templates create --name hi --language en --category UTILITY \\
      --body 'Hello $(name)' --example name=Alice

Values that begin with a dash:
  --text='- milk'       with =, otherwise the value is read as a flag

Output:
  on a terminal         tables and colors
  in a pipe             tab-separated values, the names of the columns first
  --json                one JSON object on stdout, also for errors
  --spreadsheet-safe    no cell that a spreadsheet would run as a formula
Results are on stdout, notes and errors on stderr. Times in JSON are RFC 3339.";
