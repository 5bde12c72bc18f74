//! `alimsg whatsapp session`: whether the 24-hour window for a customer is open, and when it closes.

use jiff::Timestamp;
use serde_json::Value;

use crate::chat::history::{Conversation, PAGE_SIZE};
use crate::chat::session_window;
use crate::cli::prelude::*;
use crate::cli::whatsapp::pick;
use crate::cli::whatsapp::space::Sought;
use crate::message::phone;

#[derive(Debug, Args)]
#[command(after_help = "\
Free-form messages can be sent within 24 hours after the customer's last message; after that, only
templates. The exit code is 0 whether the window is open or closed; check `open` in the JSON.

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

    /// Channel instance of the business number [default: that of an earlier message, or the only one
    /// of the account]
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,
}

/// Shows the session window for a customer.
///
/// # Errors
/// Invalid or missing input; a failed call; a reply that cannot be parsed.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let mut inputs = Inputs::new(context);
    let check = |number: &str| phone::check_chat_number("--from", number);
    let (channel, known) = (Channel::Whatsapp, flags.cust_space_id);
    let business =
        inputs.need_from_list("--from", "Business number", flags.from, check, |context| {
            pick::number(context, channel, known.as_deref())
        })?;
    let check = |number: &str| phone::check_chat_number("--to", number);
    let customer = inputs.need("--to", "Customer", flags.to, check)?;
    inputs.complete(&["alimsg whatsapp numbers list"])?;
    let sought = Sought { channel: Some(channel), sender: Some(&business) };
    let space = sought.given_or_found(context, known)?;
    let conversation =
        Conversation { channel: Channel::Whatsapp, business, customer: Some(customer), space };
    let now = Timestamp::now();
    read_only::run(
        context,
        &[&conversation.page(&session_window::query(now), 1, PAGE_SIZE)],
        |client| session_window::fetch(&conversation, client, now),
        |(window, replies)| {
            if !window.open {
                context.screen.note("the window is closed: only templates can be sent now");
            }
            Report::from_record(&window, Value::Array(replies))
        },
    )
}
