//! `alimsg templates stats`

use clap::Args;
use jiff::Zoned;
use serde_json::Value;

use crate::aliyun::client::{self, Client};
use crate::api::operations::Product;
use crate::chat::template::or_list;
use crate::chat::template::stats::{StatsQuery, parse_days};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::channel::Channel;
use crate::message::time::period::Period;
use crate::output::chart;
use crate::output::report::Report;

pub const EXAMPLES: &str = "\
Examples:
  alimsg templates stats 100000000000001 --start 2026-03-01 --end 2026-03-31
  alimsg --sandbox templates stats 100000000000001 --last 7d";

const DEFAULT_PERIOD: &str = "7d";

#[derive(Debug, Args)]
pub struct StatsFlags {
    /// Code of the template
    #[arg(value_name = "CODE")]
    code: String,

    /// Channel of the template
    #[arg(long, value_enum, default_value = "whatsapp")]
    channel: Channel,

    /// Only messages in this language
    #[arg(long, visible_alias = "biz-language", value_name = "L")]
    language: Option<String>,

    /// First day or time: 2026-03-01, 20260301, 7d ago, 2026-03-01T10:00 or RFC 3339
    #[arg(long, value_name = "WHEN", conflicts_with = "last")]
    start: Option<String>,

    /// Last day or time, in the same forms [default: now]
    #[arg(long, value_name = "WHEN", conflicts_with = "last")]
    end: Option<String>,

    /// The last days or hours, for example 7d [default: 7d]
    #[arg(long, value_name = "DURATION")]
    last: Option<String>,

    /// Channel instance (WhatsApp, Viber)
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,
}

impl StatsFlags {
    /// # Errors
    /// Wrong input; the service does not know the template, or does not answer.
    pub fn run(self, context: &Context) -> Result<Report> {
        if self.channel == Channel::Sms {
            return Err(Failure::usage("the SMS service does not count messages by template")
                .hint("it counts them by day, signature and type of template")
                .next("alimsg sms stats --last 7d"));
        }
        let query = StatsQuery {
            period: self.period()?,
            channel: self.channel,
            code: self.code,
            language: self.language,
            cust_space_id: self.cust_space_id,
        };
        if context.settings.dry_run {
            return client::dry_run(context, &[&query.call()]);
        }
        let reply = Client::connect(context, Product::Cams)?
            .read(&query.call())
            .map_err(|failure| or_list(failure, query.channel, &query.code))?;
        let days = parse_days(&reply);
        let bars: Vec<(String, u64)> =
            days.iter().map(|day| (day.label(), day.sent.unwrap_or(0))).collect();
        if days.is_empty() {
            context.screen.note(
                "the service counts marketing templates only, and only after their metrics are \
                 enabled",
            );
        }
        let totals = query.totals(&days);
        let report = Report::from_rows("days", &days, &totals, Value::Object(reply.0));
        Ok(if bars.is_empty() { report } else { report.drawn(chart::bars(&bars)) })
    }

    fn period(&self) -> Result<Period> {
        let now = Zoned::now();
        match (&self.start, &self.end, &self.last) {
            (Some(start), end, _) => Period::between(start, end.as_deref(), &now),
            (None, Some(_), _) => Err(Failure::missing(&["--start"], Vec::new())),
            (None, None, last) => Period::last(last.as_deref().unwrap_or(DEFAULT_PERIOD), &now),
        }
    }
}
