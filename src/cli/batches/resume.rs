//! `alimsg batches resume`

use crate::aliyun::guard::Guard;
use crate::batch::input::Input;
use crate::batch::request::Recorded;
use crate::batch::resume::{self, ResumeOptions};
use crate::cli::batch_flags::SpeedFlags;
use crate::cli::batches::open_batch;
use crate::cli::prelude::*;

#[derive(Debug, Args)]
#[command(after_help = "\
Rows that were sent, failed or are unknown are skipped; unknown calls are looked up again.

Examples:
  alimsg --sandbox sms batch customers.csv -s Acme -t SMS_100002 --name news --limit 1 --yes
  alimsg --sandbox batches resume news --input customers.csv --yes")]
pub struct Flags {
    /// ID or name of the batch
    #[arg(value_name = "BATCH")]
    batch: String,

    /// The same input at another path, or - for stdin [default: the path of the first run]
    #[arg(long, value_name = "FILE")]
    input: Option<String>,

    /// Channel instance of a WhatsApp or Viber batch that was started without it, to check for
    /// receipts
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,

    /// Send messages with an unknown outcome again; asks for a typed confirmation
    #[arg(long)]
    retry_unknown: bool,

    #[command(flatten)]
    speed: SpeedFlags,
}

/// Continues a batch.
///
/// # Errors
/// As [`resume::from_input`].
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let (store, batch) = open_batch(context, &flags.batch)?;
    let mut recorded = Recorded::parse(&batch)?;
    if recorded.definition.channel != Channel::Sms {
        let space = &mut recorded.definition.space;
        *space = flags.cust_space_id.or(space.take());
    }
    let guard = Guard::for_call(context, recorded.definition.operation());
    let options = ResumeOptions {
        engine: flags.speed.engine(),
        look_up: flags.speed.look_up(),
        retry_unknown: flags.retry_unknown,
    };
    let from_queue = batch.enqueued && flags.input.is_none() && !flags.retry_unknown;
    if from_queue && !context.settings.dry_run {
        return resume::work(context, &guard, &*store, &batch, &recorded, options);
    }
    // The run opens the store itself.
    drop(store);
    let input = Input::open_again(flags.input.as_deref(), batch.source.as_deref(), &batch.id)?;
    resume::from_input(context, &guard, batch, recorded, input, options)
}
