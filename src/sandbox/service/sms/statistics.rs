//! Dysmsapi: the number of messages per day, by delivery status.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::request::{Request, ok, page};
use crate::sandbox::service::sms::call::parse_page;
use crate::sandbox::service::sms::number::parse_number;
use crate::sandbox::service::sms::receipts::{day, parse_day};
use crate::sandbox::service::standing::DeliveryStatus;
use crate::sandbox::service::state::{Message, ServiceChannel, State};

/// The counts for one day.
#[derive(Debug, Default)]
struct Counts {
    delivered: u64,
    failed: u64,
    pending: u64,
}

/// The filter of a query.
struct Filter<'a> {
    start: Date,
    end: Date,
    mainland: bool,
    signature: Option<&'a str>,
    purpose: Option<i64>,
}

impl Filter<'_> {
    fn matches(&self, message: &Message, state: &State) -> bool {
        let sent_on = day(message.sent_at);
        let mainland = parse_number(&message.recipient).is_some_and(|number| number.mainland);
        message.channel == ServiceChannel::Sms
            && (self.start..=self.end).contains(&sent_on)
            && mainland == self.mainland
            && self.signature.is_none_or(|name| name == message.sender)
            && self.purpose.is_none_or(|number| purpose_of(message, state) == Some(number))
    }
}

fn purpose_of(message: &Message, state: &State) -> Option<i64> {
    let code = message.template.as_deref()?;
    let template = state.sms_templates.iter().find(|template| template.code == code)?;
    Some(template.purpose.number())
}

pub fn query(request: Request<'_>) -> Result<Value, Rejection> {
    let Request { call, state, now, .. } = request;
    let invalid = |text: &str| Rejection::new("isv.INVALID_PARAMETERS", text);
    let date = |flag| {
        let text = call.text(flag).and_then(parse_day);
        text.ok_or_else(|| invalid("dates must be yyyyMMdd"))
    };
    let (start, end) = (date("--start-date")?, date("--end-date")?);
    if end < start {
        return Err(invalid("the end date is before the start date"));
    }
    let mainland = match call.integer("--is-globe") {
        Some(1) => true,
        Some(2) => false,
        _ => return Err(invalid("IsGlobe must be 1 or 2")),
    };
    let purpose = call.integer("--template-type");
    if purpose.is_some_and(|number| ![0, 1, 2, 3, 7].contains(&number)) {
        return Err(invalid("unknown template type"));
    }
    let (index, size) = parse_page(call, "--page-index")?;
    let filter = Filter { start, end, mainland, signature: call.text("--sign-name"), purpose };
    let days: Vec<Value> = count(state, &filter, now)
        .into_iter()
        // Newest first; days without a message are omitted.
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
    let mut reply = ok();
    reply["Data"] = json!({ "TotalSize": days.len(), "TargetList": page(days, index, size) });
    Ok(reply)
}

fn count(state: &State, filter: &Filter<'_>, now: Timestamp) -> BTreeMap<Date, Counts> {
    let mut days: BTreeMap<Date, Counts> = BTreeMap::new();
    for message in state.messages.iter().filter(|message| filter.matches(message, state)) {
        let counts = days.entry(day(message.sent_at)).or_default();
        match DeliveryStatus::from_message(message, now) {
            DeliveryStatus::Delivered(_) => counts.delivered += 1,
            DeliveryStatus::Failed(_) => counts.failed += 1,
            DeliveryStatus::Waiting => counts.pending += 1,
        }
    }
    days
}
