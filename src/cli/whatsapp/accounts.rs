//! `alimsg whatsapp accounts list`: the channel instances of the cloud account.

use clap::Subcommand;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::aliyun::pages::{self, PageRange};
use crate::chat::channel_instance::{self, ChannelInstance};
use crate::cli::page_flags::LimitFlag;
use crate::cli::prelude::*;
use crate::cli::values::chat_channel;
use crate::output::report::Total;

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp accounts list --channel viber
  alimsg --sandbox whatsapp accounts list";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// List channel instances (cust-space-id), their WhatsApp Business account and state
    #[command(after_help = EXAMPLES)]
    List(ListFlags),
}

dispatch!(List => list);

#[derive(Debug, Args)]
pub struct ListFlags {
    /// Only instances of this channel
    #[arg(long, visible_alias = "channel-type", value_parser = chat_channel())]
    channel: Option<Channel>,

    #[command(flatten)]
    limit: LimitFlag,
}

fn list(context: &Context, flags: ListFlags) -> Result<Report> {
    let channel = flags.channel.map(Channel::name);
    let range = PageRange::All { size: pages::MAX_PAGE_SIZE };
    let (index, size) = range.first();
    let fetch = |client: &Client<'_>| {
        let (mut instances, mut pages) = channel_instance::fetch(client, channel, range)?;
        for instance in &mut instances {
            pages.raw.extend(add_waba(context, client, instance));
        }
        Ok((instances, pages))
    };
    let first = channel_instance::list_call(channel, index, size);
    read_only::run(context, &[&first], fetch, |(instances, pages)| {
        pages.end.remark(context, range);
        let total = Total { total: instances.len() as u64 };
        Report::from_rows("accounts", flags.limit.first(instances), &total, Value::Array(pages.raw))
    })
}

/// Adds the WhatsApp Business account of an instance, and returns the reply. If the account cannot
/// be fetched, the instance is listed without it, with a warning.
fn add_waba(
    context: &Context,
    client: &Client<'_>,
    instance: &mut ChannelInstance,
) -> Option<Value> {
    let warn = |failure: Box<Failure>| {
        let space = instance.cust_space_id.as_deref().unwrap_or_default();
        let message = &failure.message;
        context
            .screen
            .warn(format!("cannot fetch the WhatsApp Business account of {space}: {message}"));
    };
    let reply = client.read(&instance.waba_call()?).map_err(warn).ok()?;
    instance.add_waba(&reply);
    Some(Value::Object(reply.0))
}
