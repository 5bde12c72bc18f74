//! `alimsg sms qualifications`: the company documents that a signature needs.

mod list;
mod show;

use clap::Subcommand;

use crate::cli::prelude::*;
use crate::sms::redaction::Redaction;

pub const EXAMPLES: &str = "\
Examples:
  alimsg sms qualifications list --audit-status approved
  alimsg --sandbox sms qualifications list
  alimsg --sandbox sms qualifications show 1000009001";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// List qualifications; names of people are masked
    List(list::Flags),
    /// Show a qualification; personal data and links to documents are masked
    Show(show::Flags),
}

dispatch!(List => list::run, Show => show::run);

#[derive(Debug, Args)]
pub struct PersonalDataFlags {
    /// Show names, ID numbers, phone numbers and links unmasked; asks first
    #[arg(long)]
    show_personal_data: bool,
}

impl PersonalDataFlags {
    /// Whether personal data is masked. Asks for consent to show it, before any process starts.
    ///
    /// # Errors
    /// The user declined; there is no terminal and no `--yes`.
    fn consent(&self, context: &Context) -> Result<Redaction> {
        if !self.show_personal_data {
            return Ok(Redaction::Masked);
        }
        if !context.settings.yes && !context.settings.dry_run {
            if !context.settings.interactive {
                return Err(Failure::usage(
                    "--show-personal-data needs confirmation, but there is no terminal",
                )
                .hint("add --yes if the user agrees, or omit --show-personal-data"));
            }
            context
                .screen
                .note("names, ID numbers, phone numbers and links to documents will be shown");
            context.screen.confirm("show personal data")?;
        }
        Ok(Redaction::Off)
    }
}
