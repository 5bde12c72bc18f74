//! `alimsg config unset`

use crate::cli::config::change;
use crate::cli::prelude::*;
use crate::settings::config::Edit;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg config unset sign_name
  alimsg --sandbox config unset from --profile prod")]
pub struct Flags {
    /// Key, such as from or sign_name
    #[arg(value_name = "KEY")]
    key: String,
}

/// Removes a key; it need not be there.
///
/// # Errors
/// An unknown key; the file is not valid or cannot be written.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    change(context, &flags.key, Edit::Unset)
}
