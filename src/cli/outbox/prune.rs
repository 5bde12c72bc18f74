//! `alimsg outbox prune`

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::outbox::open;
use crate::cli::prelude::*;
use crate::message::plural::count;
use crate::send::duplicates::check_failed;
use crate::send::require_consent;
use crate::settings::outbox::parse_days;
use crate::storage::sends::SendFilter;

#[derive(Debug, Args)]
#[command(after_help = "\
Deletes the sends of the outbox that are older, and the results of idempotency keys. Of such a key
only a keyed hash and the outcome remain: it still sends nothing again. Keys with an unknown outcome
stay. Without this command, every send deletes some old entries.

Examples:
  alimsg outbox prune
  alimsg outbox prune --keep 30d --yes
  alimsg --sandbox outbox prune --yes")]
pub struct Flags {
    /// Keep the last days, at least 2d [default: keep of [outbox] in the configuration, or 90d]
    #[arg(long, value_name = "DAYS")]
    keep: Option<String>,
}

/// What was deleted.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Pruned {
    /// Everything older was deleted.
    before: Timestamp,
    sends: u64,
    /// Keys of which only a hash remains.
    keys: u64,
}

/// Deletes old entries.
///
/// # Errors
/// The flag is invalid, the user did not confirm, or the store cannot be changed.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let keep = match &flags.keep {
        Some(text) => parse_days(text).ok_or_else(|| {
            Failure::usage(format!("invalid --keep {text:?}"))
                .hint("give a number of days, 2d or more, such as --keep 30d")
        })?,
        None => context.settings.outbox.keep,
    };
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    require_consent(context)?;
    let now = Timestamp::now();
    let keep = SignedDuration::try_from(keep).unwrap_or(SignedDuration::MAX);
    let before = now.checked_sub(keep).unwrap_or(Timestamp::MIN);
    let Some(store) = open(context)? else {
        return Ok(Report::from_record(&Pruned { before, ..Pruned::default() }, Value::Null));
    };
    if !context.settings.yes {
        let filter = SendFilter { until: Some(before), ..SendFilter::default() };
        let sends = store.sends().list(&filter).map_err(check_failed)?.len() as u64;
        context.screen.note(&format!(
            "{} and the results of keys before {before} will be deleted",
            count(sends, "send")
        ));
        context.screen.confirm("delete them")?;
    }
    let (sends, keys) = store.sends().prune(before).map_err(check_failed)?;
    Ok(Report::from_record(&Pruned { before, sends, keys }, Value::Null))
}
