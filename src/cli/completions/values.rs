//! Values that are completed from the records of this computer.

use std::ffi::OsString;
use std::sync::Arc;

use clap::{FromArgMatches as _, ValueHint};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use crate::cli::global_flags::GlobalFlags;
use crate::cli::help;
use crate::settings::Settings;
use crate::storage;
use crate::storage::names::Names;

/// Where the values of an argument come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Signatures,
    SmsTemplates,
    ChatTemplates,
    Templates,
    Spaces,
    Senders,
    Batches,
    Help,
}

/// The known values, for one command line.
#[derive(Clone)]
pub struct Values(Arc<Known>);

struct Known {
    shell: String,
    names: Names,
    settings: Option<Settings>,
}

impl Values {
    /// The values for the profile that the words or the environment choose.
    pub fn new(shell: &str, words: &[OsString]) -> Self {
        let settings = settings(words);
        let names = settings.as_ref().map(Names::load).unwrap_or_default();
        Self(Arc::new(Known { shell: shell.to_owned(), names, settings }))
    }

    /// Adds the values to the arguments of a command and of the commands below it.
    pub fn add_to(&self, command: clap::Command) -> clap::Command {
        self.add_below(command, "")
    }

    fn add_below(&self, command: clap::Command, path: &str) -> clap::Command {
        let command = command.mut_args(|argument| {
            let Some(source) = source(path, &argument) else {
                // bash and PowerShell complete the names of files by themselves.
                let completes_files = ["zsh", "fish"].contains(&self.0.shell.as_str());
                let is_file = completes_files && is_file(&argument);
                return if is_file { argument.value_hint(ValueHint::AnyPath) } else { argument };
            };
            let values = self.clone();
            argument.add(ArgValueCandidates::new(move || values.of(source)))
        });
        command.mut_subcommands(|command| {
            let path = format!("{path} {}", command.get_name());
            self.add_below(command, path.trim_start())
        })
    }

    fn of(&self, source: Source) -> Vec<CompletionCandidate> {
        let names = &self.0.names;
        let is_sms = |code: &&String| code.starts_with("SMS_");
        let templates = || names.of("templates").iter();
        let values: Vec<String> = match source {
            Source::Signatures => names.of("signatures").to_vec(),
            Source::SmsTemplates => templates().filter(is_sms).cloned().collect(),
            Source::ChatTemplates => templates().filter(|code| !is_sms(code)).cloned().collect(),
            Source::Templates => names.of("templates").to_vec(),
            Source::Spaces => names.of("accounts").to_vec(),
            Source::Senders => names.of("numbers").to_vec(),
            Source::Batches => self.batches(),
            Source::Help => help::subjects(),
        };
        values.iter().map(|value| CompletionCandidate::new(self.quoted(value))).collect()
    }

    /// The IDs of the batches in the database of the state folder. A shared database is not asked:
    /// it can be slow or out of reach.
    fn batches(&self) -> Vec<String> {
        let Some(settings) = &self.0.settings else { return Vec::new() };
        if storage::is_shared(settings) {
            return Vec::new();
        }
        let store = storage::open_existing(settings).ok().flatten();
        let batches = store.and_then(|store| store.batches().batches().ok());
        batches.into_iter().flatten().map(|batch| batch.id).collect()
    }

    /// The value as the shell needs it. Names come from the service: without quotes, the shell
    /// would run a `$(…)` in them. zsh and fish add the quotes themselves.
    fn quoted(&self, value: &str) -> String {
        let is_plain = |one: char| one.is_alphanumeric() || "_-./@+,".contains(one);
        if value.chars().all(is_plain) {
            return value.to_owned();
        }
        match self.0.shell.as_str() {
            "bash" => value.chars().fold(String::new(), |mut quoted, one| {
                if !is_plain(one) {
                    quoted.push('\\');
                }
                quoted.push(one);
                quoted
            }),
            "powershell" => format!("'{}'", value.replace('\'', "''")),
            _ => value.to_owned(),
        }
    }
}

/// Whether the value of an argument is the path of a file.
fn is_file(argument: &clap::Arg) -> bool {
    let names = argument.get_value_names().unwrap_or_default();
    names.first().is_some_and(|name| ["FILE", "PATH"].contains(&name.as_str()))
}

/// The source of the values of an argument.
fn source(path: &str, argument: &clap::Arg) -> Option<Source> {
    let is_sms = path.starts_with("sms ");
    if let Some(flag) = argument.get_long() {
        return match flag {
            "sign-name" | "related-sign-name" => Some(Source::Signatures),
            "template-code" if is_sms => Some(Source::SmsTemplates),
            "template-code" => Some(Source::ChatTemplates),
            "cust-space-id" => Some(Source::Spaces),
            // In the sandbox, incoming messages are from a customer.
            "to" if path == "sandbox inbound" => Some(Source::Senders),
            "from" if path != "sandbox inbound" => Some(Source::Senders),
            _ => None,
        };
    }
    match (argument.get_value_names()?.first()?.as_str(), path) {
        ("CODE", path) if path.starts_with("templates ") => Some(Source::Templates),
        ("NAME", "sms signs show") => Some(Source::Signatures),
        ("N", path) if path.starts_with("whatsapp ") => Some(Source::Senders),
        ("BATCH", _) => Some(Source::Batches),
        (_, "help") => Some(Source::Help),
        _ => None,
    }
}

/// The settings of the unfinished line: its flags can be incomplete, so only those that choose
/// other names count.
fn settings(words: &[OsString]) -> Option<Settings> {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let mut flags = vec!["alimsg"];
    for (at, word) in words.iter().enumerate() {
        if *word == "--sandbox" || word.starts_with("--profile=") {
            flags.push(word);
        } else if let ("--profile", Some(name)) = (*word, words.get(at + 1)) {
            flags.extend(["--profile", name]);
        }
    }
    let command = <GlobalFlags as clap::Args>::augment_args(clap::Command::new("alimsg"));
    let matches = command.args_override_self(true).try_get_matches_from(flags).ok()?;
    Some(Settings::from(GlobalFlags::from_arg_matches(&matches).ok()?))
}
