//! `alimsg templates list`

use crate::aliyun::listing::Listing;
use crate::api::audit_status::parse_status;
use crate::chat::template as chat;
use crate::cli::defaults::or_default;
use crate::cli::page_flags::PageFlags;
use crate::cli::prelude::*;
use crate::cli::templates::channel::ListQuery;
use crate::cli::templates::refuse_flags;
use crate::output::report::fields;
use crate::sms::template as sms;

#[derive(Debug, Args)]
#[command(mut_arg("page_size", |arg| arg
    .value_parser(clap::value_parser!(u64).range(1..=100))
    .help("Rows per page [default: 20; with --all the maximum of the channel]")))]
#[command(after_help = "\
Examples:
  alimsg templates list --audit-status approved --all
  alimsg templates list --channel sms --audit-status reviewing
  alimsg --sandbox templates list --language en

WhatsApp and Viber: the service itself filters approved and rejected templates. For reviewing
(waiting or under review), cancelled and suspended (paused or disabled) alimsg reads every page.")]
pub struct Flags {
    /// Channel of the templates
    #[arg(long, visible_alias = "channel-type", value_enum, default_value = "whatsapp")]
    channel: Channel,

    /// Only these: approved, rejected, reviewing, cancelled, suspended, or the service's own word
    #[arg(long, visible_alias = "status", value_name = "STATUS")]
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

    #[command(flatten)]
    pages: PageFlags,

    /// Channel instance (WhatsApp, Viber)
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,
}

/// Lists templates.
///
/// # Errors
/// Invalid input; a failed call.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let pages = flags.pages.clone();
    let query = query(context, flags)?;
    let (filters_locally, max) = (query.filters_locally(), query.max_page_size());
    if pages.page_size.is_some_and(|size| size > max) {
        return Err(Failure::usage(format!("--page-size is {max} at most on this channel"))
            .hint("--all fetches all pages"));
    }
    let range = pages.range(filters_locally, max);
    let (index, size) = range.first();
    let mut listing = Listing::new(context, "templates", range).limit(pages.limit());
    if query.lists_approved_first() {
        listing = listing.approved_first();
    }
    let call = |index, size| query.call(index, size);
    read_only::list(
        context,
        listing,
        range,
        &call(index, size),
        filters_locally,
        |client, listing| {
            listing
                .read(client, range, call, query.paths(), |entry| Some(fields(&query.row(entry)?)))
        },
    )
}

fn query(context: &Context, mut flags: Flags) -> Result<ListQuery> {
    flags.cust_space_id =
        or_default(context, flags.channel, "--cust-space-id", flags.cust_space_id);
    let status = flags.audit_status.as_deref();
    if flags.channel == Channel::Sms {
        let chat_only = given![flags; language, category, code, cust_space_id];
        refuse_flags(Channel::Sms, &chat_only)?;
        let status = status.map(|status| parse_status("--audit-status", status)).transpose()?;
        return Ok(ListQuery::Sms(sms::list::ListQuery { status, name: flags.name }));
    }
    Ok(ListQuery::Chat(chat::list::ListQuery {
        channel: flags.channel,
        status: chat::list::StatusFilter::parse(status)?,
        code: flags.code,
        language: flags.language,
        name: flags.name,
        category: flags.category.map(|category| chat::normalize_category(flags.channel, &category)),
        cust_space_id: flags.cust_space_id,
    }))
}
