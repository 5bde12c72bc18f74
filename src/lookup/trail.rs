//! Where a message leaves its receipt, by channel, and by what it is recognised there.

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::call::{Call, shell_line};
use crate::ledger::Tracking;
use crate::operations::{LIST_CHATAPP_MESSAGE, QUERY_SEND_DETAILS};
use crate::phone;
use crate::reply::Reply;

/// How many of a message's recipients are asked about: the receipt of any one proves that the
/// whole call went out, and a few of them may have none.
const RECIPIENTS_ASKED: usize = 3;
/// How far the clocks of this machine and of the service may be apart.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);
/// How far they may be apart where the tracking ID is the user's own: an earlier message that
/// carries the same one must not pass for this one.
const CLOCK_SKEW_OF_OWN_ID: SignedDuration = SignedDuration::from_secs(2);
/// The most entries of one page; the newest come first.
const PAGE: u64 = 50;

/// Where the receipt of a message would be.
#[derive(Debug, Clone)]
pub enum Trail {
    Sms { phones: Vec<String> },
    Chat { channel: &'static str, from: String, to: String, space: Option<String> },
}

impl Trail {
    /// Messages of a channel instance are listed only for those who know its ID.
    pub fn can_be_followed(&self) -> bool {
        !matches!(self, Self::Chat { space: None, .. })
    }

    /// What people type to see what has become of the message.
    pub fn check_command(&self, tracking: &str) -> String {
        let words: Vec<&str> = match self {
            Self::Sms { phones } => {
                let phone = phones.first().map_or("", String::as_str);
                vec!["sms", "status", "-p", phone, "--out-id", tracking]
            }
            Self::Chat { channel, from, to, space } => {
                let mut words = vec!["whatsapp", "history", "--from", from, "--to", to];
                if *channel != "whatsapp" {
                    words.extend(["--channel-type", channel]);
                }
                words.extend(space.iter().flat_map(|space| ["--cust-space-id", space]));
                words
            }
        };
        shell_line("alimsg", &words.into_iter().map(String::from).collect::<Vec<_>>())
    }

    /// The calls of one look, for a message of the time between `since` and `now`.
    pub fn calls(&self, since: Timestamp, now: Timestamp) -> Vec<Call> {
        match self {
            Self::Sms { phones } => {
                // The service counts days in China Standard Time: a message of midnight may lie
                // on either side.
                let first = since.checked_sub(CLOCK_SKEW).unwrap_or(since);
                let mut days = vec![china_day(now)];
                if china_day(first) < days[0] {
                    days.push(china_day(first));
                }
                phones
                    .iter()
                    .take(RECIPIENTS_ASKED)
                    .flat_map(|phone| days.iter().map(move |day| receipts(phone, day)))
                    .collect()
            }
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

    /// Whether the reply of a look holds the receipt.
    pub fn is_proven_by(&self, reply: &Reply, tracking: &Tracking, since: Timestamp) -> bool {
        match self {
            Self::Sms { .. } => {
                let list = reply.0.get("SmsSendDetailDTOs");
                // Documented as an object around the list; taken without it as well.
                let list = list.map(|list| list.get("SmsSendDetailDTO").unwrap_or(list));
                any(list, |receipt| {
                    receipt.get("OutId").and_then(Value::as_str) == Some(&tracking.id)
                        && (tracking.generated || is_since(receipt, since))
                })
            }
            // Only a task ID that nothing else can carry is proof enough here.
            Self::Chat { .. } => {
                tracking.generated
                    && any(reply.0.get("Data"), |message| {
                        ["UniqueMessageId", "TaskId"].iter().any(|name| {
                            message.get(name).and_then(Value::as_str) == Some(&tracking.id)
                        })
                    })
            }
        }
    }
}

fn receipts(phone: &str, day: &str) -> Call {
    Call::to(&QUERY_SEND_DETAILS)
        .text("--phone-number", phone::canonical_sms_number(phone))
        .text("--send-date", day)
        .optional_integer("--current-page", Some(1))
        .optional_integer("--page-size", Some(PAGE))
}

fn any(list: Option<&Value>, holds: impl Fn(&Value) -> bool) -> bool {
    list.and_then(Value::as_array).is_some_and(|list| list.iter().any(holds))
}

/// Whether a receipt tells of a message that was not sent before that time. A time that cannot be
/// read tells nothing.
fn is_since(receipt: &Value, since: Timestamp) -> bool {
    let sent_at = receipt.get("SendDate").and_then(Value::as_str).and_then(china_time);
    let earliest = since.checked_sub(CLOCK_SKEW_OF_OWN_ID).unwrap_or(since);
    sent_at.is_some_and(|sent_at| sent_at >= earliest)
}

fn china() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// The day of a moment in China Standard Time, as the service writes it: `yyyyMMdd`.
pub fn china_day(time: Timestamp) -> String {
    time.to_zoned(china()).strftime("%Y%m%d").to_string()
}

/// A moment as the service writes it, in China Standard Time.
pub fn china_time(text: &str) -> Option<Timestamp> {
    let time = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()?;
    Some(time.to_zoned(china()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Common;
    use serde_json::json;

    fn sms() -> Trail {
        Trail::Sms { phones: vec!["+8613800001000".into()] }
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

    fn days(trail: &Trail, since: &str, now: &str) -> Vec<String> {
        let calls = trail.calls(time(since), time(now));
        let day = |call: &Call| {
            let arguments = call.arguments(&Common::default()).expect("a sound call");
            let day = arguments.iter().find_map(|word| word.strip_prefix("--send-date="));
            day.expect("a day").to_string()
        };
        calls.iter().map(day).collect()
    }

    #[test]
    fn the_day_is_that_of_china_and_around_midnight_there_are_two() {
        let noon = days(&sms(), "2026-03-26T04:00:00Z", "2026-03-26T04:00:09Z");
        assert_eq!(noon, ["20260326"]);
        // 16:00 UTC is midnight in China.
        let midnight = days(&sms(), "2026-03-26T15:59:59Z", "2026-03-26T16:00:01Z");
        assert_eq!(midnight, ["20260327", "20260326"]);
        let just_after = days(&sms(), "2026-03-26T16:00:01Z", "2026-03-26T16:00:09Z");
        assert_eq!(just_after, ["20260327", "20260326"]);
    }

    #[test]
    fn a_receipt_is_recognised_by_the_tracking_id_in_both_shapes_of_the_list() {
        let receipt = json!({ "OutId": "t-1", "SendDate": "2026-03-26 12:00:01" });
        let since = time("2026-03-26T04:00:00Z");
        for list in [json!({ "SmsSendDetailDTO": [receipt] }), json!([receipt])] {
            let reply = reply(json!({ "SmsSendDetailDTOs": list }));
            assert!(sms().is_proven_by(&reply, &generated("t-1"), since));
            assert!(sms().is_proven_by(&reply, &own("t-1"), since));
            assert!(!sms().is_proven_by(&reply, &generated("t-2"), since));
        }
    }

    #[test]
    fn an_earlier_message_with_the_same_id_of_the_users_own_proves_nothing() {
        let old = json!([{ "OutId": "order-7", "SendDate": "2026-03-26 11:59:00" }]);
        let reply = reply(json!({ "SmsSendDetailDTOs": old }));
        assert!(!sms().is_proven_by(&reply, &own("order-7"), time("2026-03-26T04:00:00Z")));
    }

    #[test]
    fn strange_replies_prove_nothing() {
        let chat = Trail::Chat {
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
            for trail in [&sms(), &chat] {
                assert!(!trail.is_proven_by(&reply, &generated("t-1"), Timestamp::MIN));
            }
        }
        let named = reply(json!({ "Data": [{ "UniqueMessageId": "t-1" }] }));
        assert!(chat.is_proven_by(&named, &generated("t-1"), Timestamp::MIN));
        assert!(!chat.is_proven_by(&named, &own("t-1"), Timestamp::MIN));
    }

    #[test]
    fn only_a_message_whose_space_is_known_can_be_looked_for() {
        let chat =
            |space| Trail::Chat { channel: "whatsapp", from: "1".into(), to: "2".into(), space };
        assert!(!chat(None).can_be_followed());
        assert!(chat(Some("cams-1".into())).can_be_followed());
    }
}
