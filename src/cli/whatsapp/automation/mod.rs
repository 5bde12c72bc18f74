//! `alimsg whatsapp automation`: automatic messages and commands of a number.

pub mod set;
mod show;

use clap::Subcommand;

pub const EXAMPLES: &str = "\
Examples:
  alimsg --sandbox whatsapp automation show 8613800000001 --cust-space-id cams-sandbox
  alimsg --sandbox whatsapp automation set 8613800000001 --cust-space-id cams-sandbox \\
      --prompt 'Where is my order?' --yes";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Show welcome message, conversation starters and commands of a number
    Show(show::Flags),
    /// Change welcome message, conversation starters and commands; shows the current ones, and asks
    Set(set::Flags),
}

dispatch!(Show => show::run, Set => set::run);
