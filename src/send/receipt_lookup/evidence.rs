//! Recognizes the receipt of a message in the reply of a look-up.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::api::reply::{Acceptance, Reply};
use crate::message::phone;
use crate::send::receipt_lookup::query::{ReceiptQuery, filter};
use crate::sms::receipt::Receipt;
use crate::storage::Tracking;

/// How long after the end of its call a message may have been sent, if the user chose the tracking
/// ID: another message may have the same ID. A message sent before the call never matches.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(2);
/// How long after its start a call can still send the message.
const MAX_CALL_TIME: SignedDuration = SignedDuration::from_mins(5);
/// The fields of a receipt that are recorded. Other fields may contain the text of the message,
/// which may be a secret code.
const RECORDED_FIELDS: [&str; 16] = [
    "PhoneNum",
    "SendStatus",
    "ErrCode",
    "SendDate",
    "ReceiveDate",
    "OutId",
    "TemplateCode",
    "BusinessNumber",
    "UserNumber",
    "ChannelType",
    "MessageId",
    "UniqueMessageId",
    "TaskId",
    "MessageType",
    "MessageStatus",
    "SendTime",
];

/// The content of an SMS, which distinguishes its receipt from others with the same ID.
#[derive(Debug, Clone)]
pub struct SmsContent {
    pub template_code: String,
    pub sign_name: String,
    /// The values of its variables.
    pub values: Vec<String>,
    /// The rendered text, if the template is known.
    pub text: Option<String>,
}

impl SmsContent {
    /// Whether a receipt has this content. False if the receipt shows no content.
    fn is_in(&self, row: &Value) -> bool {
        let field = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let shown = field("Content");
        let same_text = match &self.text {
            // Alibaba Cloud may append unsubscribe instructions.
            Some(text) => shown.contains(text.as_str()),
            None => {
                let signature = format!("【{}】", self.sign_name);
                (!shown.starts_with('【') || shown.starts_with(&signature))
                    && self.values.iter().all(|value| shown.contains(value.as_str()))
            }
        };
        field("TemplateCode") == self.template_code && !shown.is_empty() && same_text
    }
}

/// What the reply of a look-up proves.
#[derive(Debug)]
pub enum Evidence {
    /// The receipt of the message.
    Proof(Acceptance),
    /// A receipt with the same ID, which may belong to another message.
    Possible,
    Nothing,
}

impl ReceiptQuery {
    /// Checks whether the reply of a look-up proves that the message was sent. The proof has fields
    /// of the matching receipt and the request ID, without the text of any message.
    pub fn evidence(&self, reply: &Reply, tracking: &Tracking, since: Timestamp) -> Evidence {
        let row = match self {
            Self::Sms { phones, content } => {
                let filter = filter("", since);
                let mut rows = filter
                    .rows(reply)
                    .filter(|(_, receipt)| receipt.out_id.as_deref() == Some(&tracking.id));
                if tracking.generated {
                    rows.next().map(|(row, _)| (row, true))
                } else {
                    let mut possible = None;
                    for (row, receipt) in rows {
                        let same = content.as_ref().is_some_and(|content| content.is_in(row))
                            && contains_number(phones, &receipt.phone)
                            && was_sent_during_call(&receipt, since);
                        if same {
                            possible = Some((row, true));
                            break;
                        }
                        possible = possible.or(Some((row, false)));
                    }
                    possible
                }
            }
            // Only a generated task ID, which is unique, is a proof here.
            Self::Chat { .. } => reply
                .items(&["Data"])
                .iter()
                .find(|message| {
                    ["UniqueMessageId", "TaskId"]
                        .iter()
                        .any(|name| message.get(name).and_then(Value::as_str) == Some(&tracking.id))
                })
                .map(|row| (row, tracking.generated)),
        };
        let row = match row {
            None => return Evidence::Nothing,
            Some((_, false)) => return Evidence::Possible,
            Some((row, true)) => row,
        };
        let request_id = reply.0.get("RequestId").map(|id| ("RequestId", id));
        let kept = RECORDED_FIELDS.iter().filter_map(|name| Some((*name, row.get(name)?)));
        let fields = request_id.into_iter().chain(kept);
        let fields = fields.map(|(name, value)| (name.to_string(), value.clone()));
        Evidence::Proof(Acceptance::from_reply(Reply(fields.collect()), self.product()))
    }
}

fn contains_number(phones: &[String], phone: &str) -> bool {
    let phone = phone::canonical_sms_number(phone);
    phones.iter().any(|known| phone::canonical_sms_number(known) == phone)
}

/// Whether the message was sent while its call was running. Receipts have a precision of one second.
/// False if the time is missing, or is in the future because the local clock is wrong.
fn was_sent_during_call(receipt: &Receipt, since: Timestamp) -> bool {
    let Some(sent_at) = receipt.sent_at.as_ref().map(jiff::Zoned::timestamp) else { return false };
    let latest = since.saturating_add(MAX_CALL_TIME).unwrap_or(since).min(Timestamp::now());
    let latest = latest.saturating_add(MAX_CLOCK_SKEW).unwrap_or(latest);
    sent_at.as_second() >= since.as_second() && sent_at <= latest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sms() -> ReceiptQuery {
        ReceiptQuery::Sms {
            phones: vec!["+8613800001000".into()],
            content: Some(SmsContent {
                template_code: "SMS_1".into(),
                sign_name: "Acme".into(),
                values: vec!["4711".into()],
                text: None,
            }),
        }
    }

    fn reply(value: Value) -> Reply {
        match value {
            Value::Object(object) => Reply(object),
            other => panic!("{other} is not an object"),
        }
    }

    fn own(id: &str) -> Tracking {
        Tracking { id: id.into(), generated: false }
    }

    fn generated(id: &str) -> Tracking {
        Tracking { id: id.into(), generated: true }
    }

    fn proof(
        receipt_query: &ReceiptQuery,
        reply: &Reply,
        tracking: &Tracking,
        since: Timestamp,
    ) -> Option<Acceptance> {
        match receipt_query.evidence(reply, tracking, since) {
            Evidence::Proof(proof) => Some(proof),
            Evidence::Possible | Evidence::Nothing => None,
        }
    }

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn the_tracking_id_identifies_a_receipt_in_both_list_formats() {
        let receipt = json!({
            "OutId": "t-1", "SendDate": "2026-03-26 12:00:01", "PhoneNum": "13800001000",
            "TemplateCode": "SMS_1", "Content": "【Acme】your code is 4711",
        });
        let since = time("2026-03-26T04:00:00Z");
        for list in [json!({ "SmsSendDetailDTO": [receipt] }), json!([receipt])] {
            let reply = reply(json!({ "SmsSendDetailDTOs": list }));
            assert!(proof(&sms(), &reply, &generated("t-1"), since).is_some());
            assert!(proof(&sms(), &reply, &own("t-1"), since).is_some());
            assert!(proof(&sms(), &reply, &generated("t-2"), since).is_none());
        }
    }

    #[test]
    fn the_proof_is_one_row_without_message_text() {
        let mine = json!({ "OutId": "t-1", "SendStatus": 3, "Content": "your code is 4711" });
        let other = json!({ "OutId": "t-2", "Content": "your code is 4712" });
        let found = reply(json!({
            "Code": "OK", "RequestId": "r", "SmsSendDetailDTOs": { "SmsSendDetailDTO": [other, mine] },
        }));
        let proof = proof(&sms(), &found, &generated("t-1"), Timestamp::MIN).expect("a proof");
        let wanted = json!({ "RequestId": "r", "OutId": "t-1", "SendStatus": 3 });
        assert_eq!(Value::Object(proof.raw()), wanted);
    }

    #[test]
    fn a_receipt_with_a_user_chosen_id_must_match_every_field() {
        let mine = json!({
            "OutId": "order-7", "SendDate": "2026-03-26 12:00:01", "PhoneNum": "13800001000",
            "TemplateCode": "SMS_1", "Content": "【Acme】your code is 4711",
        });
        let since = time("2026-03-26T04:00:00.9Z");
        let evidence = |row: Value| {
            sms().evidence(&reply(json!({ "SmsSendDetailDTOs": [row] })), &own("order-7"), since)
        };
        assert!(matches!(evidence(mine.clone()), Evidence::Proof(_)));
        for (field, other) in [
            ("SendDate", json!("2026-03-26 11:59:59")),
            // Sent long after the call: the local clock was slow.
            ("SendDate", json!("2026-03-26 12:40:00")),
            ("SendDate", json!("soon")),
            ("PhoneNum", json!("13800001001")),
            ("TemplateCode", json!("SMS_2")),
            ("Content", json!("【Acme】your code is 4712")),
            ("Content", json!("【Other】your code is 4711")),
            ("Content", json!(null)),
        ] {
            let mut row = mine.clone();
            row[field] = other;
            assert!(matches!(evidence(row.clone()), Evidence::Possible), "{row}");
        }
        let mut row = mine;
        row["OutId"] = json!("order-8");
        assert!(matches!(evidence(row), Evidence::Nothing));
    }

    #[test]
    fn a_known_text_must_match() {
        let content = |text: &str| SmsContent {
            template_code: "SMS_1".into(),
            sign_name: "Acme".into(),
            values: vec!["4711".into()],
            text: Some(text.into()),
        };
        let row = json!({ "TemplateCode": "SMS_1", "Content": "【Acme】your code is 4711" });
        assert!(content("【Acme】your code is 4711").is_in(&row));
        assert!(!content("【Acme】the code is 4711").is_in(&row));
    }

    #[test]
    fn malformed_replies_prove_nothing() {
        let chat = ReceiptQuery::Chat {
            channel: "whatsapp".into(),
            from: "8613800000001".into(),
            to: "8613800001000".into(),
            space: Some("cams-1".into()),
        };
        for malformed in [
            json!({}),
            json!({ "SmsSendDetailDTOs": null, "Data": null }),
            json!({ "SmsSendDetailDTOs": "t-1", "Data": "t-1" }),
            json!({ "SmsSendDetailDTOs": { "SmsSendDetailDTO": {} }, "Data": {} }),
            json!({ "SmsSendDetailDTOs": [1, null, { "OutId": 5 }], "Data": [1, null, {}] }),
        ] {
            let reply = reply(malformed);
            for receipt_query in [&sms(), &chat] {
                assert!(proof(receipt_query, &reply, &generated("t-1"), Timestamp::MIN).is_none());
            }
        }
        let named = reply(json!({ "Data": [{ "UniqueMessageId": "t-1" }] }));
        assert!(proof(&chat, &named, &generated("t-1"), Timestamp::MIN).is_some());
        assert!(proof(&chat, &named, &own("t-1"), Timestamp::MIN).is_none());
    }

    #[test]
    fn the_content_is_not_recorded() {
        let phones = ["1", "2", "3", "4"].map(String::from).to_vec();
        let ReceiptQuery::Sms { content, .. } = sms() else { panic!("a text") };
        let receipt_query = ReceiptQuery::Sms { phones, content };
        let text = serde_json::to_string(&receipt_query.without_content()).expect("text");
        assert_eq!(text, r#"{"product":"sms","phones":["1","2","3"]}"#);
    }
}
