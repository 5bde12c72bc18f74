//! No message is sent twice: idempotency keys, their store, and the receipt lookup.

mod channel_instance;
mod crashes;
mod damaged_store;
mod keys;
mod legacy;
mod receipt_lookup;
mod unresolved_keys;

use crate::support::World;
use crate::support::messages::with;

/// An SMS in the sandbox with the key `order-42`, to a number that accepts it.
pub const SMS: [&str; 12] = [
    "--sandbox",
    "--json",
    "--yes",
    "sms",
    "send",
    "-p",
    "13800001000",
    "-s",
    "Acme",
    "-t",
    "SMS_100003",
    "--idempotency-key=order-42",
];

/// The same to another number.
pub fn sms_to(number: &str) -> Vec<&str> {
    with(&SMS, "-p", number)
}

/// How many messages the service of the sandbox has sent in this world.
pub fn sent(world: &World) -> usize {
    world.sandbox_messages().len()
}
