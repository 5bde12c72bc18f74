//! `templates stats` for WhatsApp and Viber.
//!
//! The service counts marketing templates only, from the day after its metrics were switched on.
//! Start and end are milliseconds since 1970, as its documentation says.

use jiff::{Timestamp, Zoned};
use serde_json::{Map, Value, json};

use crate::aliyun::client::{self, Client};
use crate::api::call::Call;
use crate::api::operations::{GET_CHATAPP_TEMPLATE_METRIC, Product};
use crate::api::reply::fields;
use crate::cli::templates::StatsFlags;
use crate::cli::templates::chat::{or_list, template_type};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::time::period::Period;
use crate::output::chart;
use crate::output::report::Report;

const DEFAULT_SPAN: &str = "7d";

/// Counts the messages of a template, day by day.
///
/// # Errors
/// A period that makes no sense; whatever keeps the service from answering.
pub fn stats(context: &Context, flags: &StatsFlags) -> Result<Report> {
    let now = Zoned::now();
    let period = match (&flags.start, &flags.end, &flags.last) {
        (Some(start), end, _) => Period::between(start, end.as_deref(), &now)?,
        (None, Some(_), _) => return Err(Failure::missing(&["--start"], Vec::new())),
        (None, None, last) => Period::last(last.as_deref().unwrap_or(DEFAULT_SPAN), &now)?,
    };
    let call = Call::to(&GET_CHATAPP_TEMPLATE_METRIC)
        .text("--template-code", &flags.code)
        .optional_text("--biz-language", flags.language.as_deref())
        .text("--template-type", template_type(flags.channel))
        .text("--granularity", "DAILY")
        .optional_integer("--start", milliseconds(period.start))
        .optional_integer("--end", milliseconds(period.end))
        .optional_text("--cust-space-id", flags.cust_space_id.as_deref());
    if context.settings.dry_run {
        return client::dry_run(context, &[&call]);
    }
    let reply = Client::connect(context, Product::Cams)?
        .read(&call)
        .map_err(|failure| or_list(failure, flags.channel, &flags.code))?;
    let items: Vec<Map<String, Value>> = reply
        .items(&["Data", "Data.List"])
        .iter()
        .filter(|row| row.is_object())
        .map(item)
        .collect();
    let bars: Vec<(String, u64)> = items
        .iter()
        .map(|item| {
            let start = item.get("start").and_then(Value::as_str).unwrap_or("?");
            let day = start.split('T').next().unwrap_or(start);
            (day.to_string(), item.get("sent").and_then(Value::as_u64).unwrap_or(0))
        })
        .collect();
    if items.is_empty() {
        context
            .screen
            .note("the service counts marketing templates only, once metrics are switched on");
    }
    let sum = |name: &str| -> u64 {
        let counts = items.iter().filter_map(|item| item.get(name)?.as_u64());
        counts.fold(0, u64::saturating_add)
    };
    let mut facts = Map::new();
    facts.insert("code".into(), json!(flags.code));
    let [start, end] = period.written();
    facts.insert("start".into(), json!(start));
    facts.insert("end".into(), json!(end));
    facts.insert("total".into(), json!(sum("sent")));
    facts.insert("total_delivered".into(), json!(sum("delivered")));
    facts.insert("total_read".into(), json!(sum("read")));
    let report = Report::List { name: "days", items, facts, raw: Value::Object(reply.0) };
    Ok(if bars.is_empty() { report } else { report.drawn(chart::bars(&bars)) })
}

/// What the service takes for a moment.
fn milliseconds(moment: Timestamp) -> Option<u64> {
    u64::try_from(moment.as_millisecond()).ok()
}

fn item(row: &Value) -> Map<String, Value> {
    let moment = |name: &str| fields::time(row, &[name]);
    let clicks: Vec<Value> = row
        .get("Cliented")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|click| {
            json!({
                "button": fields::text(click, &["ButtonContent"]),
                "type": fields::text(click, &["Type"]),
                "count": fields::number(click, &["Count"]),
            })
        })
        .collect();
    let mut item = Map::new();
    item.insert("start".into(), json!(moment("Start")));
    item.insert("end".into(), json!(moment("End")));
    item.insert("language".into(), json!(fields::text(row, &["Language"])));
    item.insert("sent".into(), json!(fields::number(row, &["SentCount"])));
    item.insert("delivered".into(), json!(fields::number(row, &["DeliveredCount"])));
    item.insert("read".into(), json!(fields::number(row, &["ReadCount"])));
    item.insert("clicks".into(), Value::Array(clicks));
    item
}
