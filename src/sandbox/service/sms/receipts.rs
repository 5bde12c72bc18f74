//! Dysmsapi: the delivery receipts of one number on one day.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::store::{Channel, Message};
use super::super::{Rejection, Request, ok, page};
use super::read_number;
use crate::sandbox::fates::Receipt;

/// The service keeps its receipts so many days.
const DAYS_KEPT: i64 = 30;

/// The service's clock stands at UTC+8.
fn local(time: Timestamp) -> jiff::Zoned {
    time.to_zoned(TimeZone::fixed(Offset::constant(8)))
}

/// A moment in the form of the service's replies.
pub fn local_time(time: Timestamp) -> String {
    local(time).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

pub fn query(request: Request<'_>) -> Result<Value, Rejection> {
    let Request { call, state, now, .. } = request;
    let invalid = |text: &str| Rejection::new("isv.INVALID_PARAMETERS", text);
    let number = call
        .text("--phone-number")
        .and_then(read_number)
        .ok_or_else(|| Rejection::new("isv.MOBILE_NUMBER_ILLEGAL", "no mobile number"))?;
    let day = call
        .text("--send-date")
        .filter(|text| text.len() == 8)
        .and_then(|text| Date::strptime("%Y%m%d", text).ok())
        .ok_or_else(|| invalid("the date must be yyyyMMdd"))?;
    let age = local(now).date().duration_since(day).as_hours() / 24;
    if age > DAYS_KEPT {
        return Err(invalid("receipts are kept for 30 days"));
    }
    let index = call.integer("--current-page").unwrap_or(1);
    let size = call.integer("--page-size").unwrap_or(10);
    if index < 1 || !(1..=50).contains(&size) {
        return Err(invalid("pages count from 1 and hold 1 to 50 receipts"));
    }
    let wanted_id = call.text("--biz-id");
    // The newest receipt comes first.
    let receipts: Vec<Value> = state
        .messages
        .iter()
        .rev()
        .filter(|message| message.channel == Channel::Sms && message.recipient == number.digits)
        .filter(|message| local(message.sent_at).date() == day)
        .filter(|message| wanted_id.is_none_or(|id| message.message_id == id))
        .map(|message| receipt(message, now))
        .collect();
    let mut reply = ok();
    reply["TotalCount"] = json!(receipts.len().to_string());
    reply["SmsSendDetailDTOs"] = json!({ "SmsSendDetailDTO": page(receipts, index, size) });
    Ok(reply)
}

fn receipt(message: &Message, now: Timestamp) -> Value {
    let waited = now.duration_since(message.sent_at);
    let (status, code, received_after) = match message.fate.receipt() {
        Receipt::Delivered { after } if waited >= after => (3, "DELIVERED", Some(after)),
        Receipt::Failed { after } if waited >= after => (2, "MOBILE_NOT_ON_SERVICE", Some(after)),
        _ => (1, "REQUEST_SUCCESS", None),
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
    if let Some(after) = received_after {
        receipt["ReceiveDate"] = json!(local_time(later(message.sent_at, after)));
    }
    receipt
}

fn later(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.checked_add(duration).unwrap_or(time)
}
