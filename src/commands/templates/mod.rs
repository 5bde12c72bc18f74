//! `alimsg templates`: WhatsApp, Viber and SMS templates behind one set of flags.
//!
//! The channels differ in their calls, so each has a folder of its own; the flags, the words for
//! states and the fields of the answers are the same.

mod chat;
mod sms;

use clap::{Args, Subcommand, ValueEnum};

use crate::failure::Result;
use crate::report::Report;
use crate::run::Run;

/// Where a template is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Channel {
    Whatsapp,
    Viber,
    Sms,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List templates
    List(ListFlags),
    /// Show a template: components, variables, and the command that sends it
    Show(ShowFlags),
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "templates list",
            Self::Show(_) => "templates show",
        }
    }

    pub fn run(self, run: &Run) -> Result<Report> {
        match self {
            Self::List(flags) => match flags.channel {
                Channel::Sms => sms::list(run, &flags),
                Channel::Whatsapp | Channel::Viber => chat::list(run, &flags),
            },
            Self::Show(flags) => match flags.channel {
                Channel::Sms => sms::show(run, &flags),
                Channel::Whatsapp | Channel::Viber => chat::show(run, &flags),
            },
        }
    }
}

#[derive(Debug, Args)]
pub struct ListFlags {
    /// Channel of the templates
    #[arg(long, value_enum, default_value = "whatsapp")]
    pub channel: Channel,
}

#[derive(Debug, Args)]
pub struct ShowFlags {
    /// Code of the template
    #[arg(value_name = "CODE")]
    pub code: String,

    /// Channel of the template
    #[arg(long, value_enum, default_value = "whatsapp")]
    pub channel: Channel,

    /// Language of the template; WhatsApp and Viber need it
    #[arg(long, visible_alias = "biz-language", value_name = "L")]
    pub language: Option<String>,
}
