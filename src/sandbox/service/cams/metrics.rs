//! CAMS: the number of messages per day that this sandbox has sent.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::cams::call::{check_space, own_number};
use crate::sandbox::service::cams::messages::is_read;
use crate::sandbox::service::request::{Request, ok};
use crate::sandbox::service::standing::DeliveryStatus;
use crate::sandbox::service::state::{Direction, Message};

/// The longest period that the service accepts.
const MAX_PERIOD: SignedDuration = SignedDuration::from_hours(24 * 366);

pub fn template_metrics(request: Request<'_>) -> Result<Value, Rejection> {
    let code = request.call.text("--template-code").unwrap_or_default().to_owned();
    let language = request.call.text("--biz-language").map(str::to_owned);
    let known = request.state.chat_templates.iter().any(|template| template.code == code);
    if !known {
        return Err(Rejection::new("DetailError.TemplateNotExist", "the template does not exist"));
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
    check_space(call)?;
    let time = |flag: &str| {
        let given = call.integer(flag).unwrap_or_default();
        // A value in seconds instead of milliseconds would be a date in 1970.
        Timestamp::from_millisecond(given)
            .ok()
            .filter(|time| time.as_second() > 1_000_000_000)
            .ok_or_else(|| {
                Rejection::new("InvalidParameter.TimeError", "the time must be in milliseconds")
            })
    };
    let (start, end) = (time("--start")?, time("--end")?);
    if end < start || end.duration_since(start) > MAX_PERIOD {
        return Err(Rejection::new("InvalidParameter.TimeError", "invalid time period"));
    }
    let mut days: Vec<Day> = Vec::new();
    let sent = request.state.messages.iter().filter(|message| {
        message.direction == Direction::Out && message.product == "cams" && matches(message)
    });
    for message in sent.filter(|message| (start..=end).contains(&message.sent_at)) {
        let day_start = message.sent_at.to_zoned(TimeZone::UTC).start_of_day().ok();
        let Some(day_start) = day_start.map(|day| day.timestamp()) else { continue };
        let delivered = matches!(
            DeliveryStatus::from_message(message, request.now),
            DeliveryStatus::Delivered(_)
        );
        let index = days.iter().position(|day| day.start == day_start).unwrap_or_else(|| {
            let day_end =
                day_start.checked_add(SignedDuration::from_hours(24)).unwrap_or(day_start);
            days.push(Day { start: day_start, end: day_end, sent: 0, delivered: 0, read: 0 });
            days.len() - 1
        });
        days[index].sent += 1;
        days[index].delivered += u64::from(delivered);
        days[index].read += u64::from(is_read(message, request.now));
    }
    let mut reply = ok();
    reply["Data"] = days.iter().map(entry).collect();
    Ok(reply)
}
