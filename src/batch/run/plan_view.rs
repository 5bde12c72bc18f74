//! Shows the plan of a batch, before the confirmation and in a dry run.

use std::time::Duration;

use crate::aliyun::client;
use crate::aliyun::guard::Guard;
use crate::api::call::AnyCall;
use crate::batch::engine::EngineOptions;
use crate::batch::grouping::Groups;
use crate::batch::plan::{MAX_SAMPLES, Plan};
use crate::batch::request::Request;
use crate::batch::row::Row;
use crate::batch::row_set::RowSet;
use crate::batch::sendable::{Selection, Sendable};
use crate::batch::shards::Shards;
use crate::context::Context;
use crate::error::Result;
use crate::message::channel::Channel;
use crate::message::plan::seconds;
use crate::message::plural::count;
use crate::output::report::Report;
use crate::send::limits::check_recipients;
use crate::settings::PlanUse;
use crate::storage::batches::{Batch, Counts};

/// Up to this number, the plan of a tool names all recipients: as many as one call of SendSms.
const MAX_LISTED: u64 = 1_000;
/// How many calls a dry run shows.
const SHOWN_CALLS: usize = 3;
pub const ALL_RECORDED: &str = "all rows of this batch were sent or have a result: nothing to send";

/// What earlier runs of a batch have recorded.
#[derive(Default)]
pub struct Progress {
    pub batch: Option<Batch>,
    pub recorded: RowSet,
}

pub fn selection<'p>(request: &'p Request<'_>, recorded: &'p RowSet) -> Selection<'p> {
    Selection { recorded, limit: request.options.limit, shards: &request.options.shards }
}

pub fn count_remaining(request: &Request<'_>, plan: &Plan, recorded: &RowSet) -> Result<u64> {
    let selection = selection(request, recorded);
    if recorded.is_empty() && selection.limit.is_none() && selection.shards.is_all() {
        return Ok(plan.valid);
    }
    count_selected(request, plan, selection)
}

/// How many rows of the parts of this run have no call; `None` if it sends all rows.
pub fn count_part_remaining(
    request: &Request<'_>,
    plan: &Plan,
    recorded: &RowSet,
) -> Result<Option<u64>> {
    let shards = &request.options.shards;
    if shards.is_all() {
        return Ok(None);
    }
    count_selected(request, plan, Selection { recorded, limit: None, shards }).map(Some)
}

/// How many rows have no call, also of parts that this run does not send.
pub fn count_all_remaining(request: &Request<'_>, plan: &Plan, recorded: &RowSet) -> Result<u64> {
    let shards = &Shards::default();
    count_selected(request, plan, Selection { recorded, limit: None, shards })
}

fn count_selected(request: &Request<'_>, plan: &Plan, selection: Selection<'_>) -> Result<u64> {
    let mut rows = Sendable::new(&request.input, &request.rules, plan, selection)?;
    let mut remaining = 0;
    while rows.next_row()?.is_some() {
        remaining += 1;
    }
    Ok(remaining)
}

pub fn show_plan(
    context: &Context,
    guard: &Guard<'_>,
    request: &Request<'_>,
    plan: &Plan,
    (existing, recorded): (Option<&Batch>, &RowSet),
    remaining: u64,
) -> Result<()> {
    let tool_plan = match context.settings.plan {
        PlanUse::Ask => None,
        _ => Some(ToolPlan::new(request, plan, recorded, remaining)?),
    };
    let samples = tool_plan.as_ref().map_or(&plan.samples, |tool_plan| &tool_plan.samples);
    let mut rows = plan_rows(request, plan, samples, remaining);
    rows.extend(existing.map(continues));
    rows.extend(tool_plan.iter().flat_map(|_| tool_rows(request, plan)));
    rows.push(("account".into(), guard.account()?.describe()));
    context.status.mark_defaults(&mut rows);
    let noun = message_noun(request.definition.channel);
    let verb = if request.options.enqueue { "queue" } else { "send" };
    context.screen.plan(&format!("About to {verb} {}:", count(remaining, noun)), &rows);
    if let Some(tool_plan) = tool_plan {
        context.screen.plan_recipients(&tool_plan.recipients);
    }
    Ok(())
}

/// What the plan of a tool of `alimsg mcp` has beside that for a terminal, where the user knows the
/// command.
#[derive(Default)]
struct ToolPlan {
    /// The first rows that this run sends.
    samples: Vec<Row>,
    /// All recipients, up to [`MAX_LISTED`].
    recipients: Vec<String>,
}

impl ToolPlan {
    fn new(request: &Request<'_>, plan: &Plan, recorded: &RowSet, remaining: u64) -> Result<Self> {
        let selection = selection(request, recorded);
        let mut rows = Sendable::new(&request.input, &request.rules, plan, selection)?;
        let mut tool_plan = Self::default();
        let is_listed = remaining <= MAX_LISTED;
        while is_listed || tool_plan.samples.len() < MAX_SAMPLES {
            let Some(row) = rows.next_row()? else { break };
            if is_listed {
                tool_plan.recipients.push(row.phone.clone());
            }
            if tool_plan.samples.len() < MAX_SAMPLES {
                tool_plan.samples.push(row);
            }
        }
        Ok(tool_plan)
    }
}

/// The options that a plan at a terminal leaves out. What was agreed to is compared with the hash as
/// well, because the samples are only the first rows.
fn tool_rows(request: &Request<'_>, plan: &Plan) -> Vec<(String, String)> {
    let definition = &request.definition;
    let fallback = &definition.fallback;
    let rows = [
        ("name", request.options.name.clone()),
        ("extension code", definition.extend_code.clone()),
        ("label", definition.label.clone()),
        ("tag", definition.tag.clone()),
        ("time to live", seconds(definition.ttl)),
        ("fallback", fallback.id.clone()),
        ("fallback text", fallback.content.clone()),
        ("fallback rule", fallback.rule.clone()),
        ("fallback after", seconds(fallback.duration)),
        ("SHA-256", Some(plan.content.clone())),
    ];
    let given = rows.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?)));
    let invalid = plan.invalid_shown.iter().take(MAX_SAMPLES);
    let invalid = invalid.map(|(line, reason)| (format!("line {line}"), reason.clone()));
    given.chain(invalid).collect()
}

fn continues(batch: &Batch) -> (String, String) {
    let Counts { queued, started, accepted, failed, unknown } = batch.counts;
    let skipped = count(queued + started + accepted + failed + unknown, "row");
    ("continues".into(), format!("batch {}, skips {skipped} on record", batch.id))
}

fn plan_rows(
    request: &Request<'_>,
    plan: &Plan,
    samples: &[Row],
    remaining: u64,
) -> Vec<(String, String)> {
    let definition = &request.definition;
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut row = |name: &str, value: Option<String>| {
        rows.extend(value.map(|value| (name.to_string(), value)));
    };
    row("input", Some(format!("{}, {}", request.input.name, count(plan.valid, "valid row"))));
    row("template", Some(definition.template_code.clone()));
    row("signature", definition.sign.clone());
    row("from", definition.from.clone());
    row("language", definition.language.clone());
    row("variables", (!definition.variables.is_empty()).then(|| definition.variables.join(", ")));
    let ignored = &plan.columns.ignored;
    row("ignored columns", (!ignored.is_empty()).then(|| ignored.join(", ")));
    let shards = &request.options.shards;
    row("parts", (!shards.is_all()).then(|| shards.to_string()));
    row("messages", Some(remaining.to_string()));
    if remaining == plan.valid {
        row("billed SMS", plan.parts.map(|parts| parts.to_string()));
        row("calls", Some(format!("about {}", plan.calls)));
    }
    row("invalid rows", (plan.invalid > 0).then(|| format!("{} (skipped)", plan.invalid)));
    row("excluded", (plan.excluded > 0).then(|| format!("{} by --exclude", plan.excluded)));
    row(
        "several messages",
        (plan.repeated_phones > 0)
            .then(|| format!("{} get more than one", count(plan.repeated_phones, "number"))),
    );
    row("duration", Some(duration(request.options.engine, remaining)));
    let shown = usize::try_from(remaining).unwrap_or(usize::MAX);
    for (number, sample) in (1..).zip(samples.iter().take(shown)) {
        let text = (request.render)(definition, sample).unwrap_or_else(|| {
            let pairs = definition.pairs(sample);
            pairs
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join(", ")
        });
        row(&format!("example {number}"), Some(format!("to {}: {text}", sample.phone)));
    }
    rows
}

fn duration(options: EngineOptions, messages: u64) -> String {
    match options.rate {
        Some(rate) => {
            // Counts are far below 2^52.
            #[allow(clippy::cast_precision_loss)]
            let seconds = messages as f64 / rate;
            let duration = Duration::from_secs_f64(seconds.ceil());
            format!("at least {} at {rate} messages per second", spell(duration))
        }
        None => format!(
            "as fast as {} at a time permit; limit it with --rate",
            count(options.jobs as u64, "call")
        ),
    }
}

fn spell(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}

pub const fn message_noun(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "SMS",
        Channel::Whatsapp | Channel::Viber => "message",
    }
}

/// Shows the plan and the first calls. Starts no process and records nothing.
pub fn dry_run(
    context: &Context,
    request: &Request<'_>,
    plan: &Plan,
    progress: &Progress,
) -> Result<Report> {
    let Progress { batch, recorded } = progress;
    let remaining = count_remaining(request, plan, recorded)?;
    check_recipients(&context.settings.limits, remaining)?;
    let mut rows = plan_rows(request, plan, &plan.samples, remaining);
    rows.extend(batch.as_ref().map(continues));
    context.screen.plan("Plan:", &rows);
    if request.rules.variables.is_none() && !request.definition.variables.is_empty() {
        context.screen.note(
            "a dry run does not read the template, so every other column counts as a variable",
        );
    }
    let mut rows =
        Sendable::new(&request.input, &request.rules, plan, selection(request, recorded))?;
    let definition = &request.definition;
    let source = Box::new(move || rows.next_row());
    let mut groups = Groups::new(definition.channel, &definition.variables, source);
    let mut calls = Vec::new();
    while calls.len() < SHOWN_CALLS
        && let Some(group) = groups.next_group()?
    {
        calls.push(definition.call(&group, &group.tracking().id));
    }
    if calls.is_empty() {
        context.screen.note(ALL_RECORDED);
        return Ok(Report::DryRun(Vec::new()));
    }
    if groups.next_group()?.is_some() {
        let shown = count(calls.len() as u64, "call");
        // The plan counts the calls of all rows.
        let all = if remaining == plan.valid {
            format!(" of about {}", plan.calls)
        } else {
            String::new()
        };
        context.screen.note(&format!("the first {shown}{all}:"));
    }
    let calls: Vec<&dyn AnyCall> = calls.iter().map(|call| call as &dyn AnyCall).collect();
    client::dry_run(context, &calls)
}
