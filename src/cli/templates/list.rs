//! `alimsg templates list`

use clap::Args;

use crate::aliyun::client::{self, Client};
use crate::aliyun::listing::Listing;
use crate::aliyun::pages::{DEFAULT, PageRange};
use crate::api::audit_status::parse_status;
use crate::chat::template as chat;
use crate::cli::templates::channel::{ListQuery, product};
use crate::cli::templates::refuse_flags;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::channel::Channel;
use crate::output::report::fields;
use crate::output::report::{Report, Total};
use crate::sms::template as sms;

pub const EXAMPLES: &str = "\
Examples:
  alimsg templates list --audit-status approved --all
  alimsg templates list --channel sms --audit-status reviewing
  alimsg --sandbox templates list --language en

WhatsApp and Viber: the service itself filters approved and rejected templates. For reviewing
(waiting or under review), cancelled and suspended (paused or disabled) alimsg reads every page.";

#[derive(Debug, Args)]
pub struct ListFlags {
    /// Channel of the templates
    #[arg(long, value_enum, default_value = "whatsapp")]
    channel: Channel,

    /// Only these: approved, rejected, reviewing, cancelled, suspended, or the service's own word
    #[arg(long, value_name = "STATUS")]
    audit_status: Option<String>,

    /// Only templates in this language, for example en or zh_CN
    #[arg(long, visible_alias = "biz-language", value_name = "L")]
    language: Option<String>,

    /// Only templates whose name contains this
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Only templates of this category, for example UTILITY or, on Viber, text_image
    #[arg(long, value_name = "CATEGORY")]
    category: Option<String>,

    /// Only this template, in all its languages (WhatsApp, Viber)
    #[arg(long, visible_alias = "template-code", value_name = "CODE")]
    code: Option<String>,

    /// Page, counted from 1
    #[arg(long, value_name = "N", default_value = "1", conflicts_with = "all",
          value_parser = clap::value_parser!(u64).range(1..))]
    page_index: u64,

    /// Templates on a page [default: 20; with --all as many as a page can have]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100))]
    page_size: Option<u64>,

    /// All pages, at most 50,000 rows; in a pipe rows are printed page by page, at most 10,000 pages
    #[arg(long)]
    all: bool,

    /// Channel instance (WhatsApp, Viber)
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,
}

impl ListFlags {
    /// # Errors
    /// Wrong input; a page that cannot be read.
    pub fn run(self, context: &Context) -> Result<Report> {
        let channel = self.channel;
        let range = (self.all, self.page_index, self.page_size);
        let query = self.query()?;
        let range = page_range(&query, range)?;
        if context.settings.dry_run {
            let (index, size) = range.first();
            return client::dry_run(context, &[&query.call(index, size)]);
        }
        let mut listing = Listing::new(context, "templates", range);
        if query.lists_approved_first() {
            listing = listing.approved_first();
        }
        let client = Client::connect(context, product(channel))?;
        let call = |index, size| query.call(index, size);
        let end = listing.read(&client, range, call, query.paths(), |entry| {
            query.row(entry).map(|row| fields(&row))
        })?;
        drop(client);
        listing.remark(end, range);
        let total = end.total.filter(|_| !query.filters_locally());
        let facts = Total { total: total.unwrap_or(listing.rows() as u64) };
        Ok(listing.report(fields(&facts)))
    }

    fn query(self) -> Result<ListQuery> {
        let status = self.audit_status.as_deref();
        if self.channel == Channel::Sms {
            refuse_flags(
                Channel::Sms,
                &[
                    ("--language", self.language.is_some()),
                    ("--category", self.category.is_some()),
                    ("--code", self.code.is_some()),
                    ("--cust-space-id", self.cust_space_id.is_some()),
                ],
            )?;
            let status = status.map(|word| parse_status("--audit-status", word)).transpose()?;
            return Ok(ListQuery::Sms(sms::list::ListQuery { status, name: self.name }));
        }
        Ok(ListQuery::Chat(chat::list::ListQuery {
            channel: self.channel,
            status: chat::list::StatusFilter::parse(status)?,
            code: self.code,
            language: self.language,
            name: self.name,
            category: self.category.map(|word| chat::normalize_category(self.channel, &word)),
            cust_space_id: self.cust_space_id,
        }))
    }
}

/// The pages to read; a query that is filtered here needs all of them.
fn page_range(
    query: &ListQuery,
    (all, index, size): (bool, u64, Option<u64>),
) -> Result<PageRange> {
    let max = query.max_page_size();
    if size.is_some_and(|size| size > max) {
        return Err(Failure::usage(format!("--page-size is {max} at most on this channel"))
            .hint("--all reads every page"));
    }
    Ok(if all || query.filters_locally() {
        PageRange::All { size: size.unwrap_or(max) }
    } else {
        PageRange::One { index, size: size.unwrap_or(DEFAULT) }
    })
}
