//! How far a message has come on its way, as its fate and the clock have it.

use jiff::{SignedDuration, Timestamp};

use crate::sandbox::fates::Receipt;
use crate::sandbox::service::state::Message;

/// How far a message has come, and when its receipt came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    Waiting,
    Failed(Timestamp),
    Delivered(Timestamp),
}

impl DeliveryStatus {
    pub fn of(message: &Message, now: Timestamp) -> Self {
        let came = |after: SignedDuration| {
            let at = message.sent_at.checked_add(after).unwrap_or(message.sent_at);
            (at <= now).then_some(at)
        };
        match message.fate.receipt() {
            Receipt::Delivered { after } => came(after).map_or(Self::Waiting, Self::Delivered),
            Receipt::Failed { after } => came(after).map_or(Self::Waiting, Self::Failed),
            Receipt::Never => Self::Waiting,
        }
    }
}
