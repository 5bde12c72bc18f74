//! Dysmsapi: the number of messages per day, by delivery status.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::delivery_status::DeliveryStatus;
use crate::sandbox::service::request::{Request, page, reply};
use crate::sandbox::service::sms::call::{invalid, parse_page};
use crate::sandbox::service::sms::number::parse_number;
use crate::sandbox::service::sms::receipts::{day, parse_day};
use crate::sandbox::service::state::{Message, ServiceChannel, State};

/// The counts for one day.
#[derive(Debug, Default)]
struct Counts {
    delivered: u64,
    failed: u64,
    pending: u64,
}

fn template_type(message: &Message, state: &State) -> Option<i64> {
    let code = message.template.as_deref()?;
    let template = state.sms_templates.iter().find(|template| template.code == code)?;
    template.purpose.number().try_into().ok()
}

pub fn query(request: Request<'_>) -> Result<Value, Rejection> {
    let Request { call, now, .. } = request;
    let state = &*request.state;
    let date = |flag| match call.text(flag).and_then(parse_day) {
        Some(date) => Ok(date),
        None => invalid("dates must be yyyyMMdd"),
    };
    let (start, end) = (date("--start-date")?, date("--end-date")?);
    if end < start {
        return invalid("the end date is before the start date");
    }
    let mainland = match call.integer("--is-globe") {
        Some(1) => true,
        Some(2) => false,
        _ => return invalid("IsGlobe must be 1 or 2"),
    };
    let purpose = call.integer("--template-type");
    if purpose.is_some_and(|number| ![0, 1, 2, 3, 7].contains(&number)) {
        return invalid("unknown template type");
    }
    let signature = call.text("--sign-name");
    let (index, size) = parse_page(call, "--page-index")?;
    let matches = |message: &&Message| {
        message.channel == ServiceChannel::Sms
            && (start..=end).contains(&day(message.sent_at))
            && mainland == parse_number(&message.recipient).is_some_and(|number| number.mainland)
            && signature.is_none_or(|name| name == message.sender)
            && purpose.is_none_or(|number| template_type(message, state) == Some(number))
    };
    let mut days: BTreeMap<Date, Counts> = BTreeMap::new();
    for message in request.messages().filter(matches) {
        let counts = days.entry(day(message.sent_at)).or_default();
        match DeliveryStatus::from_message(message, now) {
            DeliveryStatus::Delivered(_) => counts.delivered += 1,
            DeliveryStatus::Failed(_) => counts.failed += 1,
            DeliveryStatus::Pending => counts.pending += 1,
        }
    }
    // Newest first; days without a message are omitted.
    let days: Vec<Value> = days
        .into_iter()
        .rev()
        .map(|(day, counts)| {
            json!({
                "SendDate": day.strftime("%Y%m%d").to_string(),
                "TotalCount": counts.delivered + counts.failed + counts.pending,
                "RespondedSuccessCount": counts.delivered,
                "RespondedFailCount": counts.failed,
                "NoRespondedCount": counts.pending,
            })
        })
        .collect();
    reply(json!({ "Data": { "TotalSize": days.len(), "TargetList": page(days, index, size) } }))
}
