//! `alimsg sandbox reset`.

use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;
use crate::sandbox;
use crate::storage::{self, folder};

pub const EXAMPLES: &str = "\
Examples:
  alimsg sandbox reset
  alimsg --sandbox whatsapp history --from 8613800000001 --cust-space-id cams-sandbox";

/// The result of a reset.
#[derive(Debug, Serialize)]
struct Reset {
    /// Always `reset`.
    status: &'static str,
}

/// Deletes the state of the sandbox, and its idempotency keys.
///
/// # Errors
/// A file that cannot be deleted.
pub fn run(context: &Context) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let folder = folder::sandbox_folder()?;
    sandbox::reset(&folder)?;
    storage::forget_sandbox(&context.settings)?;
    Ok(Report::from_record(&Reset { status: "reset" }, Value::Null))
}
