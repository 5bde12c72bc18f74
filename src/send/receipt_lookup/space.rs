//! The channel instance (cust-space-id) of a sender, without which the receipts of WhatsApp and Viber
//! messages cannot be looked up. It is remembered from an earlier message of the sender, or it is the
//! only one of the account.

use serde_json::json;

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::api::call::ReadCall;
use crate::chat::channel_instance::{self, ChannelInstance};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::os::signals;
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

/// Fills in the channel instance of the sender for a send that needs it: it is remembered, or the
/// only one of the account. A dry run lists nothing.
///
/// # Errors
/// `aliyun` cannot be used; a signal.
pub fn fill_in(context: &Context, guard: &Guard<'_>, query: &mut ReceiptQuery) -> Result<()> {
    let settings = &context.settings;
    // The send itself reports a store that cannot be read.
    let is_known = match storage::open_existing(settings) {
        Ok(Some(store)) => recall(&*store, settings, query),
        _ => query.can_be_looked_up(),
    };
    if is_known || settings.dry_run {
        return Ok(());
    }
    guard.account()?;
    fill_in_only(context, guard, query);
    if signals::count() > 0 { Err(Failure::interrupted()) } else { Ok(()) }
}

/// The call that lists the channel instances of a channel.
pub fn list_call(channel: &str) -> ReadCall {
    channel_instance::list_call(Some(channel), 1, PAGE_SIZE)
}

/// Fills in the only channel instance of the account, if it can be listed.
pub fn fill_in_only(context: &Context, guard: &Guard<'_>, query: &mut ReceiptQuery) {
    if let ReceiptQuery::Chat { channel, space: space @ None, .. } = query {
        match only(context, guard, channel) {
            Ok(found) => *space = found,
            Err(failure) => context
                .screen
                .warn(format!("cannot list the channel instances: {}", failure.message)),
        }
    }
}

fn only(context: &Context, guard: &Guard<'_>, channel: &str) -> Result<Option<String>> {
    let client = Client::open(context, guard)?;
    let reply = client.read_once(&list_call(channel))?;
    let instances = reply.items(&["Data", "Data.List"]).iter().map(ChannelInstance::from_object);
    let is_of_channel = |instance: &ChannelInstance| {
        instance.channel.as_deref().is_none_or(|known| known == channel)
    };
    let mut spaces: Vec<_> =
        instances.filter(is_of_channel).filter_map(|instance| instance.cust_space_id).collect();
    spaces.dedup();
    Ok(spaces.pop().filter(|_| spaces.is_empty()))
}
