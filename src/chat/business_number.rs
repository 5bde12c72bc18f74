//! The business numbers of WhatsApp: quality, limits, callbacks, metrics and health.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::api::call::{Call, ReadCall};
use crate::api::operations::{
    GET_CHATAPP_PHONE_NUMBER_METRIC, GET_WHATSAPP_HEALTH_STATUS, QUERY_CHATAPP_PHONE_NUMBERS,
};
use crate::api::reply::fields::{boolean, number, text};
use crate::api::reply::{Reply, reply_struct};
use crate::error::{Failure, Kind, Result};
use crate::message::time::period::Period;

reply_struct! {
    /// A business number, as `whatsapp numbers list` shows it. All words are WhatsApp's own.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    pub struct BusinessNumber {
        /// Digits only, country code first.
        pub number: Option<String> = text["PhoneNumber"],
        /// The name that WhatsApp verified; customers see it.
        pub verified_name: Option<String> = text["VerifiedName"],
        /// Whether the number can send, for example `CONNECTED`.
        pub status: Option<String> = text["Status"],
        /// `GREEN`, `YELLOW` or `RED`: how customers react to its messages.
        pub quality_rating: Option<String> = text["QualityRating"],
        /// How many customers it can write to in 24 hours, for example `TIER_1K`.
        pub messaging_limit_tier: Option<String> = text["MessagingLimitTier"],
        /// The state of the review of its name.
        pub name_status: Option<String> = text["NameStatus"],
        /// Whether the owner has verified the number by a code.
        pub code_verification_status: Option<String> = text["CodeVerificationStatus"],
        /// Whether it is an official business account.
        pub is_official: Option<bool> = boolean["IsOfficial"],
    }
}

reply_struct! {
    /// Where the service reports the receipts and incoming messages of a number.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    pub struct Callbacks {
        /// The URL for receipts.
        pub status_callback_url: Option<String> = text["StatusCallbackUrl"],
        /// The URL for incoming messages.
        pub up_callback_url: Option<String> = text["UpCallbackUrl"],
        /// The message queue for receipts.
        pub status_queue: Option<String> = text["StatusQueue"],
        /// The message queue for incoming messages.
        pub up_queue: Option<String> = text["UpQueue"],
    }
}

/// The messages of a number in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Metrics {
    /// The start of the period, in RFC 3339.
    pub start: String,
    /// The end of the period, in RFC 3339.
    pub end: String,
    /// Messages sent.
    pub sent: u64,
    /// Messages delivered.
    pub delivered: u64,
}

impl Metrics {
    pub fn from_reply(reply: &Reply, period: &Period) -> Self {
        let sum = |name: &str| {
            let rows = reply.items(&["Data"]).iter();
            rows.filter_map(|row| number(row, &[name])).fold(0, u64::saturating_add)
        };
        let [start, end] = period.rfc3339();
        Self { start, end, sent: sum("SentCount"), delivered: sum("DeliveredCount") }
    }
}

/// Everything about one number, as `whatsapp numbers show` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Detail {
    #[serde(flatten)]
    pub number: BusinessNumber,
    #[serde(flatten)]
    pub callbacks: Callbacks,
    /// The messages of the last days; `null` if the service gives none.
    pub metrics: Option<Metrics>,
    /// The health as WhatsApp describes it, the names of the fields in snake case; `null` if the
    /// service gives none.
    pub health: Value,
}

/// The call that lists the numbers of a channel instance, or of all, optionally with one status.
pub fn list_call(space: Option<&str>, status: Option<&str>) -> ReadCall {
    Call::to(&QUERY_CHATAPP_PHONE_NUMBERS)
        .optional_text("--cust-space-id", space)
        .optional_text("--status", status)
}

/// The call that counts the messages of a number, day by day.
pub fn metric_call(number: &str, space: Option<&str>, period: &Period) -> ReadCall {
    let [start, end] = period.milliseconds();
    Call::to(&GET_CHATAPP_PHONE_NUMBER_METRIC)
        .text("--phone-number", number)
        .text("--granularity", "DAILY")
        .optional_integer("--start", start)
        .optional_integer("--end", end)
        .optional_text("--cust-space-id", space)
}

/// The call for the health of a number.
pub fn health_call(number: &str, space: &str) -> ReadCall {
    Call::to(&GET_WHATSAPP_HEALTH_STATUS)
        .text("--cust-space-id", space)
        .text("--node-type", "PHONE_NUMBER")
        .text("--phone-number", number)
}

/// The rows of the list.
pub fn rows(reply: &Reply) -> impl Iterator<Item = &Value> {
    reply.items(&["PhoneNumbers", "Data", "Data.List"]).iter().filter(|row| row.is_object())
}

/// The row of one number.
///
/// # Errors
/// The number is not in the list.
pub fn find_row<'r>(reply: &'r Reply, number: &str) -> Result<&'r Value> {
    rows(reply).find(|row| text(row, &["PhoneNumber"]).as_deref() == Some(number)).ok_or_else(
        || {
            Failure::new(Kind::Rejected, format!("{number} is not a number of this account"))
                .hint("it may belong to another channel instance: check --cust-space-id")
                .next("alimsg whatsapp numbers list")
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::report;
    use serde_json::json;

    #[test]
    fn the_fields_of_a_number_keep_their_order_and_are_null_if_missing() {
        let row = json!({"PhoneNumber": 8_613_800_000_001_u64, "IsOfficial": "Y", "Status": ""});
        let detail = Detail {
            number: BusinessNumber::from_object(&row),
            callbacks: Callbacks::from_object(&row),
            metrics: None,
            health: Value::Null,
        };
        assert_eq!(
            Value::Object(report::fields(&detail)).to_string(),
            r#"{"number":"8613800000001","verified_name":null,"status":null,"#.to_owned()
                + r#""quality_rating":null,"messaging_limit_tier":null,"name_status":null,"#
                + r#""code_verification_status":null,"is_official":true,"#
                + r#""status_callback_url":null,"up_callback_url":null,"status_queue":null,"#
                + r#""up_queue":null,"metrics":null,"health":null}"#
        );
    }

    #[test]
    fn a_number_is_found_in_every_shape_of_the_list() {
        let reply = |value: Value| Reply(value.as_object().expect("an object").clone());
        let row = json!({"PhoneNumber": "1"});
        for shape in [
            json!({"PhoneNumbers": [5, row]}),
            json!({"Data": [null, row]}),
            json!({"Data": {"List": [row]}}),
        ] {
            assert_eq!(find_row(&reply(shape), "1").expect("found"), &row);
        }
        let failure = find_row(&reply(json!({"Data": 5})), "1").expect_err("not there");
        assert_eq!(failure.next, ["alimsg whatsapp numbers list"]);
    }
}
