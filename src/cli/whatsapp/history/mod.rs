//! `alimsg whatsapp history`: the messages of a business number, incoming and outgoing.

pub mod follow;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::aliyun::listing::Listing;
use crate::aliyun::pages::{self, PageRange};
use crate::chat::history::{Conversation, Direction, Message, PAGE_SIZE, Query, Status};
use crate::cli::page_flags::LimitFlag;
use crate::cli::prelude::*;
use crate::cli::values::chat_channel;
use crate::cli::whatsapp::pick;
use crate::cli::whatsapp::space::Sought;
use crate::message::phone;
use crate::message::time::moment::{self, DayBoundary};
use crate::output::report;

#[derive(Debug, Args)]
#[command(after_help = "\
Times: 30m, \"2h ago\" or 7d; yesterday, monday, 2026-03-26 or 20260326 is the whole day; 2026-03-26T10:00 in the zone
of this computer; or RFC 3339.

Examples:
  alimsg whatsapp history --from 8613800000001 --cust-space-id cams-8c1xxxx --since 7d --all
  alimsg whatsapp history --from 8613800000001 --to 8613800001000 --cust-space-id cams-8c1xxxx \\
      --direction in --follow --json
  alimsg --sandbox whatsapp history --from 8613800000001 --to 8613800001000 --since 2h
  alimsg --sandbox whatsapp history --from 8613800000001 --cust-space-id cams-sandbox --follow")]
pub struct Flags {
    /// Business number or Viber service ID: digits only, country code first
    #[arg(long, value_name = "N")]
    from: Option<String>,

    /// One customer: digits only, country code first, no + [default: all]
    #[arg(long, value_name = "N")]
    to: Option<String>,

    /// Channel instance of the business number [default: that of an earlier message, or the only one
    /// of the account]
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,

    /// Channel of the messages
    #[arg(long, visible_alias = "channel", value_parser = chat_channel(), default_value = "whatsapp")]
    channel_type: Channel,

    /// Only messages since this time
    #[arg(long, visible_alias = "start-date", value_name = "WHEN")]
    since: Option<String>,

    /// Only messages until this time
    #[arg(long, visible_alias = "end-date", value_name = "WHEN", conflicts_with = "follow")]
    until: Option<String>,

    /// Only messages from the customer (in) or to the customer (out)
    #[arg(long, value_enum)]
    direction: Option<Direction>,

    /// Only messages with this status
    #[arg(long, value_enum)]
    status: Option<Status>,

    /// Page, counted from 1
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with_all = ["all", "follow"],
          value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    page_index: u64,

    /// Messages per page, 1 to 100
    #[arg(long, value_name = "N", default_value_t = PAGE_SIZE,
          value_parser = clap::value_parser!(u64).range(1..=100))]
    page_size: u64,

    /// All pages, at most 50,000 rows; in a pipe rows are printed page by page, at most 10,000 pages
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    limit: LimitFlag,

    /// Print new messages and changes of their status, until stopped; with --json, one object per line
    #[arg(long, conflicts_with = "all")]
    follow: bool,

    /// Pause between two polls, in seconds
    #[arg(long, value_name = "SECS", default_value_t = 5, requires = "follow",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    interval: u64,
}

/// Lists messages; with `--follow`, prints new ones until stopped.
///
/// # Errors
/// Invalid or missing input; a failed call.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let mut query = Query { direction: flags.direction, status: flags.status, ..Query::default() };
    let parse = |flag, text: Option<&String>, edge| {
        text.map(|text| moment::parse_here(flag, text, edge)).transpose()
    };
    query.since = parse("--since", flags.since.as_ref(), DayBoundary::First)?;
    query.until = parse("--until", flags.until.as_ref(), DayBoundary::Last)?;
    check_time_range(&query)?;
    let conversation = conversation(context, &flags)?;
    let (index, size) = (flags.page_index, flags.page_size);
    let first = conversation.page(&query, index, size);
    if flags.follow && !context.settings.dry_run {
        return follow::run(context, &conversation, query, size, flags.interval);
    }
    // A page can have messages that do not match, so a limit may take several pages.
    let all = flags.all || (flags.limit.rows().is_some() && index == 1);
    let range = if all { PageRange::All { size } } else { PageRange::One { index, size } };
    let fetch = |client: &Client<'_>| {
        let mut listing = Listing::new(context, "messages", range).limit(flags.limit.rows());
        let mut take = |messages: Vec<Message>, reply: &Value| {
            listing.take(messages.iter().map(report::fields).collect(), reply)
        };
        let result = if all {
            conversation.fetch_each(client, &query, size, take)?
        } else {
            let mut result = conversation.fetch_page(client, &query, index, size)?;
            let messages = std::mem::take(&mut result.messages);
            // This is the only page, so it does not matter whether the listing accepts more.
            let _ = result.replies.first().map(|reply| take(messages, reply));
            result
        };
        Ok((listing, result))
    };
    read_only::run(context, &[&first], fetch, |(listing, result)| {
        if result.is_unreadable {
            context.screen.warn("the list cannot be read completely; messages may be missing");
        }
        if listing.is_limited() && result.more {
            context.screen.note("there may be more: raise --limit, or use --all");
        } else if result.is_cut && !listing.is_closed() {
            pages::warn_cut(context, "use --since and --until to select fewer messages");
        } else if result.more && !listing.is_closed() {
            context.screen.note(if flags.all {
                "there may be more: use --since and --until to select fewer messages"
            } else {
                "there may be more: use --all to fetch all pages"
            });
        }
        Report::Chat(Box::new(listing.report(report::fields(&Facts { more: result.more }))))
    })
}

/// Facts about the whole list of messages.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Facts {
    /// Whether the service may have more messages.
    more: bool,
}

fn conversation(context: &Context, flags: &Flags) -> Result<Conversation> {
    let mut inputs = Inputs::for_channel(context, flags.channel_type);
    let check = |number: &str| phone::check_business_number(flags.channel_type, number);
    let (from, known, channel) = (flags.from.clone(), &flags.cust_space_id, flags.channel_type);
    let business = inputs.need_from_list("--from", "Business number", from, check, |context| {
        pick::number(context, channel, known.as_deref())
    })?;
    if let Some(customer) = &flags.to {
        phone::check_chat_number("--to", customer)?;
    }
    inputs.complete(&["alimsg whatsapp accounts list", "alimsg whatsapp numbers list"])?;
    let sought = Sought { channel: Some(channel), sender: Some(&business) };
    let space = sought.given_or_found(context, known.clone())?;
    Ok(Conversation { channel: flags.channel_type, business, customer: flags.to.clone(), space })
}

fn check_time_range(query: &Query) -> Result<()> {
    let now = Timestamp::now();
    let (since, until) = (query.since.unwrap_or(Timestamp::MIN), query.until.unwrap_or(now));
    if since <= until {
        return Ok(());
    }
    Err(Failure::usage(format!("--since {since} is after --until {until}"))
        .hint("give --since the earlier time and --until the later one"))
}
