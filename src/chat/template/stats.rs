//! How many messages of a template were sent, delivered and read, by day.
//!
//! The service counts marketing templates only, from the day after their metrics were enabled.
//! Start and end are milliseconds since 1970 ("GetChatappTemplateMetric").

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::api::call::{Call, ReadCall};
use crate::api::operations::GET_CHATAPP_TEMPLATE_METRIC;
use crate::api::reply::fields::{list, number, text, time};
use crate::api::reply::{Reply, reply_struct};
use crate::chat::template::template_type;
use crate::message::channel::Channel;
use crate::message::time::period::Period;

/// Which messages are counted.
#[derive(Debug)]
pub struct StatsQuery {
    /// WhatsApp or Viber.
    pub channel: Channel,
    pub code: String,
    /// All languages if `None`.
    pub language: Option<String>,
    pub period: Period,
    pub cust_space_id: Option<String>,
}

/// The facts in addition to the days of `templates stats`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StatsTotals {
    pub code: String,
    /// RFC 3339.
    pub start: String,
    /// RFC 3339.
    pub end: String,
    /// Messages sent.
    pub total: u64,
    pub total_delivered: u64,
    pub total_read: u64,
}

reply_struct! {
    /// One day of `templates stats`; `null` if the service does not name a number.
    #[derive(Debug, Serialize, JsonSchema)]
    pub struct TemplateDay {
        /// RFC 3339.
        pub start: Option<String> = time["Start"],
        /// RFC 3339.
        pub end: Option<String> = time["End"],
        pub language: Option<String> = text["Language"],
        pub sent: Option<u64> = number["SentCount"],
        pub delivered: Option<u64> = number["DeliveredCount"],
        pub read: Option<u64> = number["ReadCount"],
        pub clicks: Vec<Clicks> = clicks["Cliented"], // The service's spelling of "Clicked".
    }
}

reply_struct! {
    /// How often a button was clicked.
    #[derive(Debug, Serialize, JsonSchema)]
    pub struct Clicks {
        pub button: Option<String> = text["ButtonContent"],
        #[serde(rename = "type")]
        pub kind: Option<String> = text["Type"],
        pub count: Option<u64> = number["Count"],
    }
}

fn clicks(object: &Value, names: &[&str]) -> Vec<Clicks> {
    list(object, names).map(Clicks::from_object).collect()
}

impl StatsQuery {
    pub fn call(&self) -> ReadCall {
        let [start, end] = self.period.milliseconds();
        Call::to(&GET_CHATAPP_TEMPLATE_METRIC)
            .text("--template-code", &self.code)
            .optional_text("--biz-language", self.language.as_deref())
            .text("--template-type", template_type(self.channel))
            .text("--granularity", "DAILY")
            .optional_integer("--start", start)
            .optional_integer("--end", end)
            .optional_text("--cust-space-id", self.cust_space_id.as_deref())
    }

    pub fn totals(&self, days: &[TemplateDay]) -> StatsTotals {
        let sum = |count: fn(&TemplateDay) -> Option<u64>| {
            days.iter().filter_map(count).fold(0, u64::saturating_add)
        };
        let [start, end] = self.period.rfc3339();
        StatsTotals {
            code: self.code.clone(),
            start,
            end,
            total: sum(|day| day.sent),
            total_delivered: sum(|day| day.delivered),
            total_read: sum(|day| day.read),
        }
    }
}

/// The days in a reply.
pub fn parse_days(reply: &Reply) -> Vec<TemplateDay> {
    let rows = reply.items(&["Data", "Data.List"]);
    rows.iter().filter(|row| row.is_object()).map(TemplateDay::from_object).collect()
}

impl TemplateDay {
    /// The day of a chart's bar.
    pub fn label(&self) -> String {
        let start = self.start.as_deref().unwrap_or("?");
        start.split('T').next().unwrap_or(start).to_string()
    }
}
