//! `alimsg sandbox reset`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::prelude::*;
use crate::sandbox;
use crate::send::{confirm_for_tool, recent};
use crate::storage::{self, folder};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg sandbox reset
  alimsg --sandbox whatsapp history --from 8613800000001 --cust-space-id cams-sandbox")]
pub struct Flags;

/// The result of a reset.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reset {
    /// Always `reset`.
    status: &'static str,
}

/// Deletes the state of the sandbox, and its idempotency keys.
///
/// # Errors
/// A file that cannot be deleted.
pub fn run(context: &Context, _: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let folder = folder::sandbox_folder()?;
    confirm_for_tool(context, "About to delete everything that happened in the sandbox:", || {
        Ok(vec![("folder", folder.display().to_string())])
    })?;
    sandbox::reset(&folder)?;
    storage::forget_sandbox(&context.settings)?;
    recent::forget_sandbox();
    Ok(Report::from_record(&Reset { status: "reset" }, Value::Null))
}
