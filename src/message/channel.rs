//! The channels that carry messages.

/// A channel of Alibaba Cloud's messaging services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Whatsapp,
    Viber,
    Sms,
}

impl Channel {
    pub const ALL: &[Self] = &[Self::Whatsapp, Self::Viber, Self::Sms];

    /// The name on the command line and in plans.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Viber => "viber",
            Self::Sms => "sms",
        }
    }
}
