//! Flag values that are one of a few names. The types and their names are defined in their own
//! modules; this file implements clap's `ValueEnum` for them, because only `cli` depends on clap.

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::chat::history::{Direction, Status};
use crate::message::channel::Channel;
use crate::output::ColorWhen;
use crate::settings::{AiModeMethod, Credentials};

macro_rules! value_enums {
    ($($type:ty, $values:expr, $name:expr;)*) => {$(
        impl ValueEnum for $type {
            fn value_variants<'a>() -> &'a [Self] {
                $values
            }

            fn to_possible_value(&self) -> Option<PossibleValue> {
                let name: fn(Self) -> &'static str = $name;
                Some(PossibleValue::new(name(*self)))
            }
        }
    )*};
}

value_enums! {
    Channel, Self::ALL, Self::name;
    Direction, Self::ALL, Self::name;
    Status, Self::ALL, Self::name;
    Credentials, &[Self::Auto, Self::Env], |credentials| match credentials {
        Self::Auto => "auto",
        Self::Env => "env",
    };
    AiModeMethod, &[Self::Switch, Self::Call], |method| match method {
        Self::Switch => "switch",
        Self::Call => "call",
    };
    ColorWhen, &[Self::Auto, Self::Always, Self::Never], |when| match when {
        Self::Auto => "auto",
        Self::Always => "always",
        Self::Never => "never",
    };
}

/// Parses a channel of the chat API: WhatsApp or Viber.
pub fn chat_channel() -> impl TypedValueParser<Value = Channel> {
    PossibleValuesParser::new(Channel::CHAT.iter().map(|channel| channel.name()))
        .try_map(|name| Channel::from_name(&name).ok_or("expected whatsapp or viber"))
}
