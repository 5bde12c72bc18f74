//! `alimsg whatsapp accounts`: the channel instances of the cloud account.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::aliyun::client::{self, Client};
use crate::aliyun::pages::{self, PageRange};
use crate::api::call::{Call, ReadCall};
use crate::api::operations::{LIST_INSTANCE, Product, QUERY_CHATAPP_BIND_WABA};
use crate::api::reply::fields;
use crate::cli::values::chat_channel;
use crate::context::Context;
use crate::error::Result;
use crate::message::channel::Channel;
use crate::output::report::Report;

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp accounts list --channel viber
  alimsg --sandbox whatsapp accounts list";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List channel instances (cust-space-id), their WhatsApp Business account and state
    #[command(after_help = EXAMPLES)]
    List(ListFlags),
}

#[derive(Debug, Args)]
pub struct ListFlags {
    /// Only instances of this channel
    #[arg(long, value_parser = chat_channel())]
    channel: Option<Channel>,
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "whatsapp accounts list",
        }
    }

    pub fn run(self, context: &Context) -> Result<Report> {
        match self {
            Self::List(flags) => list(context, &flags),
        }
    }
}

fn call(flags: &ListFlags, index: u64, size: u64) -> ReadCall {
    let channel = flags.channel.map(|channel| channel.name().to_uppercase());
    Call::to(&LIST_INSTANCE)
        .optional_text("--channel-type", channel.as_deref())
        .optional_integer("--page-index", Some(index))
        .optional_integer("--page-size", Some(size))
}

fn list(context: &Context, flags: &ListFlags) -> Result<Report> {
    if context.settings.dry_run {
        return client::dry_run(context, &[&call(flags, 1, pages::MAX_BYTES)]);
    }
    let service = Client::connect(context, Product::Cams)?;
    let extent = PageRange::All { size: pages::MAX_BYTES };
    let call = |index, size| call(flags, index, size);
    let lists = ["Data", "Data.List"];
    let mut pages = pages::read(&service, extent, call, &lists, &["TotalCount", "Total"])?;
    let mut items: Vec<_> = pages.entries.iter().map(instance).collect();
    for item in &mut items {
        if let Some(reply) = add_waba(context, &service, item) {
            pages.raw.push(reply);
        }
    }
    drop(service);
    pages.end.remark(context, extent);
    let mut facts = Map::new();
    facts.insert("total".into(), json!(items.len()));
    Ok(Report::List { name: "accounts", items, facts, raw: Value::Array(pages.raw) })
}

fn instance(row: &Value) -> Map<String, Value> {
    let text = |names: &[&str]| json!(fields::text(row, names));
    let lower = |name: &str| json!(fields::text(row, &[name]).map(|word| word.to_lowercase()));
    let mut item = Map::new();
    item.insert("cust_space_id".into(), text(&["CustSpaceId"]));
    item.insert("channel".into(), lower("ChannelType"));
    item.insert("name".into(), text(&["InstanceName"]));
    item.insert("state".into(), lower("State"));
    for name in ["waba_id", "waba_name", "waba_state"] {
        item.insert(name.into(), Value::Null);
    }
    item.insert("instance_id".into(), text(&["InstanceId"]));
    item.insert("submitted_at".into(), json!(fields::time(row, &["SubmitTime"])));
    item
}

/// Adds the WhatsApp Business account. Without it the instance is still worth listing.
fn add_waba(
    context: &Context,
    service: &Client<'_>,
    item: &mut Map<String, Value>,
) -> Option<Value> {
    let space = item.get("cust_space_id")?.as_str()?.to_string();
    if item.get("channel").and_then(Value::as_str).is_some_and(|channel| channel != "whatsapp") {
        return None;
    }
    let call = Call::to(&QUERY_CHATAPP_BIND_WABA).text("--cust-space-id", &space);
    match service.read(&call) {
        Ok(reply) => {
            let data = reply.value("Data").cloned().unwrap_or_default();
            let state = fields::text(&data, &["AccountReviewStatus"]);
            item.insert("waba_id".into(), json!(fields::text(&data, &["Id"])));
            item.insert("waba_name".into(), json!(fields::text(&data, &["Name"])));
            item.insert("waba_state".into(), json!(state.map(|word| word.to_lowercase())));
            Some(Value::Object(reply.0))
        }
        Err(failure) => {
            context
                .screen
                .warn(format!("the account behind {space} is not known: {}", failure.message));
            None
        }
    }
}
