//! The channels that messages and templates use.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::named_enum::named_enum;

named_enum! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Channel {
        Whatsapp = "whatsapp",
        Viber = "viber",
        Sms = "sms",
    }
}

impl Channel {
    /// The channels of the chat service; SMS is another product.
    pub const CHAT: &[Self] = &[Self::Whatsapp, Self::Viber];

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|channel| channel.name() == name)
    }
}
