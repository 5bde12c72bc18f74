//! `alimsg whatsapp`.

mod accounts;
mod automation;
mod history;
mod media;
mod number;
mod numbers;
mod profile;
mod send;
mod session;
mod webhook;

use clap::Subcommand;

use crate::failure::Result;
use crate::report::Report;
use crate::run::Run;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send a message
    #[command(subcommand, after_help = send::EXAMPLES)]
    Send(send::Kind),
    /// Messages of a business number, in and out
    History(history::Flags),
    /// Tell whether the 24-hour window to a customer is open, and until when
    Session(session::Flags),
    /// Business numbers: quality, limits, health
    #[command(subcommand)]
    Numbers(numbers::Command),
    /// Business profile of a number
    #[command(subcommand)]
    Profile(profile::Command),
    /// Media for messages and templates
    #[command(subcommand)]
    Media(media::Command),
    /// Channel instances of the account
    #[command(subcommand)]
    Accounts(accounts::Command),
    /// Welcome message, conversation starters and commands
    #[command(subcommand)]
    Automation(automation::Command),
    /// Callback addresses
    #[command(subcommand)]
    Webhook(webhook::Command),
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Send(kind) => kind.name(),
            Self::History(_) => "whatsapp history",
            Self::Session(_) => "whatsapp session",
            Self::Numbers(command) => command.name(),
            Self::Profile(command) => command.name(),
            Self::Media(command) => command.name(),
            Self::Accounts(command) => command.name(),
            Self::Automation(command) => command.name(),
            Self::Webhook(command) => command.name(),
        }
    }

    pub fn run(self, run: &Run) -> Result<Report> {
        match self {
            Self::Send(kind) => send::run(run, kind),
            Self::History(flags) => history::run(run, flags),
            Self::Session(flags) => session::run(run, flags),
            Self::Numbers(command) => command.run(run),
            Self::Profile(command) => command.run(run),
            Self::Media(command) => command.run(run),
            Self::Accounts(command) => command.run(run),
            Self::Automation(command) => command.run(run),
            Self::Webhook(command) => command.run(run),
        }
    }
}
