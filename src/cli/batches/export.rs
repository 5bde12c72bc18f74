//! `alimsg batches export`

use std::io::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::batch::export::{self, ExportFilter};
use crate::batch::input::Input;
use crate::cli::batches::open_batch;
use crate::cli::prelude::*;
use crate::message::plural::count;
use crate::storage::Store;
use crate::storage::batches::Batch;

#[derive(Debug, Args)]
#[command(
    override_usage = "alimsg batches export <BATCH> (--failed | --remaining | …) [OPTIONS]",
    after_help = "\
Without --to, the rows go to stdout. A file of failed rows can be corrected and sent as a new batch.

Examples:
  alimsg batches export k7m2q4rt --failed > failed.csv
  alimsg batches export k7m2q4rt --unknown --details --to unknown.csv
  alimsg --sandbox sms batch customers.csv -s Acme -t SMS_100002 --name news --yes
  alimsg --sandbox batches export news --all --details --input customers.csv"
)]
pub struct Flags {
    /// ID or name of the batch
    #[arg(value_name = "BATCH")]
    batch: String,

    #[command(flatten)]
    filter: FilterFlags,

    /// Add the columns line, status and code in front
    #[arg(long)]
    details: bool,

    /// The input of the batch, if it was moved [default: the path of the first run]
    #[arg(long, value_name = "FILE")]
    input: Option<String>,

    /// File to write; it must not exist
    #[arg(long, value_name = "FILE")]
    to: Option<String>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct FilterFlags {
    /// Messages that the service accepted
    #[arg(long)]
    accepted: bool,

    /// Messages that were certainly not sent
    #[arg(long)]
    failed: bool,

    /// Messages that may have been sent: do not send them in another batch
    #[arg(long)]
    unknown: bool,

    /// Rows without a result
    #[arg(long)]
    remaining: bool,

    /// All rows
    #[arg(long)]
    all: bool,
}

impl FilterFlags {
    const fn filter(&self) -> ExportFilter {
        match self {
            Self { accepted: true, .. } => ExportFilter::Accepted,
            Self { failed: true, .. } => ExportFilter::Failed,
            Self { unknown: true, .. } => ExportFilter::Unknown,
            Self { remaining: true, .. } => ExportFilter::Remaining,
            _ => ExportFilter::All,
        }
    }
}

/// What the user has to know before these rows are sent in another batch.
fn warning(store: &dyn Store, batch: &Batch, filter: ExportFilter, rows: u64) -> Option<String> {
    let (rows, id) = (Some(rows).filter(|rows| *rows > 0)?, &batch.id);
    match filter {
        ExportFilter::Unknown => Some(format!(
            "{} may have been sent already; do not send them in another batch. `alimsg batches \
             resume {id}` checks for receipts",
            count(rows, "message")
        )),
        ExportFilter::Remaining if store.may_lack_records(batch) => Some(format!(
            "records of this batch may be missing since the repair of the store: these {} may have \
             been sent",
            count(rows, "row")
        )),
        ExportFilter::Remaining if batch.cancelled_at.is_none() => Some(format!(
            "`alimsg batches resume {id}` or a worker still sends these {}; cancel the batch \
             before you send them in another one",
            count(rows, "row")
        )),
        _ => None,
    }
}

/// What was exported.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Exported {
    id: String,
    rows: u64,
    file: String,
}

/// Exports rows.
///
/// # Errors
/// As [`export::export`].
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let (store, batch) = open_batch(context, &flags.batch)?;
    let input = Input::open_again(flags.input.as_deref(), batch.source.as_deref(), &batch.id)?;
    let filter = flags.filter.filter();
    // Written completely before anything is printed, because the input may turn out to be changed.
    let mut output = tempfile::NamedTempFile::new().map_err(anyhow::Error::from)?;
    let rows = {
        let mut buffered = std::io::BufWriter::new(output.as_file_mut());
        let rows =
            export::export(store.batches(), &batch, &input, filter, flags.details, &mut buffered)?;
        buffered.flush().map_err(anyhow::Error::from)?;
        rows
    };
    if let Some(warning) = warning(&*store, &batch, filter, rows) {
        context.screen.warn(warning);
    }
    match flags.to {
        Some(file) => {
            let failed = |error: std::io::Error| {
                Failure::usage(format!("cannot write {file}: {error}"))
                    .hint("choose a file that does not exist")
            };
            let mut target = crate::os::system::private_file();
            let mut target = target.write(true).create_new(true).open(&file).map_err(failed)?;
            let mut source = output.reopen().map_err(failed)?;
            std::io::copy(&mut source, &mut target).map_err(failed)?;
            Ok(Report::from_record(&Exported { id: batch.id, rows, file }, Value::Null))
        }
        None if context.screen.is_json() => {
            Err(Failure::usage("with --json, the rows need a file").hint("add --to FILE"))
        }
        None => {
            let text = std::fs::read_to_string(output.path()).map_err(anyhow::Error::from)?;
            context.screen.page(&text).map_err(anyhow::Error::from)?;
            Ok(Report::Streamed)
        }
    }
}
