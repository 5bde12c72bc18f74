//! Where a message leaves its receipt, by channel, and by what it is recognised there.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::call::{Call, ReadCall, shell_line};
use crate::api::operations::{LIST_CHATAPP_MESSAGE, Product};
use crate::api::reply::{Acceptance, Reply};
use crate::message::phone;
use crate::sms::receipt::{Filter, Receipt, Sent};
use crate::storage::Tracking;

/// How many of a message's recipients are asked about: the receipt of any one proves that the
/// whole call went out, and a few of them may have none.
const MAX_RECIPIENTS: usize = 3;
/// How much later than the last moment of its call a message may have been sent, where the tracking
/// ID is the user's own: another message may carry the same one. None may have been sent earlier.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(2);
/// How long after its start a call can still send.
const MAX_CALL_TIME: SignedDuration = SignedDuration::from_mins(5);
/// What is kept of a receipt. Fields that are not named here may hold what the message says, which
/// may be a code that nobody else is to know.
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
/// The most entries of one page; the newest come first.
const PAGE_SIZE: u64 = 50;

/// Where the receipt of a message would be.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "product", rename_all = "snake_case")]
pub enum ReceiptQuery {
    Sms {
        phones: Vec<String>,
        /// Known while the command that sends it runs; never on record.
        #[serde(skip)]
        content: Option<SmsContent>,
    },
    Chat {
        channel: String,
        from: String,
        to: String,
        space: Option<String>,
    },
}

/// By what the receipt of a text is told apart from that of another one with the same ID.
#[derive(Debug, Clone)]
pub struct SmsContent {
    pub template_code: String,
    pub sign_name: String,
    /// The values of its variables.
    pub values: Vec<String>,
    /// As the recipient reads it, where the template is known.
    pub text: Option<String>,
}

impl SmsContent {
    /// Whether a receipt is of this text. One that does not show what was sent is not.
    fn is_in(&self, row: &Value) -> bool {
        let field = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let shown = field("Content");
        let same_text = match &self.text {
            // The service may add how to unsubscribe.
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

/// What the reply of a look-up shows.
#[derive(Debug)]
pub enum Evidence {
    /// The receipt of the message.
    Proof(Acceptance),
    /// A receipt with its ID, which may be of another message.
    Possible,
    Nothing,
}

impl ReceiptQuery {
    /// What is kept on record: nothing of the content, and no more numbers than a look-up needs.
    #[must_use]
    pub fn without_content(&self) -> Self {
        match self {
            Self::Sms { phones, .. } => Self::Sms {
                phones: phones.iter().take(MAX_RECIPIENTS).cloned().collect(),
                content: None,
            },
            chat @ Self::Chat { .. } => chat.clone(),
        }
    }

    /// The same with the channel instance of another one, if this one names none.
    #[must_use]
    pub fn with_space_from(mut self, other: Option<&Self>) -> Self {
        if let (Self::Chat { space: space @ None, .. }, Some(Self::Chat { space: known, .. })) =
            (&mut self, other)
        {
            space.clone_from(known);
        }
        self
    }

    /// The sender (a number, or none for a text) and the recipients that are known.
    pub fn ends(&self) -> (Option<&str>, Vec<&str>) {
        match self {
            Self::Sms { phones, .. } => (None, phones.iter().map(String::as_str).collect()),
            Self::Chat { from, to, .. } => (Some(from), vec![to]),
        }
    }

    pub fn channel(&self) -> &str {
        match self {
            Self::Sms { .. } => "sms",
            Self::Chat { channel, .. } => channel,
        }
    }

    pub const fn product(&self) -> Product {
        match self {
            Self::Sms { .. } => Product::Dysmsapi,
            Self::Chat { .. } => Product::Cams,
        }
    }

    /// Messages of a channel instance are listed only for those who know its ID.
    pub fn can_be_looked_up(&self) -> bool {
        !matches!(self, Self::Chat { space: None, .. })
    }

    /// What people type to see what has become of the message, step by step. Where the channel
    /// instance is not known, its list comes first and `SPACE` stands in its place.
    pub fn check_commands(&self, tracking: Option<&str>) -> Vec<String> {
        let mut commands = Vec::new();
        let words: Vec<&str> = match self {
            Self::Sms { phones, .. } => {
                let phone = phones.first().map_or("", String::as_str);
                let mut words = vec!["sms", "status", "-p", phone];
                words.extend(tracking.into_iter().flat_map(|id| ["--out-id", id]));
                words
            }
            Self::Chat { channel, from, to, space } => {
                let mut list = vec!["whatsapp", "accounts", "list"];
                let mut words = vec!["whatsapp", "history", "--from", from, "--to", to];
                if channel != "whatsapp" {
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
            Self::Sms { phones, .. } => phones
                .iter()
                .take(MAX_RECIPIENTS)
                .flat_map(|phone| filter(phone, since).calls(now, 1, PAGE_SIZE))
                .collect(),
            Self::Chat { channel, from, to, space } => vec![
                Call::to(&LIST_CHATAPP_MESSAGE)
                    .text("--business-number", from)
                    .text("--channel-type", channel)
                    .text("--cust-space-id", space.as_deref().unwrap_or_default())
                    .text("--user-number", to)
                    .fields("--page", &[("Index", 1), ("Size", PAGE_SIZE)]),
            ],
        }
    }

    /// What in the reply of a look-up shows that the message went out. A proof is the row of its
    /// receipt and the ID of the request; the texts of this message and of others stay out.
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
            // Only a task ID that no other message carries is a proof here.
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

fn command(words: &[&str]) -> String {
    shell_line("alimsg", &words.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// Where the receipt of a text to that number would be.
fn filter(phone: &str, since: Timestamp) -> Filter {
    Filter { phone: phone.to_string(), sent: Sent::At(since), biz_id: None, out_id: None }
}

fn contains_number(phones: &[String], phone: &str) -> bool {
    let phone = phone::canonical_sms_number(phone);
    phones.iter().any(|known| phone::canonical_sms_number(known) == phone)
}

/// Whether a message was sent while its call was running, to the second, as receipts have it. The
/// clock of this machine may be wrong: a time after now shows that, and nothing is proven then. A
/// time that cannot be read proves nothing either.
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
            other => panic!("{other} is no object"),
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
    fn a_receipt_is_recognised_by_the_tracking_id_in_both_shapes_of_the_list() {
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
    fn the_proof_is_one_row_without_the_text_of_any_message() {
        let mine = json!({ "OutId": "t-1", "SendStatus": 3, "Content": "your code is 4711" });
        let other = json!({ "OutId": "t-2", "Content": "your code is 4712" });
        let found = reply(json!({
            "Code": "OK", "RequestId": "r", "SmsSendDetailDTOs": { "SmsSendDetailDTO": [other, mine] },
        }));
        let proof = proof(&sms(), &found, &generated("t-1"), Timestamp::MIN).expect("a proof");
        let wanted = json!({ "RequestId": "r", "OutId": "t-1", "SendStatus": 3 });
        assert_eq!(Value::Object(proof.raw), wanted);
    }

    #[test]
    fn a_receipt_with_the_users_own_id_has_to_be_of_this_message_in_everything() {
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
            // The clock of this machine ran behind: the message is of long after its call.
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
    fn a_text_that_is_known_has_to_be_the_same() {
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
    fn nothing_of_the_content_is_put_on_record() {
        let phones = ["1", "2", "3", "4"].map(String::from).to_vec();
        let ReceiptQuery::Sms { content, .. } = sms() else { panic!("a text") };
        let receipt_query = ReceiptQuery::Sms { phones, content };
        let text = serde_json::to_string(&receipt_query.without_content()).expect("text");
        assert_eq!(text, r#"{"product":"sms","phones":["1","2","3"]}"#);
    }

    #[test]
    fn strange_replies_prove_nothing() {
        let chat = ReceiptQuery::Chat {
            channel: "whatsapp".into(),
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
                assert!(proof(receipt_query, &reply, &generated("t-1"), Timestamp::MIN).is_none());
            }
        }
        let named = reply(json!({ "Data": [{ "UniqueMessageId": "t-1" }] }));
        assert!(proof(&chat, &named, &generated("t-1"), Timestamp::MIN).is_some());
        assert!(proof(&chat, &named, &own("t-1"), Timestamp::MIN).is_none());
    }

    #[test]
    fn only_a_message_whose_space_is_known_can_be_looked_for() {
        let chat = |space| ReceiptQuery::Chat {
            channel: "whatsapp".into(),
            from: "1".into(),
            to: "2".into(),
            space,
        };
        assert!(!chat(None).can_be_looked_up());
        assert!(chat(Some("cams-1".into())).can_be_looked_up());
    }

    #[test]
    fn without_a_space_the_way_to_it_comes_first() {
        let chat = |channel: &str, space| {
            let channel = channel.to_string();
            ReceiptQuery::Chat { channel, from: "1".into(), to: "2".into(), space }
                .check_commands(Some("t-1"))
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
