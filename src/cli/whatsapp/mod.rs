//! `alimsg whatsapp`: WhatsApp and Viber messages, and the settings of business numbers.

mod accounts;
pub mod automation;
mod batch;
pub mod history;
pub mod media;
pub mod number_flags;
mod numbers;
mod pick;
pub mod profile;
pub mod send;
mod session;
mod space;
pub mod status;
pub mod webhook;

use clap::Subcommand;

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send text --from 8613800000001 --to 8613800001000 --text 'It is on its way.'
  alimsg --sandbox whatsapp send template --from 8613800000001 --to 8613800001001 \\
      --template-code 100000000000002 --language en --yes
  alimsg --sandbox whatsapp session --from 8613800000001 --to 8613800001000 \\
      --cust-space-id cams-sandbox
  alimsg --sandbox whatsapp numbers list";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Send text, template, image, document, location, buttons …
    #[command(subcommand, after_help = send::EXAMPLES)]
    Send(send::Command),
    /// Send a template to the recipients in a file
    Batch(Box<batch::Flags>),
    /// Whether a sent message has arrived, was read or failed
    Status(status::Flags),
    /// Messages of a business number, incoming and outgoing
    History(history::Flags),
    /// Show whether the 24-hour window of a customer is open
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

dispatch! {
    Send => send::run,
    Batch => batch::run,
    Status => status::run,
    History => history::run,
    Session => session::run,
    Numbers => numbers::run,
    Profile => profile::run,
    Media => media::run,
    Accounts => accounts::run,
    Automation => automation::run,
    Webhook => webhook::run,
}
