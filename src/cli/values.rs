//! Values of flags that are one of a few words. The types and their words are defined where they
//! are used; only their meaning for clap is here.

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::chat::history::{Direction, Status};
use crate::message::channel::Channel;

macro_rules! words {
    ($($type:ty, $word:ident;)*) => {$(
        impl ValueEnum for $type {
            fn value_variants<'a>() -> &'a [Self] {
                Self::ALL
            }

            fn to_possible_value(&self) -> Option<PossibleValue> {
                Some(PossibleValue::new(self.$word()))
            }
        }
    )*};
}

words! {
    Channel, name;
    Direction, word;
    Status, word;
}

/// A channel of the chat service: WhatsApp or Viber.
pub fn chat_channel() -> impl TypedValueParser<Value = Channel> {
    PossibleValuesParser::new(Channel::CHAT.iter().map(|channel| channel.name()))
        .try_map(|word| Channel::from_name(&word).ok_or("expected whatsapp or viber"))
}
