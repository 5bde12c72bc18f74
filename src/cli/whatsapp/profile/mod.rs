//! `alimsg whatsapp profile`: the business profile of a number, which customers see.

mod show;
pub mod update;

use clap::Subcommand;

pub const EXAMPLES: &str = "\
Examples:
  alimsg --sandbox whatsapp profile show 8613800000001 --cust-space-id cams-sandbox
  alimsg --sandbox whatsapp profile update 8613800000001 --cust-space-id cams-sandbox \\
      --vertical RETAIL --yes";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Show the business profile of a number
    Show(show::Flags),
    /// Change the business profile of a number; shows old and new values, and asks
    Update(Box<update::Flags>),
}

dispatch!(Show => show::run, Update => update::run);
