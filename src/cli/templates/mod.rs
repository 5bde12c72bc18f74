//! `alimsg templates`: WhatsApp, Viber and SMS templates behind one set of flags.
//!
//! The channels differ in their calls, so each has a folder of its own; the flags, the words for
//! states and the fields of the answers are the same.

pub(crate) mod chat;
mod definition;
mod file;
mod flags;
mod sms;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{Failure, Result};
pub use crate::message::channel::Channel;
use crate::output::report::Report;
use definition::{CREATE_EXAMPLES, UPDATE_EXAMPLES};
pub use definition::{CreateFlags, Definition, UpdateFlags};
use flags::{DELETE_EXAMPLES, LIST_EXAMPLES, PREVIEW_EXAMPLES, SHOW_EXAMPLES, STATS_EXAMPLES};
pub use flags::{ListFlags, PreviewFlags, StatsFlags, TemplateFlags};

pub const EXAMPLES: &str = "\
Examples:
  alimsg templates list --channel sms --audit-status approved
  alimsg --sandbox templates show 100000000000001 --language en
  alimsg --sandbox templates preview SMS_100002 --channel sms --param name=Alice --param order=42";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List templates
    #[command(after_help = LIST_EXAMPLES)]
    List(ListFlags),
    /// Show a template: components, variables, and the command that sends it
    #[command(after_help = SHOW_EXAMPLES)]
    Show(TemplateFlags),
    /// Render a template with variables, as the phone shows it; nothing is sent
    #[command(after_help = PREVIEW_EXAMPLES)]
    Preview(PreviewFlags),
    /// Create a template; it is then reviewed
    #[command(after_help = CREATE_EXAMPLES)]
    Create(Box<CreateFlags>),
    /// Change a template; it is then reviewed again
    #[command(after_help = UPDATE_EXAMPLES)]
    Update(Box<UpdateFlags>),
    /// Delete a template; asks for its name
    #[command(after_help = DELETE_EXAMPLES)]
    Delete(TemplateFlags),
    /// Messages sent, delivered and read with a template
    #[command(after_help = STATS_EXAMPLES)]
    Stats(StatsFlags),
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
        use Channel::Sms;
        match self {
            Self::List(flags) => match flags.channel {
                Sms => sms::list(context, &flags),
                _ => chat::list(context, &flags),
            },
            Self::Show(flags) => match flags.channel {
                Sms => sms::show(context, &flags),
                _ => chat::show(context, &flags),
            },
            Self::Preview(flags) => match flags.template.channel {
                Sms => sms::preview(context, &flags),
                _ => chat::preview(context, &flags),
            },
            Self::Create(flags) => match flags.definition.channel {
                Sms => sms::create(context, &flags),
                _ => chat::create(context, &flags),
            },
            Self::Update(flags) => match flags.definition.channel {
                Sms => sms::update(context, &flags),
                _ => chat::update(context, &flags),
            },
            Self::Delete(flags) => match flags.channel {
                Sms => sms::delete(context, &flags),
                _ => chat::delete(context, &flags),
            },
            Self::Stats(flags) => match flags.channel {
                Sms => sms::stats(context, &flags),
                _ => chat::stats(context, &flags),
            },
        }
    }
}

/// The state of a template that was just handed in. The reply names none; a code in it is all that
/// says that there is something to review.
pub(crate) fn status_after(context: &Context, code: Option<&String>) -> &'static str {
    if code.is_some() {
        return "reviewing";
    }
    context.screen.warn(
        "the service said OK and named no template: `alimsg templates list` tells whether it is \
         there",
    );
    "unknown"
}

/// Refuses the flags that the channel does not know.
///
/// # Errors
/// The first of them that is given.
fn refuse_foreign(channel: Channel, flags: &[(&str, bool)]) -> Result<()> {
    let Some((flag, _)) = flags.iter().find(|(_, given)| *given) else { return Ok(()) };
    let hint = match channel {
        Channel::Sms => "leave it out: it is for WhatsApp and Viber",
        Channel::Whatsapp | Channel::Viber => "leave it out, or add --channel sms",
    };
    Err(Failure::usage(format!("{flag} is not known on the channel {}", channel.name())).hint(hint))
}
