//! `alimsg config path`

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::prelude::*;
use crate::settings::config::{SYSTEM_FILE, UserFile};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg config path
  alimsg --sandbox config path --json")]
pub struct Flags;

/// Where the configuration is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Paths {
    /// The user's file; `null` without a home folder.
    path: Option<String>,
    exists: bool,
    /// The file of the machine, which always applies as well.
    system_path: &'static str,
    system_exists: bool,
}

/// Shows the paths of the files, valid or not.
///
/// # Errors
/// None.
pub fn run(_: &Context, _: Flags) -> Result<Report> {
    let user = UserFile::locate().map(|user| user.path);
    let paths = Paths {
        exists: user.as_ref().is_some_and(|path| path.exists()),
        path: user.map(|path| path.display().to_string()),
        system_path: SYSTEM_FILE,
        system_exists: Path::new(SYSTEM_FILE).exists(),
    };
    Ok(Report::from_record(&paths, Value::Null))
}
