//! `alimsg config get`

use serde_json::Value;

use crate::cli::config::{parse_key, settings};
use crate::cli::prelude::*;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg config get from
  alimsg --sandbox config get sign_name --json")]
pub struct Flags {
    /// Key, such as from or sign_name
    #[arg(value_name = "KEY")]
    key: String,
}

/// Shows one key.
///
/// # Errors
/// An unknown key; a file or a variable is not valid.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let key = parse_key(&flags.key)?;
    let setting = settings(context)?.into_iter().find(|setting| setting.key == key.name());
    let setting = setting.ok_or_else(|| Failure::internal("the key is not in the list"))?;
    Ok(Report::from_record(&setting, Value::Null))
}
