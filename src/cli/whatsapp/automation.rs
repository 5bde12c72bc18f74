//! `alimsg whatsapp automation`: what a number says before anybody answers.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::aliyun::client::Client;
use crate::api::call::{Call, ReadCall, shell_line};
use crate::api::operations::{GET_CONVERSATIONAL_AUTOMATION, UPDATE_CONVERSATIONAL_AUTOMATION};
use crate::api::reply::{Reply, fields};
use crate::cli::whatsapp::number::{self, NumberFlags};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::{length, params};
use crate::output::report::Report;
use crate::send::change::{Change, Look, Question, Rows, apply};

pub const EXAMPLES: &str = "\
Examples:
  alimsg --sandbox whatsapp automation show 8613800000001 --cust-space-id cams-sandbox
  alimsg --sandbox whatsapp automation set 8613800000001 --cust-space-id cams-sandbox \\
      --prompt 'Where is my order?' --yes";

const SHOW_EXAMPLES: &str = "\
Examples:
  alimsg --sandbox whatsapp automation show 8613800000001 --cust-space-id cams-sandbox";

const SET_EXAMPLES: &str = "\
Examples:
  alimsg whatsapp automation set 8613800000001 --cust-space-id cams-abc \\
      --enable-welcome-message true
  alimsg --sandbox whatsapp automation set 8613800000001 --cust-space-id cams-sandbox \\
      --prompt 'Where is my order?' --command track='Track an order' --yes";

/// WhatsApp's limits; texts in characters.
const MAX_PROMPTS: usize = 4;
const MAX_PROMPT: usize = 80;
const MAX_COMMANDS: usize = 30;
const MAX_COMMAND: usize = 32;
const MAX_DESCRIPTION: usize = 256;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show welcome message, conversation starters and commands of a number
    #[command(after_help = SHOW_EXAMPLES)]
    Show(NumberFlags),
    /// Set them; shows the present ones, and asks
    #[command(after_help = SET_EXAMPLES)]
    Set(SetFlags),
}

#[derive(Debug, Args)]
pub struct SetFlags {
    #[command(flatten)]
    number: NumberFlags,

    /// Whether the first opening of a chat is reported, so that it can be answered
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    enable_welcome_message: Option<bool>,

    /// Conversation starter, at most 80 characters; repeatable, at most 4
    #[arg(long, visible_alias = "prompts", value_name = "TEXT")]
    prompt: Vec<String>,

    /// Command that customers can type; repeatable, at most 30
    #[arg(long, visible_alias = "commands", value_name = "NAME=DESCRIPTION")]
    command: Vec<String>,
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Show(_) => "whatsapp automation show",
            Self::Set(_) => "whatsapp automation set",
        }
    }

    pub fn run(self, context: &Context) -> Result<Report> {
        match self {
            Self::Show(flags) => number::show(context, flags, query, settings),
            Self::Set(flags) => set(context, flags),
        }
    }
}

fn query(number: &str, space: &str) -> ReadCall {
    Call::to(&GET_CONVERSATIONAL_AUTOMATION)
        .text("--cust-space-id", space)
        .text("--phone-number", number)
}

fn settings(reply: &Reply) -> Map<String, Value> {
    let data = reply.value("Data").cloned().unwrap_or_default();
    let items = |name: &str| data.get(name).and_then(Value::as_array).into_iter().flatten();
    let prompts: Vec<&str> = items("Prompts").filter_map(Value::as_str).collect();
    let commands: Vec<Value> = items("Commands")
        .filter(|command| command.is_object())
        .map(|command| {
            json!({
                "name": fields::text(command, &["CommandName"]),
                "description": fields::text(command, &["CommandDescription"]),
            })
        })
        .collect();
    let welcome = fields::text(&data, &["EnableWelcomeMessage"]).map(|word| word == "true");
    let mut settings = Map::new();
    settings.insert("enable_welcome_message".into(), json!(welcome));
    settings.insert("prompts".into(), json!(prompts));
    settings.insert("commands".into(), Value::Array(commands));
    settings
}

fn set(context: &Context, flags: SetFlags) -> Result<Report> {
    let welcome = flags.enable_welcome_message;
    if welcome.is_none() && flags.prompt.is_empty() && flags.command.is_empty() {
        return Err(Failure::usage("nothing is to be set")
            .hint("give --enable-welcome-message, --prompt or --command"));
    }
    at_most("--prompt", flags.prompt.len(), MAX_PROMPTS)?;
    at_most("--command", flags.command.len(), MAX_COMMANDS)?;
    for prompt in &flags.prompt {
        length::some("--prompt", prompt, MAX_PROMPT)?;
    }
    let commands = params::from_pairs("--command", &flags.command)?;
    for (name, description) in &commands {
        length::some("the name of --command", name, MAX_COMMAND)?;
        length::some("the description of --command", description, MAX_DESCRIPTION)?;
    }
    let (number, space) = flags.number.checked(context)?;
    let mut call = Call::to(&UPDATE_CONVERSATIONAL_AUTOMATION)
        .text("--cust-space-id", &space)
        .text("--phone-number", &number)
        .optional_boolean("--enable-welcome-message", welcome)
        .list("--prompts", &flags.prompt);
    if !commands.is_empty() {
        let list: Vec<Value> = commands
            .iter()
            .map(|(name, text)| json!({"CommandName": name, "CommandDescription": text}))
            .collect();
        call = call.json("--commands", &Value::Array(list));
    }
    let mut rows: Rows = vec![("number".into(), number.clone()), ("space".into(), space.clone())];
    rows.extend(welcome.map(|welcome| ("welcome message".to_string(), welcome.to_string())));
    rows.extend(flags.prompt.iter().map(|prompt| ("prompt".to_string(), prompt.clone())));
    rows.extend(commands.iter().map(|(name, text)| (format!("command {name}"), text.clone())));
    let read = query(&number, &space);
    let look = |service: &Client<'_>| -> Result<Rows> {
        let now = settings(&service.read(&read)?);
        Ok(now
            .into_iter()
            .map(|(name, value)| (format!("now {name}"), value.to_string()))
            .collect())
    };
    let shown = ["whatsapp", "automation", "show", &number, "--cust-space-id", &space];
    let change = Change {
        call,
        title: "UpdateConversationalAutomation is about to set:".into(),
        rows,
        look: Look::Shown { call: &read, rows: &look },
        question: Question::Yes("Set it?"),
        check: shell_line("alimsg", &shown.map(String::from)),
    };
    apply(context, &change, |reply| {
        let mut data = Map::new();
        data.insert("number".into(), json!(number));
        if let Some(welcome) = welcome {
            data.insert("enable_welcome_message".into(), json!(welcome));
        }
        if !flags.prompt.is_empty() {
            data.insert("prompts".into(), json!(flags.prompt));
        }
        if !commands.is_empty() {
            let names: Vec<&str> = commands.iter().map(|(name, _)| name.as_str()).collect();
            data.insert("commands".into(), json!(names));
        }
        data.insert("request_id".into(), json!(reply.text(&["RequestId"])));
        Report::RunStatus { data, raw: Value::Object(reply.0) }
    })
}

fn at_most(flag: &str, count: usize, limit: usize) -> Result<()> {
    if count <= limit {
        return Ok(());
    }
    Err(Failure::usage(format!("{count} times {flag}, {limit} at most"))
        .hint("WhatsApp takes no more"))
}
