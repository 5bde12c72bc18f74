//! Flag values that are one of a few names. The types and their names are defined in their own
//! modules; this file implements clap's `ValueEnum` for them, because only `cli` depends on clap.

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::chat::history::{Direction, Status};
use crate::message::channel::Channel;
use crate::output::{ColorWhen, OutputFormat};
use crate::settings::{AiModeMethod, Credentials};

macro_rules! value_enums {
    ($($type:ty),*) => {$(
        impl ValueEnum for $type {
            fn value_variants<'a>() -> &'a [Self] {
                Self::ALL
            }

            fn to_possible_value(&self) -> Option<PossibleValue> {
                Some(PossibleValue::new(self.name()))
            }
        }
    )*};
}

value_enums!(Channel, Direction, Status, Credentials, AiModeMethod, ColorWhen, OutputFormat);

/// Parses a channel of the chat API: WhatsApp or Viber.
pub fn chat_channel() -> impl TypedValueParser<Value = Channel> {
    PossibleValuesParser::new(Channel::CHAT.iter().map(|channel| channel.name()))
        .try_map(|name| Channel::from_name(&name).ok_or("expected whatsapp or viber"))
}
