//! Dysmsapi: the delivery receipts of one phone number for one day.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Value, json};

use crate::sandbox::arguments::ProductCall;
use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::delivery_status::DeliveryStatus;
use crate::sandbox::service::request::{Request, page, reply};
use crate::sandbox::service::sms::call::{invalid, parse_page};
use crate::sandbox::service::sms::number::{Number, parse_number};
use crate::sandbox::service::state::{Message, ServiceChannel};

/// How many days the service keeps receipts.
const RETENTION_DAYS: i64 = 30;

/// The service uses China time, UTC+8.
fn local(time: Timestamp) -> jiff::Zoned {
    time.to_zoned(TimeZone::fixed(Offset::constant(8)))
}

/// The day of a timestamp in China time.
pub fn day(time: Timestamp) -> Date {
    local(time).date()
}

/// Parses `yyyyMMdd`, the only format that the service accepts.
pub fn parse_day(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Date::strptime("%Y%m%d", text).ok())?
}

/// A timestamp in the format of the service's replies.
pub fn local_time(time: Timestamp) -> String {
    local(time).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The number in a query, if it is valid.
pub fn number(call: &ProductCall) -> Option<Number> {
    call.text("--phone-number").and_then(parse_number)
}

pub fn query(request: Request<'_>) -> Result<Value, Rejection> {
    let Request { call, now, .. } = request;
    let Some(number) = number(call) else {
        return reject("isv.MOBILE_NUMBER_ILLEGAL", "invalid mobile number");
    };
    let Some(sent_on) = call.text("--send-date").and_then(parse_day) else {
        return invalid("the date must be yyyyMMdd");
    };
    let age = day(now).duration_since(sent_on).as_hours() / 24;
    if age > RETENTION_DAYS {
        return invalid("receipts are kept for 30 days");
    }
    let (index, size) = parse_page(call, "--current-page")?;
    let biz_id = call.text("--biz-id");
    // Newest first.
    let receipts: Vec<Value> = request
        .messages()
        .rev()
        .filter(|message| {
            message.channel == ServiceChannel::Sms && message.recipient == number.digits
        })
        .filter(|message| day(message.sent_at) == sent_on)
        .filter(|message| biz_id.is_none_or(|id| message.message_id == id))
        .map(|message| receipt(message, now))
        .collect();
    reply(json!({
        "TotalCount": receipts.len().to_string(),
        "SmsSendDetailDTOs": { "SmsSendDetailDTO": page(receipts, index, size) },
    }))
}

fn receipt(message: &Message, now: Timestamp) -> Value {
    let (status, code, received_at) = match DeliveryStatus::from_message(message, now) {
        DeliveryStatus::Delivered(at) => (3, "DELIVERED", Some(at)),
        DeliveryStatus::Failed(at) => (2, "MOBILE_NOT_ON_SERVICE", Some(at)),
        DeliveryStatus::Pending => (1, "REQUEST_SUCCESS", None),
    };
    let mut receipt = json!({
        "PhoneNum": message.recipient,
        "SendStatus": status,
        "ErrCode": code,
        "TemplateCode": message.template,
        "Content": message.text,
        "SendDate": local_time(message.sent_at),
        "OutId": message.tracking_id.as_deref().unwrap_or_default(),
    });
    if let Some(received_at) = received_at {
        receipt["ReceiveDate"] = json!(local_time(received_at));
    }
    receipt
}
