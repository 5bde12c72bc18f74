//! `alimsg whatsapp session`: is the window to a customer open, and until when.

use clap::Args;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::aliyun::client::{self, Client};
use crate::api::operations::Product;
use crate::chat::history::{Conversation, PAGE_SIZE};
use crate::chat::session_window;
use crate::cli::{Inputs, anything};
use crate::context::Context;
use crate::error::Result;
use crate::message::channel::Channel;
use crate::message::phone;
use crate::output::report::Report;

#[derive(Debug, Args)]
#[command(after_help = "\
Within 24 hours after a customer's last message free-form messages may be sent; afterwards only
templates. The exit code is 0 for an open window and for a closed one: `open` tells.

Examples:
  alimsg whatsapp session --from 8613800000001 --to 8613800001000 --cust-space-id cams-8c1xxxx
  alimsg --sandbox whatsapp session --from 8613800000001 --to 8613800001000 \\
      --cust-space-id cams-sandbox")]
pub struct Flags {
    /// Business number: digits only, country code first
    #[arg(long, value_name = "N")]
    from: Option<String>,

    /// Customer: digits only, country code first, no +
    #[arg(long, value_name = "N")]
    to: Option<String>,

    /// Channel instance of the business number
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,
}

pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let mut inputs = Inputs::new(context);
    let check = |number: &str| phone::check_chat_number("--from", number);
    let business = inputs.need("--from", "Business number", flags.from, check)?;
    let check = |number: &str| phone::check_chat_number("--to", number);
    let customer = inputs.need("--to", "Customer", flags.to, check)?;
    let question = "Channel instance (cust-space-id)";
    let space = inputs.need("--cust-space-id", question, flags.cust_space_id, anything)?;
    inputs.complete(&["alimsg whatsapp accounts list"])?;
    let conversation =
        Conversation { channel: Channel::Whatsapp, business, customer: Some(customer), space };
    let now = Timestamp::now();
    if context.settings.dry_run {
        let call = conversation.page(&session_window::query(now), 1, PAGE_SIZE);
        return client::dry_run(context, &[&call]);
    }
    let service = Client::connect(context, Product::Cams)?;
    let (window, replies) = session_window::fetch(&conversation, &service, now)?;
    drop(service);
    if !window.open {
        context.screen.note("closed: only a template can be sent now");
    }
    let data = Map::from_iter([
        ("open".to_string(), json!(window.open)),
        ("last_inbound_at".to_string(), json!(window.last_inbound_at)),
        ("expires_at".to_string(), json!(window.expires_at)),
    ]);
    Ok(Report::RunStatus { data, raw: Value::Array(replies) })
}
