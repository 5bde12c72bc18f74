//! `alimsg whatsapp numbers show`: a number with its callbacks, metrics and health.

use jiff::Zoned;
use serde_json::{Value, json};

use crate::aliyun::client::Client;
use crate::api::call::ReadCall;
use crate::api::reply::{Reply, fields};
use crate::chat::business_number::{self, BusinessNumber, Callbacks, Detail, Metrics};
use crate::cli::prelude::*;
use crate::cli::whatsapp::space::Sought;
use crate::message::phone;
use crate::message::time::period::Period;

/// The period of the metrics.
const PERIOD: &str = "7d";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp numbers show 8613800000001 --cust-space-id cams-abc
  alimsg --sandbox whatsapp numbers show 8613800000001 --cust-space-id cams-sandbox")]
pub struct Flags {
    /// Business number: digits only, country code first
    #[arg(value_name = "N")]
    number: String,

    /// Channel instance, for the health [default: that of an earlier message]
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,
}

/// Shows one number. Metrics or health that cannot be fetched are a warning.
///
/// # Errors
/// An invalid or unknown number; a failed list.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    phone::check_chat_number("the number", &flags.number)?;
    let sought = Sought { channel: Some(Channel::Whatsapp), sender: Some(&flags.number) };
    let space = sought.given_or_remembered(context, flags.cust_space_id);
    let space = space.as_deref();
    let period = Period::last(PERIOD, &Zoned::now())?;
    let list = business_number::list_call(space, None);
    let metric = business_number::metric_call(&flags.number, space, &period);
    let health = space.map(|space| business_number::health_call(&flags.number, space));
    let calls: Vec<&ReadCall> = [&list, &metric].into_iter().chain(&health).collect();
    let fetch = |client: &Client<'_>| {
        let numbers = client.read(&list)?;
        let row = business_number::find_row(&numbers, &flags.number)?.clone();
        let metric = fetch_or_warn(context, client, &metric);
        if health.is_none() {
            context.screen.warn("the health is shown only with --cust-space-id");
        }
        let health = health.as_ref().and_then(|call| fetch_or_warn(context, client, call));
        Ok((numbers, row, metric, health))
    };
    read_only::run(context, &calls, fetch, |(numbers, row, metric, health)| {
        let data = health.as_ref().and_then(|reply| reply.value("Data"));
        let detail = Detail {
            number: BusinessNumber::from_object(&row),
            callbacks: Callbacks::from_object(&row),
            metrics: metric.as_ref().map(|reply| Metrics::from_reply(reply, &period)),
            health: data.map_or(Value::Null, fields::snake_case),
        };
        let raw = json!({
            "numbers": numbers.0,
            "metric": metric.map(|reply| reply.0),
            "health": health.map(|reply| reply.0),
        });
        Report::from_record(&detail, raw)
    })
}

/// The reply; `None`, with a warning, if the call failed.
fn fetch_or_warn(context: &Context, client: &Client<'_>, call: &ReadCall) -> Option<Reply> {
    let warn = |failure: Box<Failure>| {
        context.screen.warn(format!("{} failed: {}", call.operation.api, failure.message));
    };
    client.read(call).map_err(warn).ok()
}
