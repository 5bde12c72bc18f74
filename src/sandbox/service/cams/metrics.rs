//! CAMS: the number of messages per day that this sandbox has sent.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::cams::call::own_number;
use crate::sandbox::service::cams::messages::is_read;
use crate::sandbox::service::delivery_status::DeliveryStatus;
use crate::sandbox::service::request::{Request, reply};
use crate::sandbox::service::state::{Direction, Message};

/// The longest period that the service accepts.
const MAX_PERIOD: SignedDuration = SignedDuration::from_hours(24 * 366);

pub fn template_metrics(request: Request<'_>) -> Result<Value, Rejection> {
    let code = request.call.text("--template-code").unwrap_or_default().to_owned();
    let language = request.call.text("--biz-language").map(str::to_owned);
    if !request.state.chat_templates.iter().any(|template| template.code == code) {
        return reject("DetailError.TemplateNotExist", "the template does not exist");
    }
    let matches = |message: &Message| {
        message.template.as_deref() == Some(code.as_str())
            && language.as_ref().is_none_or(|language| message.language.as_ref() == Some(language))
    };
    days(&request, matches, |day| {
        json!({
            "TemplateCode": code,
            "Language": language,
            "SentCount": day.sent,
            "DeliveredCount": day.delivered,
            "ReadCount": day.read,
            "Cliented": [],
            "Start": day.start.as_millisecond(),
            "End": day.end.as_millisecond(),
        })
    })
}

pub fn number_metrics(request: Request<'_>) -> Result<Value, Rejection> {
    let number = own_number(request.call)?.to_owned();
    days(
        &request,
        |message| message.sender == number,
        |day| {
            json!({
                "PhoneNumber": number,
                "Granularity": "DAILY",
                "SentCount": day.sent,
                "DeliveredCount": day.delivered,
                "Start": day.start.as_millisecond(),
                "End": day.end.as_millisecond(),
            })
        },
    )
}

struct Day {
    start: Timestamp,
    end: Timestamp,
    sent: u64,
    delivered: u64,
    read: u64,
}

/// One entry per day with at least one message.
fn days(
    request: &Request<'_>,
    matches: impl Fn(&Message) -> bool,
    entry: impl Fn(&Day) -> Value,
) -> Result<Value, Rejection> {
    let call = request.call;
    let time = |flag: &str| {
        match Timestamp::from_millisecond(call.integer(flag).unwrap_or_default()) {
            // A value in seconds instead of milliseconds would be a date in 1970.
            Ok(time) if time.as_second() > 1_000_000_000 => Ok(time),
            _ => reject("InvalidParameter.TimeError", "the time must be in milliseconds"),
        }
    };
    let (start, end) = (time("--start")?, time("--end")?);
    if end < start || end.duration_since(start) > MAX_PERIOD {
        return reject("InvalidParameter.TimeError", "invalid time period");
    }
    let mut days: BTreeMap<Timestamp, Day> = BTreeMap::new();
    for message in request.messages() {
        if message.direction != Direction::Out
            || message.product != "cams"
            || !(start..=end).contains(&message.sent_at)
            || !matches(message)
        {
            continue;
        }
        let Ok(midnight) = message.sent_at.to_zoned(TimeZone::UTC).start_of_day() else { continue };
        let start = midnight.timestamp();
        let end = start.checked_add(SignedDuration::from_hours(24)).unwrap_or(start);
        let day = days.entry(start).or_insert(Day { start, end, sent: 0, delivered: 0, read: 0 });
        let status = DeliveryStatus::from_message(message, request.now);
        day.sent += 1;
        day.delivered += u64::from(matches!(status, DeliveryStatus::Delivered(_)));
        day.read += u64::from(is_read(message, request.now));
    }
    reply(json!({ "Data": days.values().map(entry).collect::<Value>() }))
}
