//! Lists at a terminal: the sending numbers and the channel instances of the account.

use crate::aliyun::client::Client;
use crate::aliyun::pages::{MAX_PAGE_SIZE, PageRange};
use crate::api::operations::Product;
use crate::chat::business_number::{self, BusinessNumber};
use crate::chat::channel_instance::{self, ChannelInstance};
use crate::cli::prelude::*;
use crate::cli::prompts::List;

const NUMBERS: List<'_> = List {
    question: "Sending number",
    entries: "business numbers",
    command: "alimsg whatsapp numbers list",
};
const SPACES: List<'_> = List {
    question: "Channel instance (cust-space-id)",
    entries: "channel instances",
    command: "alimsg whatsapp accounts list",
};

/// Lets the user pick a business number of WhatsApp. There is no list of Viber's senders.
///
/// # Errors
/// `aliyun` cannot be used; the user picked nothing; a signal.
pub fn number(context: &Context, channel: Channel, space: Option<&str>) -> Result<Option<String>> {
    if channel == Channel::Viber {
        return Ok(None);
    }
    // Dropping the client switches ai-mode off before the question.
    let client = Client::connect(context, Product::Cams)?;
    let fetched = client.read(&business_number::list_call(space, None)).map(|reply| {
        let numbers = business_number::rows(&reply).map(BusinessNumber::from_object);
        numbers.filter(|number| number.number.is_some()).collect()
    });
    drop(client);
    let row =
        |number: &BusinessNumber| joined([&number.number, &number.verified_name, &number.status]);
    Ok(NUMBERS.pick(context, fetched, row)?.and_then(|number| number.number))
}

/// Lets the user pick a channel instance, of one channel if it is given.
///
/// # Errors
/// As [`number`].
pub fn space(context: &Context, channel: Option<Channel>) -> Result<Option<String>> {
    // Dropping the client switches ai-mode off before the question.
    let client = Client::connect(context, Product::Cams)?;
    let range = PageRange::All { size: MAX_PAGE_SIZE };
    let all = channel_instance::fetch(&client, channel.map(Channel::name), range);
    let fetched = all.map(|(all, _)| {
        all.into_iter().filter(|instance| instance.cust_space_id.is_some()).collect()
    });
    drop(client);
    let row = |instance: &ChannelInstance| {
        let ChannelInstance { cust_space_id, name, channel, state, .. } = instance;
        joined([cust_space_id, name, channel, state])
    };
    Ok(SPACES.pick(context, fetched, row)?.and_then(|instance| instance.cust_space_id))
}

fn joined<const N: usize>(known: [&Option<String>; N]) -> String {
    known.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" · ")
}
