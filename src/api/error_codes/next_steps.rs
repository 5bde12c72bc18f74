//! The commands to type after an error code.
//!
//! A command of the table can name values of the rejected call: `{to}` is the value of `--to`, and
//! `{viber}` or `{whatsapp}` is the channel, if it is that one. A part in brackets is left out if one
//! of its values is unknown; any other command with an unknown value is left out as a whole.

use crate::api::call::{Call, shell_line};
use crate::api::error_codes::{self, Code};

/// The channels that a command of the table can name.
const CHANNELS: [&str; 2] = ["whatsapp", "viber"];

/// The commands to type after a call was rejected with this code.
pub fn next_steps<E>(call: &Call<E>, code: &str) -> Vec<String> {
    let channel = call.value("--channel-type").or_else(|| call.value("--template-type"));
    // WhatsApp is the default of the calls that do not name a channel.
    let channel = channel.unwrap_or("whatsapp").to_lowercase();
    let value = |name: &str| {
        if CHANNELS.contains(&name) {
            return (name == channel).then(|| name.to_string());
        }
        call.value(&format!("--{name}")).map(str::to_string)
    };
    let known = error_codes::find(call.operation.product, code);
    known.iter().flat_map(|code| code.next).filter_map(|command| complete(command, value)).collect()
}

impl Code {
    /// The commands to type, with names in capitals in place of values.
    pub fn next_commands(&self) -> Vec<String> {
        let value = |name: &str| {
            let last = name.rsplit('-').next().unwrap_or(name);
            Some(if CHANNELS.contains(&name) { name.to_string() } else { last.to_uppercase() })
        };
        let optional = |_: &str| None;
        let commands = self.next.iter();
        commands.filter_map(|command| fill(command, value, optional)).collect()
    }
}

fn complete(command: &str, value: impl Fn(&str) -> Option<String> + Copy) -> Option<String> {
    fill(command, value, value)
}

/// Fills in the values; those in brackets come from `optional`.
fn fill(
    command: &str,
    value: impl Fn(&str) -> Option<String>,
    optional: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let mut filled = Vec::new();
    let mut words = command.split(' ');
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix('[') else {
            filled.push(match placeholder(word) {
                Some(name) => value(name)?,
                None => word.to_string(),
            });
            continue;
        };
        let name = words.next().and_then(|word| placeholder(word.strip_suffix(']')?));
        if let Some(value) = name.and_then(&optional) {
            filled.extend([flag.to_string(), value]);
        }
    }
    let (program, arguments) = filled.split_first()?;
    Some(shell_line(program, arguments))
}

fn placeholder(word: &str) -> Option<&str> {
    word.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::error_codes::CODES;
    use crate::api::operations::SEND_CHATAPP_MESSAGE;

    fn send(channel: &str) -> Call<crate::api::operations::Sends> {
        Call::to(&SEND_CHATAPP_MESSAGE)
            .text("--channel-type", channel)
            .text("--to", "8613800001000")
            .text("--template-code", "it's")
            .text("--biz-language", "en")
    }

    #[test]
    fn commands_have_the_values_of_the_call() {
        assert_eq!(
            next_steps(&send("viber"), "TemplateParamInvalid"),
            ["alimsg templates show 'it'\\''s' --language en --channel viber"]
        );
        assert_eq!(next_steps(&send("whatsapp"), "131026"), ["alimsg sms send -p 8613800001000"]);
        assert!(next_steps(&send("whatsapp"), "NoSuchCode").is_empty());
    }

    #[test]
    fn a_command_for_another_channel_or_without_its_value_is_left_out() {
        let code = "PhoneNumberNotRegistered";
        assert_eq!(next_steps(&send("whatsapp"), code), ["alimsg whatsapp numbers list"]);
        assert_eq!(
            next_steps(&send("viber"), code),
            ["alimsg whatsapp accounts list --channel viber"]
        );
        let no_template = Call::to(&SEND_CHATAPP_MESSAGE);
        assert!(next_steps(&no_template, "TemplateParamInvalid").is_empty());
    }

    #[test]
    fn no_command_of_the_table_keeps_a_mark() {
        for entry in CODES {
            let commands = entry.next_commands();
            assert_eq!(commands.len(), entry.next.len(), "{}", entry.code);
            assert!(!commands.join(" ").contains(['{', '}', '[', ']']), "{commands:?}");
        }
    }
}
