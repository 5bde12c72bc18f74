//! `alimsg whatsapp automation set`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::aliyun::client::Client;
use crate::api::call::shell_line;
use crate::chat::automation::{self, Automation, Update};
use crate::cli::prelude::*;
use crate::cli::source;
use crate::cli::whatsapp::number_flags::NumberFlags;
use crate::message::params;
use crate::output::report::fields;
use crate::send::change::{Change, Preview, Question, apply};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp automation set 8613800000001 --cust-space-id cams-abc \\
      --enable-welcome-message true
  alimsg --sandbox whatsapp automation set 8613800000001 --cust-space-id cams-sandbox \\
      --prompt 'Where is my order?' --command track='Track an order' --yes")]
pub struct Flags {
    #[command(flatten)]
    number: NumberFlags,

    /// Whether the service reports when a customer opens the chat for the first time
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    enable_welcome_message: Option<bool>,

    /// Conversation starter, at most 80 characters; repeatable, at most 4
    #[arg(long, visible_alias = "prompts", value_name = "TEXT", value_parser = source::parse)]
    prompt: Vec<String>,

    /// Command that customers can type; repeatable, at most 30
    #[arg(long, visible_alias = "commands", value_name = "NAME=DESCRIPTION")]
    command: Vec<String>,
}

/// The result of the change: the number and the new settings that were given.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Changed {
    /// Digits only, country code first.
    number: String,
    /// Whether the service reports when a customer opens the chat for the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_welcome_message: Option<bool>,
    /// The conversation starters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    prompts: Vec<String>,
    /// The names of the commands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    commands: Vec<String>,
    /// The service's ID of the request.
    request_id: Option<String>,
}

/// Changes the settings after showing the current ones.
///
/// # Errors
/// Invalid or missing input; a failed call; no confirmation.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let welcome = flags.enable_welcome_message;
    if welcome.is_none() && flags.prompt.is_empty() && flags.command.is_empty() {
        return Err(Failure::usage("there is nothing to change")
            .hint("give --enable-welcome-message, --prompt or --command"));
    }
    let update = Update {
        enable_welcome_message: welcome,
        prompts: flags.prompt,
        commands: params::from_pairs("--command", &flags.command)?,
    };
    update.check()?;
    let Update { prompts, commands, .. } = &update;
    let (number, space) = flags.number.checked_for_change(context)?;
    let mut new = Map::new();
    new.extend(welcome.map(|welcome| ("enable_welcome_message".into(), welcome.into())));
    if !prompts.is_empty() {
        new.insert("prompts".into(), prompts.clone().into());
    }
    if !commands.is_empty() {
        let command =
            |(name, text): &(String, String)| json!({ "name": name, "description": text });
        new.insert("commands".into(), commands.iter().map(command).collect());
    }
    let show = automation::show_call(&number, &space);
    let current = |client: &Client<'_>| Ok(fields(&Automation::from_reply(&client.read(&show)?)));
    let check = ["whatsapp", "automation", "show", &number, "--cust-space-id", &space];
    let change = Change {
        call: update.call(&number, &space),
        title: "About to change the automation settings, old → new:".into(),
        rows: vec![("number".into(), number.clone()), ("space".into(), space.clone())],
        preview: Preview::Compared { call: &show, current: &current, new: &new },
        question: Question::Yes("change the automation"),
        check: shell_line("alimsg", &check.map(String::from)),
    };
    apply(context, &change, |reply| {
        let changed = Changed {
            number: number.clone(),
            enable_welcome_message: welcome,
            prompts: prompts.clone(),
            commands: commands.iter().map(|(name, _)| name.clone()).collect(),
            request_id: reply.text(&["RequestId"]),
        };
        Report::from_record(&changed, Value::Object(reply.0))
    })
}
