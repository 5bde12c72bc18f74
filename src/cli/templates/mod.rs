//! `alimsg templates`: WhatsApp, Viber and SMS templates. One file for each command, for all
//! channels.

mod button;
mod channel;
mod create;
mod delete;
pub mod delete_by_name;
mod draft;
mod file;
mod list;
mod preview;
pub mod show;
mod stats;
mod template_flags;
mod update;

use crate::cli::prelude::*;
use clap::Subcommand;

pub const EXAMPLES: &str = "\
Examples:
  alimsg templates list --channel sms --audit-status approved
  alimsg --sandbox templates show 100000000000001 --language en
  alimsg --sandbox templates preview SMS_100002 --channel sms --param name=Alice --param order=42";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// List templates
    List(list::Flags),
    /// Show a template: components, variables, and the command that sends it
    Show(show::Flags),
    /// Render a template with variables, as the phone shows it; nothing is sent
    Preview(preview::Flags),
    /// Create a template and submit it for review
    Create(Box<create::Flags>),
    /// Update a template and submit it for review
    Update(Box<update::Flags>),
    /// Delete a template; asks you to type its name
    Delete(delete::Flags),
    /// Count the messages sent, delivered and read with a template
    Stats(stats::Flags),
}

dispatch! {
    List => list::run,
    Show => show::run,
    Preview => preview::run,
    Create => create::run,
    Update => update::run,
    Delete => delete::run,
    Stats => stats::run,
}

/// Refuses flags that the channel does not support. Each name comes with whether the flag is given;
/// it can have `_` in the place of `-`.
///
/// # Errors
/// One of them is given.
fn refuse_flags(channel: Channel, flags: &[(&str, bool)]) -> Result<()> {
    let Some((flag, _)) = flags.iter().find(|(_, is_given)| *is_given) else { return Ok(()) };
    let hint = match channel {
        Channel::Sms => "omit it: only WhatsApp and Viber support it",
        Channel::Whatsapp | Channel::Viber => "omit it, or add --channel sms",
    };
    let flag = flag.replace('_', "-");
    let message = format!("{flag} is not supported with --channel {}", channel.name());
    Err(Failure::usage(message).hint(hint))
}
