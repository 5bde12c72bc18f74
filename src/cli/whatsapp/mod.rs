//! `alimsg whatsapp`: WhatsApp and Viber messages, and the settings of business numbers.

mod accounts;
mod automation;
mod history;
mod media;
mod number_flags;
mod numbers;
mod profile;
mod send;
mod session;
mod webhook;

use clap::Subcommand;

use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send text --from 8613800000001 --to 8613800001000 --text 'It is on its way.'
  alimsg --sandbox whatsapp send template --from 8613800000001 --to 8613800001001 \\
      --template-code 100000000000002 --language en --yes
  alimsg --sandbox whatsapp session --from 8613800000001 --to 8613800001000 \\
      --cust-space-id cams-sandbox
  alimsg --sandbox whatsapp numbers list";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send a message
    #[command(subcommand, after_help = send::EXAMPLES)]
    Send(send::Kind),
    /// Messages of a business number, incoming and outgoing
    History(history::Flags),
    /// Show whether the 24-hour window for a customer is open, and when it closes
    Session(session::Flags),
    /// Business numbers: quality, limits, health
    #[command(subcommand, after_help = numbers::EXAMPLES)]
    Numbers(numbers::Command),
    /// Business profile of a number
    #[command(subcommand, after_help = profile::EXAMPLES)]
    Profile(profile::Command),
    /// Media files for messages and templates
    #[command(subcommand, after_help = media::EXAMPLES)]
    Media(media::Command),
    /// Channel instances of the account
    #[command(subcommand, after_help = accounts::EXAMPLES)]
    Accounts(accounts::Command),
    /// Welcome message, conversation starters and commands
    #[command(subcommand, after_help = automation::EXAMPLES)]
    Automation(automation::Command),
    /// Callback URLs for receipts and incoming messages
    #[command(subcommand, after_help = webhook::EXAMPLES)]
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

    pub fn run(self, context: &Context) -> Result<Report> {
        match self {
            Self::Send(kind) => send::run(context, kind),
            Self::History(flags) => history::run(context, flags),
            Self::Session(flags) => session::run(context, flags),
            Self::Numbers(command) => command.run(context),
            Self::Profile(command) => command.run(context),
            Self::Media(command) => command.run(context),
            Self::Accounts(command) => command.run(context),
            Self::Automation(command) => command.run(context),
            Self::Webhook(command) => command.run(context),
        }
    }
}
