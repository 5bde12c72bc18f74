//! The delivery status of a message, from its scenario and the time since it was sent.

use jiff::{SignedDuration, Timestamp};

use crate::sandbox::scenarios::Receipt;
use crate::sandbox::service::state::Message;

/// The delivery status of a message, with the time of its receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    Pending,
    Failed(Timestamp),
    Delivered(Timestamp),
}

impl DeliveryStatus {
    pub fn from_message(message: &Message, now: Timestamp) -> Self {
        let received = |after: SignedDuration| {
            let at = message.sent_at.checked_add(after).unwrap_or(message.sent_at);
            (at <= now).then_some(at)
        };
        match message.scenario.receipt() {
            Receipt::Delivered { after } => received(after).map_or(Self::Pending, Self::Delivered),
            Receipt::Failed { after } => received(after).map_or(Self::Pending, Self::Failed),
            Receipt::Never => Self::Pending,
        }
    }
}
