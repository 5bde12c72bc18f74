//! `alimsg sms signs`: the signatures of the account.

mod list;
mod show;

use clap::Subcommand;

pub const EXAMPLES: &str = "\
Examples:
  alimsg sms signs list --audit-status approved
  alimsg --sandbox sms signs list
  alimsg --sandbox sms signs show Acme";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// List signatures, approved ones first
    List(list::Flags),
    /// Show a signature: its review, and its registration with each carrier
    Show(show::Flags),
}

dispatch!(List => list::run, Show => show::run);
