//! `alimsg sms stats`: messages sent, delivered and failed, day by day.

use jiff::Timestamp;
use serde_json::Value;

use crate::aliyun::pages::{MAX_PAGE_SIZE, PageRange};
use crate::cli::prelude::*;
use crate::cli::sms::day_range::{DayRange, MAX_DAYS};
use crate::message::time::china;
use crate::output::chart;
use crate::sms::statistics::{self, Day, Query};

const DEFAULT_RANGE: &str = "7d";

#[derive(Debug, Args)]
#[command(after_help = "\
Days are those of China Standard Time (UTC+8). `total` counts accepted messages; delivered, failed
and pending are counted from the receipts so far, and delivery_rate is delivered / total. The
service omits days without messages.

Examples:
  alimsg sms stats --last 30d
  alimsg sms stats --start-date 2026-03-01 --end-date 2026-03-26 --template-type verification
  alimsg sms stats --last 7d --is-globe 2 --sign-name Acme --json
  alimsg --sandbox sms stats --last 7d")]
pub struct Flags {
    /// First day: 20260301, 2026-03-01, yesterday, monday, "30d ago", 4w or RFC 3339
    #[arg(long, visible_alias = "since", value_name = "DAY", conflicts_with = "last")]
    start_date: Option<String>,

    /// Last day, in the same forms [default: today]
    #[arg(long, visible_alias = "until", value_name = "DAY", conflicts_with = "last")]
    end_date: Option<String>,

    /// The last days, today included: 7d, 4w [default: 7d]
    #[arg(long, value_name = "SPAN")]
    last: Option<String>,

    /// 1: messages inside the Chinese mainland; 2: messages to all other places
    #[arg(long, value_name = "1|2", default_value = "1",
          value_parser = clap::value_parser!(u64).range(1..=2))]
    is_globe: u64,

    /// Only this template type: verification, notification, promotion, international or digital, or
    /// the service's number 0, 1, 2, 3 or 7
    #[arg(long, value_name = "TYPE")]
    template_type: Option<String>,

    /// Only messages with this signature
    #[arg(long, short, value_name = "S")]
    sign_name: Option<String>,

    /// Days per call, 1 to 50
    #[arg(long, value_name = "N", default_value_t = MAX_PAGE_SIZE,
          value_parser = clap::value_parser!(u64).range(1..=MAX_PAGE_SIZE))]
    page_size: u64,
}

/// Counts messages day by day.
///
/// # Errors
/// An invalid range or template type; a failed call.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let today = china::day_of(Timestamp::now());
    let days = match (&flags.start_date, &flags.end_date, &flags.last) {
        (Some(start), end, _) => DayRange::between(start, end.as_deref(), today)?,
        (None, Some(_), _) => return Err(Failure::missing(&["--start-date"], Vec::new())),
        (None, None, last) => {
            DayRange::last(last.as_deref().unwrap_or(DEFAULT_RANGE), today, MAX_DAYS)?
        }
    };
    let template_type = flags.template_type.as_deref();
    let query = Query {
        start: days.start,
        end: days.end,
        is_globe: flags.is_globe,
        template_type: template_type
            .map(|kind| statistics::parse_template_type("--template-type", kind))
            .transpose()?,
        sign_name: flags.sign_name.clone(),
    };
    let range = PageRange::All { size: flags.page_size };
    read_only::run(
        context,
        &[&query.call(1, flags.page_size)],
        |client| statistics::fetch(client, &query, range),
        |(days, pages)| {
            pages.end.remark(context, range);
            if days.is_empty() && query.is_international_inside_mainland() {
                context.screen.note("international messages are counted with --is-globe 2");
            }
            let bars: Vec<_> = days.iter().map(Day::bar).collect();
            let totals = query.totals(&days);
            let report = Report::from_rows("days", days, &totals, Value::Array(pages.raw));
            if bars.is_empty() { report } else { report.drawn(chart::bars(&bars)) }
        },
    )
}
