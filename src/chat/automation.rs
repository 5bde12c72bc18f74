//! Conversational automation of a WhatsApp number: welcome message, conversation starters and
//! commands.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::call::{Call, ChangeCall, ReadCall};
use crate::api::operations::{GET_CONVERSATIONAL_AUTOMATION, UPDATE_CONVERSATIONAL_AUTOMATION};
use crate::api::reply::{Reply, fields, reply_struct};
use crate::error::{Failure, Result};
use crate::message::length;

/// WhatsApp's limits; texts in characters.
const MAX_PROMPTS: usize = 4;
const MAX_PROMPT: usize = 80;
const MAX_COMMANDS: usize = 30;
const MAX_COMMAND: usize = 32;
const MAX_DESCRIPTION: usize = 256;

/// The settings of a number, as `whatsapp automation show` shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Automation {
    /// Whether the service reports when a customer opens the chat for the first time.
    pub enable_welcome_message: Option<bool>,
    /// The conversation starters.
    pub prompts: Vec<String>,
    /// The commands that customers can type.
    pub commands: Vec<Command>,
}

reply_struct! {
    /// A command that customers can type.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    pub struct Command {
        /// Without the slash.
        pub name: Option<String> = fields::text["CommandName"],
        /// What customers see beside it.
        pub description: Option<String> = fields::text["CommandDescription"],
    }
}

impl Automation {
    pub fn from_reply(reply: &Reply) -> Self {
        let data = reply.value("Data").unwrap_or(&Value::Null);
        let prompts = fields::list(data, &["Prompts"]).filter_map(Value::as_str);
        let commands = fields::list(data, &["Commands"]).filter(|command| command.is_object());
        Self {
            enable_welcome_message: fields::text(data, &["EnableWelcomeMessage"])
                .map(|word| word == "true"),
            prompts: prompts.map(str::to_string).collect(),
            commands: commands.map(Command::from_object).collect(),
        }
    }
}

/// The call that shows the settings of a number.
pub fn show_call(number: &str, space: &str) -> ReadCall {
    Call::to(&GET_CONVERSATIONAL_AUTOMATION)
        .text("--cust-space-id", space)
        .text("--phone-number", number)
}

/// New settings. What is missing or empty stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Update {
    pub enable_welcome_message: Option<bool>,
    pub prompts: Vec<String>,
    /// Names and descriptions.
    pub commands: Vec<(String, String)>,
}

impl Update {
    /// Checks WhatsApp's limits.
    ///
    /// # Errors
    /// Too many prompts or commands; a text that is blank or too long.
    pub fn check(&self) -> Result<()> {
        at_most("--prompt", self.prompts.len(), MAX_PROMPTS)?;
        at_most("--command", self.commands.len(), MAX_COMMANDS)?;
        for prompt in &self.prompts {
            length::check_required("--prompt", prompt, MAX_PROMPT)?;
        }
        for (name, description) in &self.commands {
            length::check_required("the name of --command", name, MAX_COMMAND)?;
            length::check_required("the description of --command", description, MAX_DESCRIPTION)?;
        }
        Ok(())
    }

    /// The call that makes the change.
    pub fn call(&self, number: &str, space: &str) -> ChangeCall {
        let call = Call::to(&UPDATE_CONVERSATIONAL_AUTOMATION)
            .text("--cust-space-id", space)
            .text("--phone-number", number)
            .optional_boolean("--enable-welcome-message", self.enable_welcome_message)
            .list("--prompts", &self.prompts);
        if self.commands.is_empty() {
            return call;
        }
        let commands = self.commands.iter();
        let commands = commands
            .map(|(name, text)| json!({"CommandName": name, "CommandDescription": text}))
            .collect();
        call.json("--commands", &Value::Array(commands))
    }
}

fn at_most(flag: &str, count: usize, limit: usize) -> Result<()> {
    if count <= limit {
        return Ok(());
    }
    Err(Failure::usage(format!("{flag} is given {count} times; at most {limit} are allowed"))
        .hint("this is WhatsApp's limit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_odd_types_are_left_out() {
        let reply = |value: Value| Reply(value.as_object().expect("an object").clone());
        let settings = Automation::from_reply(&reply(json!({"Data": {
            "EnableWelcomeMessage": "true", "Prompts": ["a", 5, null],
            "Commands": [{"CommandName": "track"}, "odd"],
        }})));
        assert_eq!(
            json!(settings),
            json!({"enable_welcome_message": true, "prompts": ["a"],
                   "commands": [{"name": "track", "description": null}]})
        );
        for odd in [json!({}), json!({"Data": []}), json!({"Data": {"Prompts": 1}})] {
            let settings = Automation::from_reply(&reply(odd));
            assert_eq!((settings.enable_welcome_message, settings.prompts.len()), (None, 0));
        }
    }
}
