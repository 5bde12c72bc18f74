//! `alimsg templates stats`

use jiff::Zoned;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::chat::template::stats::{StatsQuery, parse_days};
use crate::chat::template::{list_command, or_list};
use crate::cli::defaults::or_default;
use crate::cli::prelude::*;
use crate::cli::templates::template_flags::channel_of;
use crate::message::time::period::Period;
use crate::output::chart;

const DEFAULT_PERIOD: &str = "7d";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg templates stats 100000000000001 --start 2026-03-01 --end 2026-03-31
  alimsg --sandbox templates stats 100000000000001 --last 7d")]
pub struct Flags {
    /// Code of the template
    #[arg(value_name = "CODE")]
    code: String,

    /// Channel of the template [default: sms for SMS_…, else whatsapp]
    #[arg(long, visible_alias = "channel-type", value_enum)]
    channel: Option<Channel>,

    /// Only messages in this language
    #[arg(long, visible_alias = "biz-language", value_name = "L")]
    language: Option<String>,

    /// First day or time: 2026-03-01, 20260301, yesterday, monday, 7d ago, 2026-03-01T10:00 or RFC 3339
    #[arg(long, visible_aliases = ["start-date", "since"], value_name = "WHEN",
          conflicts_with = "last")]
    start: Option<String>,

    /// Last day or time, in the same forms [default: now]
    #[arg(long, visible_aliases = ["end-date", "until"], value_name = "WHEN",
          conflicts_with = "last")]
    end: Option<String>,

    /// The last days or hours, for example 7d [default: 7d]
    #[arg(long, value_name = "DURATION")]
    last: Option<String>,

    /// Channel instance (WhatsApp, Viber)
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,
}

/// Counts the messages of a template.
///
/// # Errors
/// Invalid input; an unknown template; a failed call.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let channel = channel_of(flags.channel, &flags.code);
    if channel == Channel::Sms {
        return Err(Failure::usage("the SMS service does not count messages by template")
            .hint("it counts them by day, signature and type of template")
            .next("alimsg sms stats --last 7d"));
    }
    let query = StatsQuery {
        period: period(&flags)?,
        channel,
        code: flags.code,
        language: flags.language,
        cust_space_id: or_default(context, channel, "--cust-space-id", flags.cust_space_id),
    };
    let call = query.call();
    let fetch = |client: &Client<'_>| {
        let list = || list_command(query.channel, &query.code, false);
        client.read(&call).map_err(|failure| or_list(failure, list()))
    };
    read_only::run(context, &[&call], fetch, |reply| {
        let days = parse_days(&reply);
        let bars: Vec<_> = days.iter().map(|day| (day.label(), day.sent.unwrap_or(0))).collect();
        if days.is_empty() {
            context.screen.note(
                "the service counts marketing templates only, and only after their metrics are \
                 enabled",
            );
        }
        let totals = query.totals(&days);
        let report = Report::from_rows("days", &days, &totals, Value::Object(reply.0));
        if bars.is_empty() { report } else { report.drawn(chart::bars(&bars)) }
    })
}

fn period(flags: &Flags) -> Result<Period> {
    let now = Zoned::now();
    match (&flags.start, &flags.end, &flags.last) {
        (Some(start), end, _) => Period::between(start, end.as_deref(), &now),
        (None, Some(_), _) => Err(Failure::missing(&["--start"], Vec::new())),
        (None, None, last) => Period::last(last.as_deref().unwrap_or(DEFAULT_PERIOD), &now),
    }
}
