//! `alimsg policy`: the least RAM policy for the commands named. Works offline.

mod table;

use std::collections::BTreeMap;

use clap::CommandFactory as _;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::operations::Access;
use crate::cli::CommandLine;
use crate::cli::prelude::*;

#[derive(Debug, Args)]
#[command(after_help = "\
Prints a policy for the RAM console or `aliyun ram create-policy`. Its first statement has what every
run of the commands needs, the second one what their optional steps need. Nothing is started.

Examples:
  alimsg --sandbox policy 'sms send' 'templates list'
  alimsg policy 'sms send' --required
  alimsg policy whatsapp --json
  alimsg policy")]
pub struct Flags {
    /// Command, or group of commands, for example 'sms send' [default: all commands]
    #[arg(value_name = "COMMAND")]
    commands: Vec<String>,

    /// Only the actions that every run of the commands needs
    #[arg(long)]
    required: bool,
}

/// An action in the policy.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Action {
    action: &'static str,
    required: bool,
    /// The commands that need it, each with the step that does: `sms send (--verify)`.
    used_by: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Policy {
    policy: Value,
    actions: Vec<Action>,
}

/// The strongest of the calls to the service that a command can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Calls {
    /// None: the command works on this machine alone.
    None,
    Read,
    /// Changes settings or templates of the account.
    Change,
    /// Sends messages.
    Send,
}

/// The calls of a command.
pub fn calls(command: &str) -> Calls {
    let uses = table::uses(command).into_iter().flatten();
    let calls = uses.flat_map(|used| used.operations).map(|operation| match operation.access {
        Access::Read => Calls::Read,
        Access::Write => Calls::Change,
        Access::Send => Calls::Send,
    });
    calls.max().unwrap_or(Calls::None)
}

/// Prints the policy.
///
/// # Errors
/// A command does not exist or makes no calls; stdout cannot be written.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let policy = policy(&flags.commands, flags.required)?;
    if context.screen.is_json() {
        return Ok(Report::from_record(&policy, Value::Null));
    }
    let optional: Vec<&Action> = policy.actions.iter().filter(|one| !one.required).collect();
    if !optional.is_empty() {
        context.screen.note("the actions of optional steps, which --required leaves out:");
    }
    for action in optional {
        context.screen.note(&format!("  {}: {}", action.action, action.used_by.join(", ")));
    }
    let text = serde_json::to_string_pretty(&policy.policy).map_err(anyhow::Error::from)?;
    context.screen.page(&(text + "\n")).map_err(anyhow::Error::from)?;
    Ok(Report::Streamed)
}

fn policy(named: &[String], only_required: bool) -> Result<Policy> {
    let root = CommandLine::command();
    let mut commands = Vec::new();
    if named.is_empty() {
        leaves(&root, "", &mut commands);
    }
    for name in named {
        let words: Vec<&str> = name.split_whitespace().collect();
        let words = words.strip_prefix(&["alimsg"]).unwrap_or(&words);
        let mut command = &root;
        for word in words {
            command = command.find_subcommand(word).ok_or_else(|| unknown(name))?;
        }
        leaves(command, &words.join(" "), &mut commands);
    }
    let mut actions: BTreeMap<&str, Action> = BTreeMap::new();
    for command in &commands {
        for used in table::uses(command).into_iter().flatten() {
            for operation in used.operations {
                let action = actions.entry(operation.ram_action).or_default();
                action.action = operation.ram_action;
                action.required |= used.when.is_none();
                let user = match used.when {
                    None => command.clone(),
                    Some(when) => format!("{command} ({when})"),
                };
                if !action.used_by.contains(&user) {
                    action.used_by.push(user);
                }
            }
        }
    }
    let actions: Vec<Action> =
        actions.into_values().filter(|action| action.required || !only_required).collect();
    if actions.is_empty() {
        return Err(no_actions(named, only_required));
    }
    Ok(Policy { policy: document(&actions), actions })
}

/// The policy document: a statement for the required actions, and one for the others.
fn document(actions: &[Action]) -> Value {
    let statements = [true, false].into_iter().filter_map(|required| {
        let actions = actions.iter().filter(|action| action.required == required);
        let names: Vec<&str> = actions.map(|action| action.action).collect();
        (!names.is_empty()).then(|| json!({ "Effect": "Allow", "Action": names, "Resource": "*" }))
    });
    json!({ "Version": "1", "Statement": statements.collect::<Vec<_>>() })
}

/// The commands without subcommands below a command.
fn leaves(command: &clap::Command, name: &str, found: &mut Vec<String>) {
    let mut subcommands = command.get_subcommands().peekable();
    if subcommands.peek().is_none() {
        found.push(name.to_string());
    }
    for subcommand in subcommands {
        let name = format!("{name} {}", subcommand.get_name());
        leaves(subcommand, name.trim_start(), found);
    }
}

fn unknown(name: &str) -> Box<Failure> {
    let mut all = Vec::new();
    leaves(&CommandLine::command(), "", &mut all);
    let similar = all
        .into_iter()
        .map(|command| (strsim::normalized_damerau_levenshtein(name, &command), command))
        .filter(|(score, _)| *score > 0.5)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let failure = Failure::usage(format!("there is no command {name:?}"));
    match similar {
        Some((_, command)) => {
            failure.next(shell_words::join(["alimsg", "policy", command.as_str()]))
        }
        None => failure.hint("`alimsg --help` lists the commands").next("alimsg --help"),
    }
}

fn no_actions(named: &[String], only_required: bool) -> Box<Failure> {
    let commands = named.join(", ");
    if only_required {
        return Failure::usage(format!(
            "no action is needed by every run of {commands}: it depends on flags and on the channel"
        ))
        .hint("leave out --required");
    }
    Failure::usage(format!("{commands}: no calls, so no policy is needed"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_command_is_in_the_table() {
        let mut commands = Vec::new();
        leaves(&CommandLine::command(), "", &mut commands);
        assert!(commands.len() > 40, "{commands:?}");
        let unknown: Vec<_> = commands.iter().filter(|name| table::uses(name).is_none()).collect();
        assert!(unknown.is_empty(), "add to cli/policy/table.rs: {unknown:?}");
        for (row, _) in table::COMMANDS {
            let is_used = commands.iter().any(|name| name.starts_with(row));
            assert!(is_used, "there is no command {row}");
        }
    }

    #[test]
    fn all_actions_of_the_contract_are_used_and_no_others() {
        let contract: BTreeSet<&str> = include_str!("../../api/operations/contract.tsv")
            .lines()
            .filter(|line| line.starts_with("call\t"))
            .filter_map(|line| line.rsplit('\t').next())
            .collect();
        let all = policy(&[], false).expect("a policy");
        let used: BTreeSet<&str> = all.actions.iter().map(|action| action.action).collect();
        assert_eq!(used, contract);
    }

    #[test]
    fn the_flags_named_in_the_table_exist() {
        let mut root = CommandLine::command();
        root.build();
        let mut commands = Vec::new();
        leaves(&root, "", &mut commands);
        for command in commands {
            let found = command
                .split(' ')
                .try_fold(&root, |command, word| command.find_subcommand(word))
                .expect("a command");
            let has = |flag: &str| {
                found.get_arguments().any(|argument| {
                    argument.get_long_and_visible_aliases().into_iter().flatten().any(|l| l == flag)
                })
            };
            for when in table::uses(&command).into_iter().flatten().filter_map(|used| used.when) {
                for word in when.split([' ', ',', '=']).filter_map(|word| word.strip_prefix("--")) {
                    assert!(
                        has(word) || command.starts_with("whatsapp send "),
                        "{command} --{word}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_optional_action_is_in_a_statement_of_its_own() {
        let names = ["sms send".to_string(), "templates list".to_string()];
        let all = policy(&names, false).expect("a policy").policy;
        assert_eq!(all["Statement"][0]["Action"], json!(["dysms:SendSms"]));
        let optional = all["Statement"][1]["Action"].as_array().expect("actions");
        for action in ["dysms:QuerySendDetails", "dysms:GetSmsSign", "cams:ListChatappTemplate"] {
            assert!(optional.contains(&json!(action)), "{all}");
        }
        let least = policy(&names, true).expect("a policy").policy;
        assert_eq!(least["Statement"].as_array().map(Vec::len), Some(1));
        assert!(policy(&["keys list".into()], false).is_err());
        assert!(
            policy(&["sms sned".into()], false).expect_err("unknown").next[0]
                .ends_with("'sms send'")
        );
    }
}
