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
pub mod completions;
pub mod config;
mod corrections;
pub mod defaults;
mod doctor;
mod explain;
pub mod global_flags;
pub mod help;
pub mod keys;
mod limits;
mod man;
mod mcp;
mod outbox;
mod page_flags;
mod param_flags;
pub mod parse_error;
mod policy;
mod prelude;
mod prompts;
pub mod read_only;
pub mod sandbox;
mod schema;
pub mod send_flags;
mod skill;
pub mod sms;
pub mod source;
pub mod templates;
mod tree;
mod values;
pub mod whatsapp;

use std::ffi::OsString;
use std::mem::ManuallyDrop;

use clap::CommandFactory as _;
use clap::FromArgMatches as _;
use clap::{ArgMatches, Parser, Subcommand};

use crate::cli::global_flags::GlobalFlags;
use crate::context::Context;
use crate::error::Result;
use crate::message::channel::Channel;

/// Send WhatsApp, Viber and SMS messages through Alibaba Cloud, never twice
#[derive(Debug, Parser)]
#[command(
    name = "alimsg",
    version,
    max_term_width = help::MAX_COLUMNS,
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
        let arguments: Vec<OsString> = std::env::args_os().collect();
        // Every variable of a flag begins with this.
        let is_empty = |(name, value): &(OsString, OsString)| {
            value.is_empty() && name.as_encoded_bytes().starts_with(b"ALIMSG_")
        };
        if std::env::vars_os().any(|variable| is_empty(&variable)) {
            // Only a built tree has all flags, but building it takes time.
            return Self::parse(without_empty_variables(tree::all()), &arguments);
        }
        if let Some(narrow) = tree::narrowed(&arguments)
            && let Ok(line) = Self::parse(narrow, &arguments)
        {
            return Ok(line);
        }
        // Help and error messages need the other commands as well.
        source::parse_again();
        Self::parse(Self::command(), &arguments)
    }

    fn parse(command: clap::Command, arguments: &[OsString]) -> clap::error::Result<Self> {
        // Freeing it takes longer than parsing, and the process is short.
        let mut command = ManuallyDrop::new(command);
        let matches = command.try_get_matches_from_mut(arguments)?;
        Self::from_matches(matches).map_err(|error| error.format(&mut command))
    }

    fn from_matches(mut matches: ArgMatches) -> clap::error::Result<Self> {
        let path: Vec<_> =
            std::iter::successors(matches.subcommand(), |(_, matches)| matches.subcommand())
                .collect();
        // The command of the line has the values of the global flags, wherever they were given.
        let own = path.last().map_or(&matches, |(_, own)| own);
        let mut globals = GlobalFlags::from_arg_matches(own)?;
        globals.settle_format(own)?;
        let name = path.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ");
        // Taking the values is faster than cloning them.
        Ok(Self { command: Command::from_arg_matches_mut(&mut matches)?, globals, name })
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

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// WhatsApp and Viber messages
    #[command(subcommand, after_help = whatsapp::EXAMPLES)]
    Whatsapp(whatsapp::Command),
    /// SMS messages
    #[command(subcommand, after_help = sms::EXAMPLES)]
    Sms(sms::Command),
    /// WhatsApp, Viber and SMS templates
    #[command(subcommand, after_help = templates::EXAMPLES)]
    Templates(templates::Command),
    /// What the batch commands did, and how to continue
    #[command(subcommand, after_help = batches::EXAMPLES)]
    Batches(batches::Command),
    /// Idempotency keys: which were used, how to resolve them
    #[command(subcommand, after_help = keys::EXAMPLES)]
    Keys(keys::Command),
    /// What was sent from here, to whom, and with which result
    #[command(subcommand, after_help = outbox::EXAMPLES)]
    Outbox(outbox::Command),
    /// Limits that a person set, and how much of them is used
    Limits(limits::Flags),
    /// Check what a run needs: aliyun, plugins, credentials, ai-mode, folders; --fix repairs
    Doctor(doctor::Flags),
    /// Explain an error code: cause, outcome and what to do
    Explain(explain::Flags),
    /// Print the least RAM policy for commands, as JSON
    Policy(policy::Flags),
    /// Print the JSON Schema of inputs and outputs
    Schema(schema::Flags),
    /// Instructions for agents that use alimsg
    #[command(subcommand, after_help = skill::EXAMPLES)]
    Skill(skill::Command),
    /// Configuration: defaults for sender, signature, language, region and others; no secrets
    #[command(subcommand, after_help = config::EXAMPLES)]
    Config(config::Command),
    /// Control the sandbox: incoming messages, faults, reset
    #[command(subcommand, after_help = sandbox::EXAMPLES)]
    Sandbox(sandbox::Command),
    /// Serve tools for agents: Model Context Protocol on stdio
    Mcp(mcp::Flags),
    /// Completions for your shell; --install adds man pages
    Completions(completions::Flags),
    /// Write the man pages to a folder
    Man(man::Flags),
    /// Help about a command or a topic
    Help(help::Flags),
}

impl Command {
    /// Whether it can start `aliyun`.
    pub const fn may_start_aliyun(&self) -> bool {
        !matches!(
            self,
            Self::Completions(_)
                | Self::Config(_)
                | Self::Explain(_)
                | Self::Help(_)
                | Self::Limits(_)
                | Self::Man(_)
                | Self::Mcp(_)
                | Self::Policy(_)
                | Self::Sandbox(_)
                | Self::Schema(_)
                | Self::Skill(_)
        )
    }

    /// Whether it reads or changes the configuration itself: it must run without a valid one.
    pub const fn is_configuration(&self) -> bool {
        matches!(self, Self::Config(_))
    }
}

dispatch! {
    Whatsapp => whatsapp::run,
    Sms => sms::run,
    Templates => templates::run,
    Batches => batches::run,
    Keys => keys::run,
    Limits => limits::run,
    Outbox => outbox::run,
    Doctor => doctor::run,
    Explain => explain::run,
    Policy => policy::run,
    Schema => schema::run,
    Skill => skill::run,
    Config => config::run,
    Sandbox => sandbox::run,
    Mcp => mcp::run,
    Completions => completions::run,
    Man => man::run,
    Help => help::run,
}

/// Collects required values. A value that was not given is asked for at a terminal, and reported
/// as missing otherwise.
pub struct Inputs<'r> {
    context: &'r Context,
    missing: Vec<&'static str>,
    /// Defaults of senders and channel instances are for WhatsApp: on Viber they are others.
    channel: Channel,
    uses_defaults: bool,
}

impl<'r> Inputs<'r> {
    pub fn new(context: &'r Context) -> Self {
        Self { context, missing: Vec::new(), channel: Channel::Whatsapp, uses_defaults: true }
    }

    /// For a message or a question about this channel.
    pub fn for_channel(context: &'r Context, channel: Channel) -> Self {
        Self { channel, ..Self::new(context) }
    }

    /// For values that have to be given.
    pub fn without_defaults(context: &'r Context) -> Self {
        Self { uses_defaults: false, ..Self::new(context) }
    }

    /// Checks the given value or the default of the flag, or asks for it. Returns an empty text if it is missing; then
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
        let given = match self.uses_defaults {
            true => defaults::or_default(self.context, self.channel, flag, given),
            false => given,
        };
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

    /// As [`Inputs::need`], but a value that was not given is picked from a list at a terminal. `pick`
    /// returns `None` if there is no list; then the user types the value.
    ///
    /// # Errors
    /// As [`Inputs::need`]; the user picked nothing.
    pub fn need_from_list(
        &mut self,
        flag: &'static str,
        question: &str,
        given: Option<String>,
        check: impl Fn(&str) -> Result<()>,
        pick: impl FnOnce(&Context) -> Result<Option<String>>,
    ) -> Result<String> {
        let settings = &self.context.settings;
        let is_asked = given.is_none() && settings.interactive && !settings.dry_run;
        let picked = if is_asked { pick(self.context)? } else { None };
        self.need(flag, question, given.or(picked), check)
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
