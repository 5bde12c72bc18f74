//! `alimsg sms qualifications`: the papers behind the signatures, personal data masked.

mod list;
mod show;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::report::Report;
use crate::sms::qualification::Sight;

pub const EXAMPLES: &str = "\
Examples:
  alimsg sms qualifications list --audit-status approved
  alimsg --sandbox sms qualifications list
  alimsg --sandbox sms qualifications show 1000009001";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List qualifications, names of people masked
    List(list::Flags),
    /// Show a qualification, personal data and links to documents masked
    Show(show::Flags),
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "sms qualifications list",
            Self::Show(_) => "sms qualifications show",
        }
    }

    pub fn run(self, context: &Context) -> Result<Report> {
        match self {
            Self::List(flags) => list::run(context, &flags),
            Self::Show(flags) => show::run(context, &flags),
        }
    }
}

#[derive(Debug, Args)]
pub struct SightFlags {
    /// Show names, ID and phone numbers and links as they are; asks first
    #[arg(long)]
    show_personal_data: bool,
}

impl SightFlags {
    /// How much is shown. Asks, before anything is started, whether it may be everything.
    ///
    /// # Errors
    /// A no; nobody to ask and no `--yes`.
    fn agreed(&self, context: &Context) -> Result<Sight> {
        if !self.show_personal_data {
            return Ok(Sight::Masked);
        }
        if !context.settings.yes && !context.settings.dry_run {
            if !context.settings.interactive {
                return Err(Failure::usage("--show-personal-data needs consent")
                    .hint("there is nobody to ask: add --yes, or leave the data masked"));
            }
            context.screen.note("names, ID and phone numbers and links to documents will be shown");
            context.screen.confirm("Show personal data?")?;
        }
        Ok(Sight::Full)
    }
}
