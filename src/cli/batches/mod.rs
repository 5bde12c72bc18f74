//! `alimsg batches`: what the batch commands did, and how to continue.

mod cancel;
pub mod export;
mod list;
mod resume;
pub mod show;
mod work;

use clap::Subcommand;

use crate::batch::engine::store_failure;
use crate::batch::resume::find;
use crate::cli::prelude::*;
use crate::storage::batches::Batch;
use crate::storage::{self, Store};

pub const EXAMPLES: &str = "\
Examples:
  alimsg batches list
  alimsg batches show k7m2q4rt
  alimsg --sandbox batches list
  alimsg batches export k7m2q4rt --failed > failed.csv";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// List the batches and how many messages were sent
    List(list::Flags),
    /// Show the state of a batch, with --receipts also what was delivered
    Show(show::Flags),
    /// Continue a batch that was interrupted
    Resume(resume::Flags),
    /// Send the queued calls of a batch; several machines can do this at the same time
    Work(work::Flags),
    /// Forbid all further calls of a batch
    Cancel(cancel::Flags),
    /// Write the rows with a certain result, in the format of the input
    Export(export::Flags),
}

dispatch! {
    List => list::run,
    Show => show::run,
    Resume => resume::run,
    Work => work::run,
    Cancel => cancel::run,
    Export => export::run,
}

/// The store, if there is one. Nothing is created.
fn open(context: &Context) -> Result<Option<Box<dyn Store>>> {
    storage::open_existing(&context.settings).map_err(store_failure)
}

/// The batch with this ID or name, and its store.
fn open_batch(context: &Context, id_or_name: &str) -> Result<(Box<dyn Store>, Batch)> {
    let Some(store) = open(context)? else {
        return Err(Failure::usage("there is no batch on record")
            .hint("batches of the sandbox need --sandbox, those of a database --store"));
    };
    let batch = find(&*store, id_or_name)?;
    Ok((store, batch))
}
