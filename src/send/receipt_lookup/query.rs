//! Where a message leaves its receipt, by channel, and by what it is recognised there.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::api::call::{Call, ReadCall, shell_line};
use crate::api::operations::LIST_CHATAPP_MESSAGE;
use crate::api::reply::Reply;
use crate::send::idempotency::Tracking;
use crate::sms::receipt::{Filter, Receipt, Sent};

/// How many of a message's recipients are asked about: the receipt of any one proves that the
/// whole call went out, and a few of them may have none.
const RECIPIENTS_ASKED: usize = 3;
/// How far the clocks of this machine and of the service may be apart where the tracking ID is the
/// user's own: an earlier message that carries the same one must not pass for this one.
const CLOCK_SKEW_OF_OWN_ID: SignedDuration = SignedDuration::from_secs(2);
/// What is kept of a receipt. Fields that are not named here may hold what the message says, which
/// may be a code that nobody else is to know.
const PROVING_FIELDS: [&str; 16] = [
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
/// The most entries of one page; the newest come first.
const PAGE: u64 = 50;

/// Where the receipt of a message would be.
#[derive(Debug, Clone)]
pub enum ReceiptQuery {
    Sms { phones: Vec<String> },
    Chat { channel: &'static str, from: String, to: String, space: Option<String> },
}

impl ReceiptQuery {
    /// Messages of a channel instance are listed only for those who know its ID.
    pub fn can_be_followed(&self) -> bool {
        !matches!(self, Self::Chat { space: None, .. })
    }

    /// What people type to see what has become of the message, step by step. Where the channel
    /// instance is not known, its list comes first and `SPACE` stands in its place.
    pub fn check_commands(&self, tracking: &str) -> Vec<String> {
        let mut commands = Vec::new();
        let words: Vec<&str> = match self {
            Self::Sms { phones } => {
                let phone = phones.first().map_or("", String::as_str);
                vec!["sms", "status", "-p", phone, "--out-id", tracking]
            }
            Self::Chat { channel, from, to, space } => {
                let mut list = vec!["whatsapp", "accounts", "list"];
                let mut words = vec!["whatsapp", "history", "--from", from, "--to", to];
                if *channel != "whatsapp" {
                    list.extend(["--channel", channel]);
                    words.extend(["--channel-type", channel]);
                }
                if space.is_none() {
                    commands.push(command(&list));
                }
                words.extend(["--cust-space-id", space.as_deref().unwrap_or("SPACE")]);
                words
            }
        };
        commands.push(command(&words));
        commands
    }

    /// The calls of one look, for a message of the time between `since` and `now`.
    pub fn calls(&self, since: Timestamp, now: Timestamp) -> Vec<ReadCall> {
        match self {
            Self::Sms { phones } => phones
                .iter()
                .take(RECIPIENTS_ASKED)
                .flat_map(|phone| filter(phone, since).calls(now, 1, PAGE))
                .collect(),
            Self::Chat { channel, from, to, space } => vec![
                Call::to(&LIST_CHATAPP_MESSAGE)
                    .text("--business-number", from)
                    .text("--channel-type", *channel)
                    .text("--cust-space-id", space.as_deref().unwrap_or_default())
                    .text("--user-number", to)
                    .fields("--page", &[("Index", 1), ("Size", PAGE)]),
            ],
        }
    }

    /// What in the reply of a look proves that the message went out: the row of its receipt, and
    /// how the service calls the request. The texts of this message and of others stay out.
    pub fn proof(&self, reply: &Reply, tracking: &Tracking, since: Timestamp) -> Option<Reply> {
        let row = match self {
            Self::Sms { .. } => filter("", since)
                .rows(reply)
                .find(|(_, receipt)| {
                    receipt.out_id.as_deref() == Some(&tracking.id)
                        && (tracking.generated || is_since(receipt, since))
                })
                .map(|(row, _)| row),
            // Only a task ID that nothing else can carry is proof enough here.
            Self::Chat { .. } if tracking.generated => {
                reply.items(&["Data"]).iter().find(|message| {
                    ["UniqueMessageId", "TaskId"]
                        .iter()
                        .any(|name| message.get(name).and_then(Value::as_str) == Some(&tracking.id))
                })
            }
            Self::Chat { .. } => None,
        }?;
        let request_id = reply.0.get("RequestId").map(|id| ("RequestId", id));
        let kept = PROVING_FIELDS.iter().filter_map(|name| Some((*name, row.get(name)?)));
        let fields = request_id.into_iter().chain(kept);
        Some(Reply(fields.map(|(name, value)| (name.to_string(), value.clone())).collect()))
    }
}

fn command(words: &[&str]) -> String {
    shell_line("alimsg", &words.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// Where the receipt of a text to that number would be.
fn filter(phone: &str, since: Timestamp) -> Filter {
    Filter { phone: phone.to_string(), sent: Sent::At(since), biz_id: None, out_id: None }
}

/// Whether a receipt tells of a message that was not sent before that time. A time that cannot be
/// read tells nothing.
fn is_since(receipt: &Receipt, since: Timestamp) -> bool {
    let earliest = since.checked_sub(CLOCK_SKEW_OF_OWN_ID).unwrap_or(since);
    receipt.sent_at.as_ref().is_some_and(|sent_at| sent_at.timestamp() >= earliest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sms() -> ReceiptQuery {
        ReceiptQuery::Sms { phones: vec!["+8613800001000".into()] }
    }

    fn reply(value: Value) -> Reply {
        match value {
            Value::Object(object) => Reply(object),
            other => panic!("{other} is no object"),
        }
    }

    fn own(id: &str) -> Tracking {
        Tracking { id: id.into(), generated: false }
    }

    fn generated(id: &str) -> Tracking {
        Tracking { id: id.into(), generated: true }
    }

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_receipt_is_recognised_by_the_tracking_id_in_both_shapes_of_the_list() {
        let receipt = json!({ "OutId": "t-1", "SendDate": "2026-03-26 12:00:01" });
        let since = time("2026-03-26T04:00:00Z");
        for list in [json!({ "SmsSendDetailDTO": [receipt] }), json!([receipt])] {
            let reply = reply(json!({ "SmsSendDetailDTOs": list }));
            assert!(sms().proof(&reply, &generated("t-1"), since).is_some());
            assert!(sms().proof(&reply, &own("t-1"), since).is_some());
            assert!(sms().proof(&reply, &generated("t-2"), since).is_none());
        }
    }

    #[test]
    fn the_proof_is_one_row_without_the_text_of_any_message() {
        let mine = json!({ "OutId": "t-1", "SendStatus": 3, "Content": "your code is 4711" });
        let other = json!({ "OutId": "t-2", "Content": "your code is 4712" });
        let found = reply(json!({
            "Code": "OK", "RequestId": "r", "SmsSendDetailDTOs": { "SmsSendDetailDTO": [other, mine] },
        }));
        let proof = sms().proof(&found, &generated("t-1"), Timestamp::MIN).expect("a proof");
        let wanted = json!({ "RequestId": "r", "OutId": "t-1", "SendStatus": 3 });
        assert_eq!(Value::Object(proof.0), wanted);
    }

    #[test]
    fn an_earlier_message_with_the_same_id_of_the_users_own_proves_nothing() {
        let old = json!([{ "OutId": "order-7", "SendDate": "2026-03-26 11:59:00" }]);
        let reply = reply(json!({ "SmsSendDetailDTOs": old }));
        assert!(sms().proof(&reply, &own("order-7"), time("2026-03-26T04:00:00Z")).is_none());
    }

    #[test]
    fn strange_replies_prove_nothing() {
        let chat = ReceiptQuery::Chat {
            channel: "whatsapp",
            from: "8613800000001".into(),
            to: "8613800001000".into(),
            space: Some("cams-1".into()),
        };
        for strange in [
            json!({}),
            json!({ "SmsSendDetailDTOs": null, "Data": null }),
            json!({ "SmsSendDetailDTOs": "t-1", "Data": "t-1" }),
            json!({ "SmsSendDetailDTOs": { "SmsSendDetailDTO": {} }, "Data": {} }),
            json!({ "SmsSendDetailDTOs": [1, null, { "OutId": 5 }], "Data": [1, null, {}] }),
        ] {
            let reply = reply(strange);
            for receipt_query in [&sms(), &chat] {
                assert!(receipt_query.proof(&reply, &generated("t-1"), Timestamp::MIN).is_none());
            }
        }
        let named = reply(json!({ "Data": [{ "UniqueMessageId": "t-1" }] }));
        assert!(chat.proof(&named, &generated("t-1"), Timestamp::MIN).is_some());
        assert!(chat.proof(&named, &own("t-1"), Timestamp::MIN).is_none());
    }

    #[test]
    fn only_a_message_whose_space_is_known_can_be_looked_for() {
        let chat = |space| ReceiptQuery::Chat {
            channel: "whatsapp",
            from: "1".into(),
            to: "2".into(),
            space,
        };
        assert!(!chat(None).can_be_followed());
        assert!(chat(Some("cams-1".into())).can_be_followed());
    }

    #[test]
    fn without_a_space_the_way_to_it_comes_first() {
        let chat = |channel, space| {
            ReceiptQuery::Chat { channel, from: "1".into(), to: "2".into(), space }
                .check_commands("t-1")
        };
        assert_eq!(
            chat("viber", None),
            [
                "alimsg whatsapp accounts list --channel viber",
                "alimsg whatsapp history --from 1 --to 2 --channel-type viber --cust-space-id SPACE",
            ]
        );
        assert_eq!(
            chat("whatsapp", Some("cams-1".into())),
            ["alimsg whatsapp history --from 1 --to 2 --cust-space-id cams-1"]
        );
    }
}
