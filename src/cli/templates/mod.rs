//! `alimsg templates`: WhatsApp, Viber and SMS templates. One file for each command, for all
//! channels.

mod button;
mod channel;
mod create;
mod delete;
mod draft;
mod file;
mod list;
mod preview;
mod show;
mod stats;
mod template_flags;
mod update;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::channel::Channel;
use crate::output::report::Report;

pub const EXAMPLES: &str = "\
Examples:
  alimsg templates list --channel sms --audit-status approved
  alimsg --sandbox templates show 100000000000001 --language en
  alimsg --sandbox templates preview SMS_100002 --channel sms --param name=Alice --param order=42";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List templates
    #[command(after_help = list::EXAMPLES)]
    List(list::ListFlags),
    /// Show a template: components, variables, and the command that sends it
    #[command(after_help = show::EXAMPLES)]
    Show(show::ShowFlags),
    /// Render a template with variables, as the phone shows it; nothing is sent
    #[command(after_help = preview::EXAMPLES)]
    Preview(preview::PreviewFlags),
    /// Create a template and submit it for review
    #[command(after_help = create::EXAMPLES)]
    Create(Box<create::CreateFlags>),
    /// Update a template and submit it for review
    #[command(after_help = update::EXAMPLES)]
    Update(Box<update::UpdateFlags>),
    /// Delete a template; asks you to type its name
    #[command(after_help = delete::EXAMPLES)]
    Delete(delete::DeleteFlags),
    /// Count the messages sent, delivered and read with a template
    #[command(after_help = stats::EXAMPLES)]
    Stats(stats::StatsFlags),
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "templates list",
            Self::Show(_) => "templates show",
            Self::Preview(_) => "templates preview",
            Self::Create(_) => "templates create",
            Self::Update(_) => "templates update",
            Self::Delete(_) => "templates delete",
            Self::Stats(_) => "templates stats",
        }
    }

    pub fn run(self, context: &Context) -> Result<Report> {
        match self {
            Self::List(flags) => flags.run(context),
            Self::Show(flags) => flags.run(context),
            Self::Preview(flags) => flags.run(context),
            Self::Create(flags) => flags.run(context),
            Self::Update(flags) => flags.run(context),
            Self::Delete(flags) => flags.run(context),
            Self::Stats(flags) => flags.run(context),
        }
    }
}

/// Refuses flags that the channel does not support; each comes with whether it is given.
///
/// # Errors
/// The first of them that is given.
fn refuse_flags(channel: Channel, flags: &[(&str, bool)]) -> Result<()> {
    let Some((flag, _)) = flags.iter().find(|(_, is_given)| *is_given) else { return Ok(()) };
    let hint = match channel {
        Channel::Sms => "leave it out: only WhatsApp and Viber support it",
        Channel::Whatsapp | Channel::Viber => "leave it out, or add --channel sms",
    };
    let message = format!("{flag} is not supported with --channel {}", channel.name());
    Err(Failure::usage(message).hint(hint))
}
