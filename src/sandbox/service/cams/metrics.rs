//! CAMS: counts of messages, day by day, as far as this sandbox has sent any.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::cams::call::{check_space, own_number};
use crate::sandbox::service::cams::messages::is_read;
use crate::sandbox::service::request::{Request, ok};
use crate::sandbox::service::standing::DeliveryStatus;
use crate::sandbox::service::state::{Direction, Message};

/// Longer spans are refused, as the real service does.
const MAX_LENGTH: SignedDuration = SignedDuration::from_hours(24 * 366);

pub fn of_template(request: Request<'_>) -> Result<Value, Rejection> {
    let code = request.call.text("--template-code").unwrap_or_default().to_owned();
    let language = request.call.text("--biz-language").map(str::to_owned);
    let known = request.state.chat_templates.iter().any(|template| template.code == code);
    if !known {
        return Err(Rejection::new("DetailError.TemplateNotExist", "no such template"));
    }
    let fits = |message: &Message| {
        message.template.as_deref() == Some(code.as_str())
            && language.as_ref().is_none_or(|language| message.language.as_ref() == Some(language))
    };
    days(&request, fits, |day| {
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

pub fn of_number(request: Request<'_>) -> Result<Value, Rejection> {
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

/// One entry for each day on which something was sent.
fn days(
    request: &Request<'_>,
    fits: impl Fn(&Message) -> bool,
    entry: impl Fn(&Day) -> Value,
) -> Result<Value, Rejection> {
    let call = request.call;
    check_space(call)?;
    let moment = |flag: &str| {
        let given = call.integer(flag).unwrap_or_default();
        // Seconds in the place of milliseconds would be a day in 1970.
        Timestamp::from_millisecond(given)
            .ok()
            .filter(|moment| moment.as_second() > 1_000_000_000)
            .ok_or_else(|| Rejection::new("InvalidParameter.TimeError", "no milliseconds"))
    };
    let (start, end) = (moment("--start")?, moment("--end")?);
    if end < start || end.duration_since(start) > MAX_LENGTH {
        return Err(Rejection::new("InvalidParameter.TimeError", "no sensible span of time"));
    }
    let mut days: Vec<Day> = Vec::new();
    let sent = request.state.messages.iter().filter(|message| {
        message.direction == Direction::Out && message.product == "cams" && fits(message)
    });
    for message in sent.filter(|message| (start..=end).contains(&message.sent_at)) {
        let morning = message.sent_at.to_zoned(TimeZone::UTC).start_of_day().ok();
        let Some(morning) = morning.map(|day| day.timestamp()) else { continue };
        let arrived =
            matches!(DeliveryStatus::of(message, request.now), DeliveryStatus::Delivered(_));
        let index = days.iter().position(|day| day.start == morning).unwrap_or_else(|| {
            let evening = morning.checked_add(SignedDuration::from_hours(24)).unwrap_or(morning);
            days.push(Day { start: morning, end: evening, sent: 0, delivered: 0, read: 0 });
            days.len() - 1
        });
        days[index].sent += 1;
        days[index].delivered += u64::from(arrived);
        days[index].read += u64::from(is_read(message, request.now));
    }
    let mut reply = ok();
    reply["Data"] = days.iter().map(entry).collect();
    Ok(reply)
}
