//! `alimsg whatsapp numbers`: the business numbers, and what is known about one.

use clap::{Args, Subcommand};
use jiff::{Timestamp, Zoned};
use serde_json::{Map, Value, json};

use crate::aliyun::client::{self, Client};
use crate::api::call::{AnyCall, Call, ReadCall};
use crate::api::operations::{
    GET_CHATAPP_PHONE_NUMBER_METRIC, GET_WHATSAPP_HEALTH_STATUS, Product,
    QUERY_CHATAPP_PHONE_NUMBERS,
};
use crate::api::reply::{Reply, fields};
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::message::phone;
use crate::message::time::period::Period;
use crate::output::report::Report;

pub const EXAMPLES: &str = "\
Examples:
  alimsg --sandbox whatsapp numbers list
  alimsg --sandbox whatsapp numbers show 8613800000001 --cust-space-id cams-sandbox";

const LIST_EXAMPLES: &str = "\
Examples:
  alimsg whatsapp numbers list --cust-space-id cams-abc
  alimsg --sandbox whatsapp numbers list";

const SHOW_EXAMPLES: &str = "\
Examples:
  alimsg whatsapp numbers show 8613800000001 --cust-space-id cams-abc
  alimsg --sandbox whatsapp numbers show 8613800000001 --cust-space-id cams-sandbox";

/// The span of the metrics that `show` adds.
const SPAN: &str = "7d";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the business numbers, their quality and limits
    #[command(after_help = LIST_EXAMPLES)]
    List(ListFlags),
    /// Show one number with its messages of the last 7 days and its health
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ShowFlags),
}

#[derive(Debug, Args)]
pub struct ListFlags {
    /// Channel instance
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,

    /// Only numbers in this state, for example CONNECTED
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
}

#[derive(Debug, Args)]
pub struct ShowFlags {
    /// Business number: digits only, country code first
    #[arg(value_name = "N")]
    number: String,

    /// Channel instance; the health is known only with it
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "whatsapp numbers list",
            Self::Show(_) => "whatsapp numbers show",
        }
    }

    pub fn run(self, context: &Context) -> Result<Report> {
        match self {
            Self::List(flags) => list(context, &flags),
            Self::Show(flags) => show(context, &flags),
        }
    }
}

/// The call that lists the numbers of a channel instance, or of all.
pub(super) fn query(space: Option<&str>) -> ReadCall {
    Call::to(&QUERY_CHATAPP_PHONE_NUMBERS).optional_text("--cust-space-id", space)
}

fn list(context: &Context, flags: &ListFlags) -> Result<Report> {
    let call = query(flags.cust_space_id.as_deref()).optional_text(
        "--status",
        flags.status.as_ref().map(|word| word.to_uppercase()).as_deref(),
    );
    if context.settings.dry_run {
        return client::dry_run(context, &[&call]);
    }
    let reply = Client::connect(context, Product::Cams)?.read(&call)?;
    let items: Vec<_> = rows(&reply).map(number).collect();
    let mut facts = Map::new();
    facts.insert("total".into(), json!(items.len()));
    Ok(Report::List { name: "numbers", items, facts, raw: Value::Object(reply.0) })
}

/// Where a number's messages and receipts are reported to: our names and the service's.
pub(super) const CALLBACKS: [(&str, &str); 4] = [
    ("status_callback_url", "StatusCallbackUrl"),
    ("up_callback_url", "UpCallbackUrl"),
    ("status_queue", "StatusQueue"),
    ("up_queue", "UpQueue"),
];

/// What the list says of one number.
///
/// # Errors
/// It is not in the list.
pub(super) fn row_of<'r>(reply: &'r Reply, number: &str) -> Result<&'r Value> {
    rows(reply)
        .find(|row| fields::text(row, &["PhoneNumber"]).as_deref() == Some(number))
        .ok_or_else(|| {
            Failure::new(Kind::Rejected, format!("{number} is not a number of this account"))
                .hint("--cust-space-id may name another channel instance")
                .next("alimsg whatsapp numbers list")
        })
}

fn rows(reply: &Reply) -> impl Iterator<Item = &Value> {
    reply.items(&["PhoneNumbers", "Data", "Data.List"]).iter().filter(|row| row.is_object())
}

fn number(row: &Value) -> Map<String, Value> {
    let mut number = Map::new();
    for (name, field) in [
        ("number", "PhoneNumber"),
        ("verified_name", "VerifiedName"),
        ("status", "Status"),
        ("quality_rating", "QualityRating"),
        ("messaging_limit_tier", "MessagingLimitTier"),
        ("name_status", "NameStatus"),
        ("code_verification_status", "CodeVerificationStatus"),
        ("is_official", "IsOfficial"),
    ] {
        number.insert(name.into(), json!(fields::text(row, &[field])));
    }
    number
}

fn show(context: &Context, flags: &ShowFlags) -> Result<Report> {
    phone::check_chat_number("the number", &flags.number)?;
    let space = flags.cust_space_id.as_deref();
    let period = Period::last(SPAN, &Zoned::now())?;
    let milliseconds = |moment: Timestamp| u64::try_from(moment.as_millisecond()).ok();
    let numbers = query(space);
    let metric = Call::to(&GET_CHATAPP_PHONE_NUMBER_METRIC)
        .text("--phone-number", &flags.number)
        .text("--granularity", "DAILY")
        .optional_integer("--start", milliseconds(period.start))
        .optional_integer("--end", milliseconds(period.end))
        .optional_text("--cust-space-id", space);
    let health = space.map(|space| {
        Call::to(&GET_WHATSAPP_HEALTH_STATUS)
            .text("--cust-space-id", space)
            .text("--node-type", "PHONE_NUMBER")
            .text("--phone-number", &flags.number)
    });
    if context.settings.dry_run {
        let calls = [&numbers, &metric].into_iter().chain(&health);
        let calls: Vec<&dyn AnyCall> = calls.map(|call| call as &dyn AnyCall).collect();
        return client::dry_run(context, &calls);
    }
    let service = Client::connect(context, Product::Cams)?;
    let numbers = service.read(&numbers)?;
    let row = row_of(&numbers, &flags.number)?.clone();
    // What is joined may be missing without the number being unknown.
    let joined = |call: &ReadCall| match service.read(call) {
        Ok(reply) => Some(reply),
        Err(failure) => {
            context.screen.warn(format!("{} failed: {}", call.operation.api, failure.message));
            None
        }
    };
    let metric = joined(&metric);
    if health.is_none() {
        context.screen.warn("the health is known only with --cust-space-id");
    }
    let health = health.as_ref().and_then(joined);
    drop(service);
    let mut data = number(&row);
    for (name, field) in CALLBACKS {
        data.insert(name.into(), json!(fields::text(&row, &[field])));
    }
    data.insert("metrics".into(), metric.as_ref().map_or(Value::Null, |m| metrics(m, &period)));
    let found = health.as_ref().and_then(|reply| reply.value("Data"));
    data.insert("health".into(), found.map_or(Value::Null, fields::snake_case));
    let raw = json!({
        "numbers": numbers.0,
        "metric": metric.map(|reply| reply.0),
        "health": health.map(|reply| reply.0),
    });
    Ok(Report::RunStatus { data, raw })
}

fn metrics(reply: &Reply, period: &Period) -> Value {
    let sum = |name: &str| {
        let counts = reply.items(&["Data"]).iter().filter_map(|row| fields::number(row, &[name]));
        counts.fold(0, u64::saturating_add)
    };
    let [start, end] = period.written();
    json!({
        "start": start,
        "end": end,
        "sent": sum("SentCount"),
        "delivered": sum("DeliveredCount"),
    })
}
