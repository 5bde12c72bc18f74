//! The channel instance (cust-space-id) of a sender, without which the receipts of WhatsApp and Viber
//! messages cannot be looked up. It is remembered from an earlier message of the sender, or it is the
//! only one of the account.

use serde_json::json;

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::api::call::ReadCall;
use crate::chat::channel_instance::{self, ChannelInstance};
use crate::context::Context;
use crate::error::Result;
use crate::send::account::account;
use crate::send::receipt_lookup::ReceiptQuery;
use crate::settings::Settings;
use crate::storage::{self, Store};

/// The number of instances to list; only one is of use.
const PAGE_SIZE: u64 = 10;

/// The sender in the record: a keyed hash.
fn sender(store: &dyn Store, settings: &Settings, channel: &str, from: &str) -> String {
    let account = account(settings);
    store.digest(&json!(["space", 1, channel, from, account]).to_string())
}

/// Fills in the channel instance that the sender was used with before. Returns whether the receipt
/// can be looked up.
pub fn recall(store: &dyn Store, settings: &Settings, query: &mut ReceiptQuery) -> bool {
    if let ReceiptQuery::Chat { channel, from, space: space @ None, .. } = query {
        *space = store.space(&sender(store, settings, channel, from)).ok().flatten();
    }
    query.can_be_looked_up()
}

/// Remembers the channel instance of a sender. If that fails, a later look-up needs the flag.
pub fn remember(store: &dyn Store, settings: &Settings, query: &ReceiptQuery) {
    if let ReceiptQuery::Chat { channel, from, space: Some(space), .. } = query {
        let sender = sender(store, settings, channel, from);
        if !matches!(store.space(&sender), Ok(Some(known)) if known == *space) {
            let _ = store.remember_space(&sender, space);
        }
    }
}

/// The channel instance that the sender was used with before, if its record can be read.
pub fn remembered(settings: &Settings, channel: &str, from: &str) -> Option<String> {
    let store = storage::open_existing(settings).ok().flatten()?;
    store.space(&sender(&*store, settings, channel, from)).ok().flatten()
}

/// The call that lists the channel instances, of one channel if it is given.
pub fn list_call(channel: Option<&str>) -> ReadCall {
    channel_instance::list_call(channel, 1, PAGE_SIZE)
}

/// Fills in the only channel instance of the account, if it can be listed.
pub fn fill_in_only(context: &Context, guard: &Guard<'_>, query: &mut ReceiptQuery) {
    if let ReceiptQuery::Chat { channel, space: space @ None, .. } = query {
        *space = only(context, guard, Some(channel));
    }
}

/// The only channel instance of the account, or of one channel. `None` if there is none or more than
/// one; with a warning, if they cannot be listed.
pub fn only(context: &Context, guard: &Guard<'_>, channel: Option<&str>) -> Option<String> {
    list_only(context, guard, channel).unwrap_or_else(|failure| {
        context.screen.warn(format!("cannot list the channel instances: {}", failure.message));
        None
    })
}

fn list_only(
    context: &Context,
    guard: &Guard<'_>,
    channel: Option<&str>,
) -> Result<Option<String>> {
    let client = Client::open(context, guard)?;
    let reply = client.read_once(&list_call(channel))?;
    let instances = reply.items(&["Data", "Data.List"]).iter().map(ChannelInstance::from_object);
    let is_of_channel = |instance: &ChannelInstance| {
        let known = instance.channel.as_deref();
        known.zip(channel).is_none_or(|(known, channel)| known == channel)
    };
    let mut spaces: Vec<_> =
        instances.filter(is_of_channel).filter_map(|instance| instance.cust_space_id).collect();
    spaces.dedup();
    Ok(spaces.pop().filter(|_| spaces.is_empty()))
}
