//! `alimsg sms qualifications`: the papers behind the signatures, personal data masked.

mod list;
mod show;

use clap::{Args, Subcommand};

use crate::failure::{Failure, Result};
use crate::qualification::Sight;
use crate::report::Report;
use crate::run::Run;

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

    pub fn run(self, run: &Run) -> Result<Report> {
        match self {
            Self::List(flags) => list::run(run, &flags),
            Self::Show(flags) => show::run(run, &flags),
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
    fn agreed(&self, run: &Run) -> Result<Sight> {
        if !self.show_personal_data {
            return Ok(Sight::Masked);
        }
        if !run.settings.yes && !run.settings.dry_run {
            if !run.settings.may_ask {
                return Err(Failure::usage("--show-personal-data needs consent")
                    .hint("there is nobody to ask: add --yes, or leave the data masked"));
            }
            run.screen.note("names, ID and phone numbers and links to documents will be shown");
            run.screen.confirm("Show personal data?")?;
        }
        Ok(Sight::Full)
    }
}
