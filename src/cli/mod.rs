//! The command line: one file per command, with its flags and the request they build.

/// Defines `run` for the enum `Command`: each variant passes its flags to a function. Variants after
/// `boxed` pass the content of their box.
macro_rules! dispatch {
    ($($variant:ident => $run:path),* $(; boxed $($boxed:ident => $run_boxed:path),*)? $(,)?) => {
        pub fn run(
            context: &$crate::context::Context,
            command: Command,
        ) -> $crate::error::Result<$crate::output::report::Report> {
            match command {
                $(Command::$variant(flags) => $run(context, flags),)*
                $($(Command::$boxed(flags) => $run_boxed(context, *flags),)*)?
            }
        }
    };
}

/// Flags of a command, by the names of their fields, each with whether it is given.
macro_rules! given {
    ($flags:expr; $($field:ident),+) => {
        [$((concat!("--", stringify!($field)), $flags.$field.iter().next().is_some())),+]
    };
}

mod batch_flags;
mod batches;
pub mod global_flags;
pub mod keys;
mod mcp;
mod page_flags;
pub mod parse_error;
mod prelude;
mod prompts;
pub mod read_only;
pub mod sandbox;
pub mod send_flags;
pub mod sms;
pub mod source;
pub mod templates;
mod values;
pub mod whatsapp;

use std::mem::ManuallyDrop;

use clap::CommandFactory as _;
use clap::FromArgMatches as _;
use clap::{Parser, Subcommand};

use crate::cli::global_flags::GlobalFlags;
use crate::context::Context;
use crate::error::Result;

/// Send WhatsApp and SMS messages on Alibaba Cloud: never twice, never guessing.
#[derive(Debug, Parser)]
#[command(
    name = "alimsg",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Command,

    #[command(flatten)]
    pub globals: GlobalFlags,

    /// The name of the command in the JSON output, such as `sms send`.
    #[arg(skip)]
    pub name: String,
}

impl CommandLine {
    /// Parses the arguments and environment of this process. An empty environment variable counts
    /// as unset.
    ///
    /// # Errors
    /// A request for help or the version; an invalid command line.
    pub fn from_process() -> clap::error::Result<Self> {
        let mut command = Self::command();
        // Every variable of a flag begins with this, and rebuilding all flags takes time.
        let is_empty = |(name, value): &(std::ffi::OsString, std::ffi::OsString)| {
            value.is_empty() && name.as_encoded_bytes().starts_with(b"ALIMSG_")
        };
        if std::env::vars_os().any(|variable| is_empty(&variable)) {
            command = without_empty_variables(command);
        }
        // Only without a command as the first word, clap can show the page of the program itself.
        let is_flag = |word: std::ffi::OsString| word.as_encoded_bytes().starts_with(b"-");
        if std::env::args_os().nth(1).is_none_or(is_flag) {
            command = command.after_long_help(long_help());
        }
        // Freeing it takes longer than parsing, and the process is short.
        let mut command = ManuallyDrop::new(command);
        let matches = command.try_get_matches_from_mut(std::env::args_os())?;
        let mut line =
            Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        let subcommands =
            std::iter::successors(matches.subcommand(), |(_, matches)| matches.subcommand());
        line.name = subcommands.map(|(name, _)| name).collect::<Vec<_>>().join(" ");
        Ok(line)
    }
}

fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty =
        |name: &std::ffi::OsStr| std::env::var_os(name).is_some_and(|text| text.is_empty());
    command
        .mut_args(
            |arg| if arg.get_env().is_some_and(is_empty) { arg.env(None::<&str>) } else { arg },
        )
        .mut_subcommands(without_empty_variables)
}

/// The end of the help page of the program.
fn long_help() -> String {
    format!("{EXAMPLES}\nSandbox (--sandbox):\n{}\n{EXIT_CODES}", crate::sandbox::help())
}

const EXAMPLES: &str = "\
Examples:
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100002 \\
      --param name=Alice --param order=42 --yes
  alimsg --sandbox whatsapp send template --from 8613800000001 --to 8613800001000 \\
      --template-code 100000000000001 --language en --param name=Alice --param order=42 --yes
";

const EXIT_CODES: &str = "\
Exit codes:
  0  done                                   5  permission denied; the missing policy is printed
  1  internal error                         6  rejected or throttled by the service
  2  bad or missing input; nothing sent     7  outcome unknown: check before sending again
  3  no usable aliyun, plugin or network    8  a batch was sent only in part
  4  no valid credentials                   9  cancelled at a prompt
                                            128+n  ended by signal n";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// WhatsApp messages
    #[command(subcommand, after_help = whatsapp::EXAMPLES)]
    Whatsapp(whatsapp::Command),
    /// SMS messages
    #[command(subcommand, after_help = sms::EXAMPLES)]
    Sms(sms::Command),
    /// WhatsApp, Viber and SMS templates
    #[command(subcommand, after_help = templates::EXAMPLES)]
    Templates(templates::Command),
    /// Batches: what the batch commands did, and how to continue them
    #[command(subcommand, after_help = batches::EXAMPLES)]
    Batches(batches::Command),
    /// Idempotency keys: which were used, and how to resolve them
    #[command(subcommand, after_help = keys::EXAMPLES)]
    Keys(keys::Command),
    /// Control the sandbox: incoming messages, faults, count of sent messages, reset
    #[command(subcommand, after_help = sandbox::EXAMPLES)]
    Sandbox(sandbox::Command),
    /// Serve the commands as tools for agents (Model Context Protocol on stdio)
    Mcp(mcp::Flags),
}

dispatch! {
    Whatsapp => whatsapp::run,
    Sms => sms::run,
    Templates => templates::run,
    Batches => batches::run,
    Keys => keys::run,
    Sandbox => sandbox::run,
    Mcp => mcp::run,
}

/// Collects required values. A value that was not given is asked for at a terminal, and reported
/// as missing otherwise.
pub struct Inputs<'r> {
    context: &'r Context,
    missing: Vec<&'static str>,
}

impl<'r> Inputs<'r> {
    pub fn new(context: &'r Context) -> Self {
        Self { context, missing: Vec::new() }
    }

    /// Checks the given value, or asks for it. Returns an empty text if it is missing; then
    /// [`Inputs::complete`] fails.
    ///
    /// # Errors
    /// The given value is invalid; the user cancelled.
    pub fn need(
        &mut self,
        flag: &'static str,
        question: &str,
        given: Option<String>,
        check: impl Fn(&str) -> Result<()>,
    ) -> Result<String> {
        match given {
            Some(given) => check(&given).map(|()| given),
            None if self.context.settings.interactive && !self.context.settings.dry_run => {
                self.context.screen.ask(question, check)
            }
            None => {
                self.missing.push(flag);
                Ok(String::new())
            }
        }
    }

    /// Fails if a value is missing, and names all missing flags at once. `next` are commands that
    /// show possible values.
    pub fn complete(self, next: &[&str]) -> Result<()> {
        if self.missing.is_empty() {
            return Ok(());
        }
        let next = next.iter().map(ToString::to_string).collect();
        let failure = crate::error::Failure::missing(&self.missing, next);
        Err(parse_error::explain_missing(failure))
    }
}

/// A check that accepts every value.
pub fn anything(_: &str) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
