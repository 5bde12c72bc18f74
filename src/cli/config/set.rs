//! `alimsg config set`

use crate::cli::config::change;
use crate::cli::prelude::*;
use crate::settings::config::Edit;

#[derive(Debug, Args)]
#[command(after_help = "\
Comments and everything else in the file stay as they are.

Examples:
  alimsg config set sign_name Acme
  alimsg config set from 8613800000001 --profile prod
  alimsg --sandbox config set duplicate_window 10m")]
pub struct Flags {
    /// Key, such as from or sign_name
    #[arg(value_name = "KEY")]
    key: String,

    /// Its value
    #[arg(value_name = "VALUE")]
    value: String,
}

/// Sets a key.
///
/// # Errors
/// An unknown key, an invalid value or a secret; the file is not valid or cannot be written.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    change(context, &flags.key, Edit::Set(&flags.value))
}
