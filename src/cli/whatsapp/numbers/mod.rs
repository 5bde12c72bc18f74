//! `alimsg whatsapp numbers`: the business numbers.

mod list;
mod show;

use clap::Subcommand;

pub const EXAMPLES: &str = "\
Examples:
  alimsg --sandbox whatsapp numbers list
  alimsg --sandbox whatsapp numbers show 8613800000001 --cust-space-id cams-sandbox";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// List the business numbers, their quality and limits
    List(list::Flags),
    /// Show one number with its messages of the last 7 days and its health
    Show(show::Flags),
}

dispatch!(List => list::run, Show => show::run);
