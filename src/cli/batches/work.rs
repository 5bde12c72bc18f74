//! `alimsg batches work`

use crate::aliyun::guard::Guard;
use crate::batch::request::Recorded;
use crate::batch::resume::{self, ResumeOptions};
use crate::cli::batch_flags::SpeedFlags;
use crate::cli::batches::open_batch;
use crate::cli::prelude::*;

#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is asked: the person who queued the batch with --enqueue has confirmed it.

Examples:
  alimsg batches work k7m2q4rt --jobs 8
  alimsg --sandbox sms batch customers.csv -s Acme -t SMS_100002 --name news --enqueue --yes
  alimsg --sandbox batches work news --json")]
pub struct Flags {
    /// ID or name of the batch
    #[arg(value_name = "BATCH")]
    batch: String,

    #[command(flatten)]
    speed: SpeedFlags,
}

/// Sends the queued calls of a batch.
///
/// # Errors
/// As [`resume::work`].
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let (store, batch) = open_batch(context, &flags.batch)?;
    let recorded = Recorded::parse(&batch)?;
    if !batch.enqueued {
        return Err(Failure::usage(format!("batch {} has no queue", batch.id))
            .hint("it was started without --enqueue: continue it from its input")
            .next(format!("alimsg batches resume {}", batch.id)));
    }
    let guard = Guard::for_call(context, recorded.definition.operation());
    let options = ResumeOptions {
        engine: flags.speed.engine(),
        look_up: flags.speed.look_up(),
        retry_unknown: false,
    };
    resume::work(context, &guard, &*store, &batch, &recorded, options)
}
