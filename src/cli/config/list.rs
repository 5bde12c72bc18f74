//! `alimsg config list`

use serde_json::Value;

use crate::cli::config::settings;
use crate::cli::prelude::*;
use crate::output::report::Total;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg config list
  alimsg config list --profile prod --json
  alimsg --sandbox config list")]
pub struct Flags;

/// Lists all keys.
///
/// # Errors
/// A file or a variable is not valid.
pub fn run(context: &Context, _: Flags) -> Result<Report> {
    let settings = settings(context)?;
    let total = Total { total: settings.len() as u64 };
    Ok(Report::from_rows("settings", settings, &total, Value::Null))
}
