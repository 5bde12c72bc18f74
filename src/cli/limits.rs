//! `alimsg limits`: the limits that a person set, and how much of them is used.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::prelude::*;
use crate::output::report::Total;
use crate::send::limits::counts_failed;
use crate::settings::limits::{Rule, Table};
use crate::storage;

#[derive(Debug, Args)]
#[command(after_help = "\
A person sets limits in the table [limits] of ~/.config/alimsg/config.toml (or the file that
ALIMSG_CONFIG names) and of /etc/alimsg/config.toml, which always applies. Of two limits the stricter
wins; no flag, variable or profile lifts one. A refused send exits with 2, `\"kind\": \"limit\"` and
the name of the rule; nothing was sent.

  allow_recipients       patterns: digits with country code, such as 86138*
  deny_recipients        the same
  deny_recipients_file   a file of numbers never to contact, one on each line, in any notation
  allow_senders          sending numbers (WhatsApp, Viber)
  allow_signatures       signatures (SMS)
  allow_templates        templates; messages without a template are refused
  max_recipients         recipients of one command
  per_hour, per_day      messages in the last 60 minutes, in the last 24 hours
  per_recipient_per_day  messages to one number in the last 24 hours
  quiet_hours            such as 22:00-08:00 Asia/Shanghai; a batch pauses until they end
  deny_commands          such as templates delete; also everything below it
  sandbox_only           only the sandbox may send
  store                  the state folder or postgres://… with the counts; no other may be used

A message counts from the start of its call, also if its outcome is unknown; one that was proven not
to be sent does not count. The counts are in the store, for all processes that use it. Texts that
contain access keys, private keys or bearer tokens are always refused.

Examples:
  alimsg limits
  alimsg limits --json
  alimsg --sandbox limits")]
pub struct Flags;

/// One rule of one file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LimitRow {
    rule: &'static str,
    value: String,
    /// The messages that count now; only for rules that count all messages.
    used: Option<u64>,
    remaining: Option<u64>,
    /// The file with the rule.
    source: String,
}

/// Lists the limits.
///
/// # Errors
/// The counts cannot be read.
pub fn run(context: &Context, _: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let tables = &context.settings.limits.tables;
    let counts = context.settings.limits.counts();
    let windows: Vec<_> = counts.iter().map(|count| count.window).collect();
    let store = if counts.is_empty() {
        None
    } else {
        storage::open_existing(&context.settings).map_err(counts_failed)?
    };
    let used = match &store {
        Some(store) => store.sends().usage(&windows).map_err(counts_failed)?,
        None => vec![0; windows.len()],
    };
    let used_of = |table: &Table, rule: Rule| {
        let counted = counts.iter().zip(&used);
        let of_rule = counted
            .filter(|(count, _)| count.rule != Rule::PerRecipientPerDay)
            .find(|(count, _)| count.rule == rule && count.source == table.source);
        of_rule.map(|(count, used)| (*used, count.max.saturating_sub(*used)))
    };
    let row = |table: &Table, (rule, value): (Rule, String)| {
        let usage = used_of(table, rule);
        LimitRow {
            rule: rule.name(),
            value,
            used: usage.map(|(used, _)| used),
            remaining: usage.map(|(_, remaining)| remaining),
            source: table.source.display().to_string(),
        }
    };
    let rows: Vec<LimitRow> = tables
        .iter()
        .flat_map(|table| table.rules().into_iter().map(move |rule| row(table, rule)))
        .collect();
    let total = Total { total: rows.len() as u64 };
    Ok(Report::from_rows("limits", rows, &total, Value::Null))
}
