//! Delivery receipts of SMS messages.
//!
//! The call QuerySendDetails answers for one number and one day (China Standard Time) of the last 30
//! days, in pages of 1 to 50.

pub mod codes;
mod query;

use jiff::Zoned;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::api::reply::fields;
use crate::message::phone;
use crate::message::time::{china, in_reply};
use codes::Verdict;
pub use query::{DAYS_KEPT, Filter, Receipts, Sent, fetch, fetch_each, wait};

/// Whether a message was delivered, in the words that all channels share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Accepted; the carrier has not reported yet.
    InFlight,
    Failed,
    Delivered,
    /// The receipt has an undocumented status, or contradicts itself.
    Unknown,
}

impl DeliveryStatus {
    pub const fn name(self) -> &'static str {
        match self {
            Self::InFlight => "in_flight",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the status cannot change any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Failed | Self::Delivered)
    }
}

/// The receipt of one message to one number.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Receipt {
    /// The recipient as the service stores it: a mainland number without its country code.
    pub phone: String,
    /// Whether the message was delivered.
    pub status: DeliveryStatus,
    /// The code of the carrier or the service.
    pub code: Option<String>,
    /// What the code means and what to do about it; nothing for an undocumented code.
    pub meaning: Option<String>,
    /// When the service sent the message, in RFC 3339 at the service's offset.
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "Option<String>")]
    pub sent_at: Option<Zoned>,
    /// When the carrier reported, in the same form.
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "Option<String>")]
    pub received_at: Option<Zoned>,
    /// The sender's own ID of the message.
    pub out_id: Option<String>,
}

fn rfc3339<S: Serializer>(moment: &Option<Zoned>, serializer: S) -> Result<S::Ok, S::Error> {
    moment.as_ref().map(china::rfc3339).serialize(serializer)
}

impl Receipt {
    /// A placeholder for the receipt of an accepted message that has none yet.
    pub fn pending(phone: &str, out_id: &str) -> Self {
        Self {
            phone: phone::canonical_sms_number(phone).to_string(),
            status: DeliveryStatus::InFlight,
            code: None,
            meaning: None,
            sent_at: None,
            received_at: None,
            out_id: Some(out_id.to_string()),
        }
    }

    /// The status in one line, with the code and its meaning.
    pub fn describe(&self) -> String {
        let code = self.code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
        let meaning = self.meaning.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
        format!("{}{code}{meaning}", self.status.name())
    }

    /// Parses one row of a reply. Fields that are missing or of an unexpected type are left out.
    fn from_row(row: &Value, phone: &str) -> Self {
        let text = |name| fields::text(row, &[name]);
        let moment = |name| in_reply::parse(row.get(name)?).map(china::at);
        let code = text("ErrCode");
        Self {
            phone: text("PhoneNum").unwrap_or_else(|| phone.to_string()),
            status: status(fields::number(row, &["SendStatus"]), code.as_deref()),
            meaning: code.as_deref().and_then(codes::explanation),
            code,
            sent_at: moment("SendDate"),
            received_at: moment("ReceiveDate"),
            out_id: text("OutId"),
        }
    }
}

/// Documented: 1 waits for the receipt, 2 failed, 3 delivered. A code with the opposite meaning makes
/// it unknown: a message is never called delivered against the carrier's report.
fn status(number: Option<u64>, code: Option<&str>) -> DeliveryStatus {
    let verdict = code.and_then(codes::verdict);
    match (number, verdict) {
        (Some(1), _) => DeliveryStatus::InFlight,
        (Some(2), Some(Verdict::Delivered))
        | (Some(3), Some(Verdict::Failed | Verdict::Waiting)) => DeliveryStatus::Unknown,
        (Some(2), _) => DeliveryStatus::Failed,
        (Some(3), _) => DeliveryStatus::Delivered,
        _ => DeliveryStatus::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn status_is_delivered_only_if_number_and_code_agree() {
        for (number, code, wanted) in [
            (Some(1), Some("REQUEST_SUCCESS"), DeliveryStatus::InFlight),
            (Some(1), Some("DELIVERED"), DeliveryStatus::InFlight),
            (Some(2), Some("MOBILE_IN_BLACK"), DeliveryStatus::Failed),
            (Some(2), Some("MK:0099"), DeliveryStatus::Failed),
            (Some(2), Some("DELIVERED"), DeliveryStatus::Unknown),
            (Some(3), Some("DELIVERED"), DeliveryStatus::Delivered),
            (Some(3), None, DeliveryStatus::Delivered),
            (Some(3), Some("USER_REJECT"), DeliveryStatus::Unknown),
            (Some(4), Some("DELIVERED"), DeliveryStatus::Unknown),
            (None, Some("DELIVERED"), DeliveryStatus::Unknown),
            (None, None, DeliveryStatus::Unknown),
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
        assert_eq!(
            json!(Receipt::from_row(&row, "x")),
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
            let receipt = json!(Receipt::from_row(&json!({ "SendDate": sent }), "1"));
            assert_eq!(receipt["sent_at"], "2026-03-26T00:30:05+08:00", "{sent}");
        }
    }

    #[test]
    fn odd_rows_become_receipts_with_unknown_fields() {
        for row in [
            json!({}),
            json!({"SendStatus": [3], "ErrCode": {}, "SendDate": 5, "OutId": "", "PhoneNum": null}),
        ] {
            let receipt = Receipt::from_row(&row, "13800001000");
            assert_eq!(
                (receipt.phone.as_str(), receipt.status),
                ("13800001000", DeliveryStatus::Unknown)
            );
            assert!(receipt.sent_at.is_none() && receipt.out_id.is_none());
        }
        let texts = json!({"SendStatus": "3", "ErrCode": 0});
        let receipt = Receipt::from_row(&texts, "1");
        assert_eq!(
            (receipt.status, receipt.code.as_deref()),
            (DeliveryStatus::Delivered, Some("0"))
        );
        assert_eq!(receipt.meaning, None);
    }
}
