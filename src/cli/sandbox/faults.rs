//! `alimsg sandbox faults`: makes every n-th send call of the sandbox fail.

use serde_json::Value;

use crate::cli::prelude::*;
use crate::sandbox::{self, Faults};
use crate::send::confirm_for_tool;
use crate::storage::folder;

#[derive(Debug, Args)]
#[command(after_help = "\
Calls are counted from the change of the faults, in all processes together, with one or many
recipients. If several faults hit the same call, throttling comes first, then a lost request, then
a lost reply. `alimsg sandbox reset` removes the faults as well.

Examples:
  alimsg sandbox faults --lose-reply-every 10
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100003 --yes
  alimsg sandbox faults --throttle-every 5 --lose-request-every 7
  alimsg sandbox faults
  alimsg sandbox faults --clear")]
pub struct Flags {
    /// Every N-th call is accepted, but its reply times out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    lose_reply_every: Option<u64>,

    /// Every N-th call times out and is not accepted
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    lose_request_every: Option<u64>,

    /// Every N-th call is throttled before it is accepted
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    throttle_every: Option<u64>,

    /// Remove the other faults; alone, all of them
    #[arg(long)]
    clear: bool,
}

impl Flags {
    const fn changes(&self) -> bool {
        self.clear
            || self.lose_reply_every.is_some()
            || self.lose_request_every.is_some()
            || self.throttle_every.is_some()
    }
}

/// Changes the faults, and returns those that are set.
///
/// # Errors
/// The state of the sandbox cannot be read or written.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    if flags.changes() {
        let every = |n: Option<u64>| n.map_or_else(|| "-".to_string(), |n| format!("every {n}"));
        confirm_for_tool(context, "About to change the faults of the sandbox:", || {
            Ok(vec![
                ("lost replies", every(flags.lose_reply_every)),
                ("lost requests", every(flags.lose_request_every)),
                ("throttled calls", every(flags.throttle_every)),
                ("clear", flags.clear.to_string()),
            ])
        })?;
    }
    let change = flags.changes().then_some(|faults: &mut Faults| {
        if flags.clear {
            *faults = Faults::default();
        }
        let Flags { lose_reply_every, lose_request_every, throttle_every, .. } = flags;
        faults.lose_reply_every = lose_reply_every.or(faults.lose_reply_every);
        faults.lose_request_every = lose_request_every.or(faults.lose_request_every);
        faults.throttle_every = throttle_every.or(faults.throttle_every);
    });
    let faults = sandbox::change_faults(&folder::sandbox_folder()?, change)?;
    Ok(Report::from_record(&faults, Value::Null))
}
