//! `alimsg whatsapp numbers list`.

use serde_json::Value;

use crate::chat::business_number::{self, BusinessNumber};
use crate::cli::page_flags::LimitFlag;
use crate::cli::prelude::*;
use crate::output::report::Total;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp numbers list --cust-space-id cams-abc
  alimsg --sandbox whatsapp numbers list")]
pub struct Flags {
    /// Channel instance
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,

    /// Only numbers with this status, for example CONNECTED
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,

    #[command(flatten)]
    limit: LimitFlag,
}

/// Lists the business numbers.
///
/// # Errors
/// A failed call.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let status = flags.status.as_ref().map(|status| status.to_uppercase());
    let call = business_number::list_call(flags.cust_space_id.as_deref(), status.as_deref());
    read_only::run_one(context, &call, |reply| {
        let rows: Vec<_> = business_number::rows(&reply).map(BusinessNumber::from_object).collect();
        let total = Total { total: rows.len() as u64 };
        Report::from_rows("numbers", flags.limit.first(rows), &total, Value::Object(reply.0))
    })
}
