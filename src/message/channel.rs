//! The channels that messages and templates use.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Whatsapp,
    Viber,
    Sms,
}

impl Channel {
    pub const ALL: &[Self] = &[Self::Whatsapp, Self::Viber, Self::Sms];
    /// The channels of the chat service; SMS is another product.
    pub const CHAT: &[Self] = &[Self::Whatsapp, Self::Viber];

    /// The word for it, both on the command line and in `--channel-type` of the service.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Viber => "viber",
            Self::Sms => "sms",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|channel| channel.name() == name)
    }
}
