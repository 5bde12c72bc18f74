//! Receipts of SMS messages: what the service knows about the fate of a message.
//!
//! Facts of the call QuerySendDetails: it answers for one number on one day (China Standard Time)
//! of the last 30 days, in pages of 1 to 50.

mod codes;
mod query;

use jiff::Zoned;
use serde_json::{Map, Value, json};

use crate::api::reply::fields;
use crate::message::phone;
use crate::message::time::{china, in_reply};
use codes::Verdict;
pub use query::{DAYS_KEPT, Filter, Found, Sent, read, read_each, wait};

/// How far a message has come, as its receipt says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Accepted; the carrier has not reported yet.
    InFlight,
    Failed,
    Delivered,
    /// The receipt says nothing that is documented, or contradicts itself.
    Unknown,
}

impl Status {
    /// The word of the vocabulary that all channels share.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InFlight => "in_flight",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Unknown => "unknown",
        }
    }

    /// Nothing more will come.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Failed | Self::Delivered)
    }
}

/// The receipt of one message to one number.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// As the service keeps it: a mainland number without its country code.
    pub phone: String,
    pub status: Status,
    /// What the carrier or the service wrote.
    pub code: Option<String>,
    pub sent_at: Option<Zoned>,
    pub received_at: Option<Zoned>,
    /// The sender's own ID of the message.
    pub out_id: Option<String>,
}

impl Receipt {
    /// The receipt of an accepted message, while there is none.
    pub fn pending(phone: &str, out_id: &str) -> Self {
        Self {
            phone: phone::canonical_sms_number(phone).to_string(),
            status: Status::InFlight,
            code: None,
            sent_at: None,
            received_at: None,
            out_id: Some(out_id.to_string()),
        }
    }

    /// Reads one row of a reply. Whatever is missing or of a strange type is left out.
    fn from_row(row: &Value, phone: &str) -> Self {
        let text = |name| fields::text(row, &[name]);
        let moment = |name| in_reply::parse(row.get(name)?).map(china::at);
        let code = text("ErrCode");
        Self {
            phone: text("PhoneNum").unwrap_or_else(|| phone.to_string()),
            status: status(fields::number(row, &["SendStatus"]), code.as_deref()),
            code,
            sent_at: moment("SendDate"),
            received_at: moment("ReceiveDate"),
            out_id: text("OutId"),
        }
    }

    /// What the code means and what to do about it; nothing for a code that is not documented.
    pub fn meaning(&self) -> Option<String> {
        self.code.as_deref().and_then(codes::find).map(codes::Code::explanation)
    }

    /// The receipt as an item of a report.
    pub fn item(&self) -> Map<String, Value> {
        let moment = |moment: &Option<Zoned>| json!(moment.as_ref().map(china::rfc3339));
        let mut item = Map::new();
        item.insert("phone".into(), json!(self.phone));
        item.insert("status".into(), json!(self.status.word()));
        item.insert("code".into(), json!(self.code));
        item.insert("meaning".into(), json!(self.meaning()));
        item.insert("sent_at".into(), moment(&self.sent_at));
        item.insert("received_at".into(), moment(&self.received_at));
        item.insert("out_id".into(), json!(self.out_id));
        item
    }
}

/// Documented: 1 waits for the receipt, 2 failed, 3 delivered. A code that is known to say the
/// opposite makes it unknown: nothing is called delivered against the carrier's word.
fn status(number: Option<u64>, code: Option<&str>) -> Status {
    let verdict = code.and_then(codes::find).map(|code| code.verdict);
    match (number, verdict) {
        (Some(1), _) => Status::InFlight,
        (Some(2), Some(Verdict::Delivered))
        | (Some(3), Some(Verdict::Failed | Verdict::Waiting)) => Status::Unknown,
        (Some(2), _) => Status::Failed,
        (Some(3), _) => Status::Delivered,
        _ => Status::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_receipt_that_says_so_is_delivered() {
        for (number, code, wanted) in [
            (Some(1), Some("REQUEST_SUCCESS"), Status::InFlight),
            (Some(1), Some("DELIVERED"), Status::InFlight),
            (Some(2), Some("MOBILE_IN_BLACK"), Status::Failed),
            (Some(2), Some("MK:0099"), Status::Failed),
            (Some(2), Some("DELIVERED"), Status::Unknown),
            (Some(3), Some("DELIVERED"), Status::Delivered),
            (Some(3), None, Status::Delivered),
            (Some(3), Some("USER_REJECT"), Status::Unknown),
            (Some(4), Some("DELIVERED"), Status::Unknown),
            (None, Some("DELIVERED"), Status::Unknown),
            (None, None, Status::Unknown),
        ] {
            assert_eq!(status(number, code), wanted, "{number:?} {code:?}");
        }
    }

    #[test]
    fn a_row_becomes_a_receipt_with_its_meaning_and_times() {
        let row = json!({
            "PhoneNum": "13800001000", "SendStatus": 2, "ErrCode": "MOBILE_IN_BLACK",
            "SendDate": "2026-03-26 10:00:00", "ReceiveDate": "2026-03-26 10:00:03",
            "OutId": "order-7", "TemplateCode": "SMS_1", "Content": "…",
        });
        let item = Value::Object(Receipt::from_row(&row, "x").item());
        assert_eq!(
            item,
            json!({
                "phone": "13800001000",
                "status": "failed",
                "code": "MOBILE_IN_BLACK",
                "meaning": "the number is on the carrier's blacklist: remove the recipient",
                "sent_at": "2026-03-26T10:00:00+08:00",
                "received_at": "2026-03-26T10:00:03+08:00",
                "out_id": "order-7",
            })
        );
    }

    #[test]
    fn times_of_every_form_are_shown_on_the_clock_of_the_service() {
        for sent in [
            json!("2026-03-26 00:30:05"),
            json!(1_774_456_205_000_u64),
            json!("1774456205000"),
            json!("2026-03-25T16:30:05Z"),
        ] {
            let receipt = Receipt::from_row(&json!({ "SendDate": sent }), "1");
            assert_eq!(receipt.item()["sent_at"], "2026-03-26T00:30:05+08:00", "{sent}");
        }
    }

    #[test]
    fn strange_rows_become_receipts_of_which_little_is_known() {
        for row in [
            json!({}),
            json!({"SendStatus": [3], "ErrCode": {}, "SendDate": 5, "OutId": "", "PhoneNum": null}),
        ] {
            let receipt = Receipt::from_row(&row, "13800001000");
            assert_eq!((receipt.phone.as_str(), receipt.status), ("13800001000", Status::Unknown));
            assert!(receipt.sent_at.is_none() && receipt.out_id.is_none());
        }
        let texts = json!({"SendStatus": "3", "ErrCode": 0});
        let receipt = Receipt::from_row(&texts, "1");
        assert_eq!((receipt.status, receipt.code.as_deref()), (Status::Delivered, Some("0")));
        assert_eq!(receipt.meaning(), None);
    }
}
