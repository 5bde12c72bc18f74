//! `alimsg whatsapp webhook`: where the service reports receipts and incoming messages.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::aliyun::client::Client;
use crate::api::call::{Call, shell_line};
use crate::api::operations::{UPDATE_ACCOUNT_WEBHOOK, UPDATE_PHONE_WEBHOOK};
use crate::api::reply::fields;
use crate::cli::whatsapp::number::space;
use crate::cli::whatsapp::numbers::{self, CALLBACKS};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::{phone, url};
use crate::output::report::Report;
use crate::send::change::{Change, Look, Question, Rows, apply};

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp webhook set --cust-space-id cams-abc --http-flag Y \\
      --status-callback-url https://example.com/receipts
  alimsg --sandbox whatsapp webhook set 8613800000001 --cust-space-id cams-sandbox \\
      --up-callback-url https://example.com/inbound --http-flag Y --yes";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set the callback addresses of a number, or without a number of the account
    #[command(after_help = EXAMPLES)]
    Set(SetFlags),
}

#[derive(Debug, Args)]
pub struct SetFlags {
    /// Business number [default: the whole account]
    #[arg(value_name = "N")]
    number: Option<String>,

    /// Channel instance
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,

    /// Address for delivery receipts
    #[arg(long, value_name = "URL")]
    status_callback_url: Option<String>,

    /// Address for incoming messages; of a number only
    #[arg(long, value_name = "URL")]
    up_callback_url: Option<String>,

    /// Whether callbacks go to the addresses: Y or N
    #[arg(long, value_name = "Y|N", value_parser = ["Y", "N"], ignore_case = true)]
    http_flag: Option<String>,

    /// Whether callbacks go to a message queue: Y or N
    #[arg(long, value_name = "Y|N", value_parser = ["Y", "N"], ignore_case = true)]
    queue_flag: Option<String>,
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Set(_) => "whatsapp webhook set",
        }
    }

    pub fn run(self, context: &Context) -> Result<Report> {
        match self {
            Self::Set(flags) => set(context, flags),
        }
    }
}

fn set(context: &Context, flags: SetFlags) -> Result<Report> {
    let upper = |flag: &Option<String>| flag.as_ref().map(|word| word.to_uppercase());
    let values = [
        ("--status-callback-url", flags.status_callback_url.clone()),
        ("--up-callback-url", flags.up_callback_url.clone()),
        ("--http-flag", upper(&flags.http_flag)),
        ("--queue-flag", upper(&flags.queue_flag)),
    ];
    if values.iter().all(|(_, value)| value.is_none()) {
        return Err(Failure::usage("nothing is to be set")
            .hint("give --status-callback-url, --up-callback-url, --http-flag or --queue-flag"));
    }
    for (flag, value) in values.iter().take(2) {
        if let Some(url) = value {
            url::check(flag, url)?;
        }
    }
    let operation = match &flags.number {
        Some(number) => {
            phone::check_chat_number("the number", number)?;
            &UPDATE_PHONE_WEBHOOK
        }
        None if flags.up_callback_url.is_some() => {
            return Err(Failure::usage("an account has no --up-callback-url")
                .hint("name the number: alimsg whatsapp webhook set 8613800000001 …"));
        }
        None => &UPDATE_ACCOUNT_WEBHOOK,
    };
    let space = space(context, flags.cust_space_id)?;
    let mut call = Call::to(operation)
        .text("--cust-space-id", &space)
        .optional_text("--phone-number", flags.number.as_deref());
    let mut rows: Rows = vec![("space".into(), space.clone())];
    rows.extend(flags.number.iter().map(|number| ("number".to_string(), number.clone())));
    let mut data = Map::new();
    data.insert("cust_space_id".into(), json!(space));
    data.insert("number".into(), json!(flags.number));
    for (flag, value) in &values {
        let Some(value) = value else { continue };
        call = call.text(flag, value);
        let name = flag.trim_start_matches('-').replace('-', "_");
        rows.push((name.clone(), value.clone()));
        data.insert(name, json!(value));
    }
    let shown = ["whatsapp", "numbers", "list", "--cust-space-id", &space];
    let list = numbers::query(Some(&space));
    let before = |service: &Client<'_>| -> Result<Rows> {
        let reply = service.read(&list)?;
        let row = numbers::row_of(&reply, flags.number.as_deref().unwrap_or_default())?;
        let known = CALLBACKS.map(|(name, field)| {
            let value = fields::text(row, &[field]).unwrap_or_else(|| "(none)".into());
            (format!("{name} before"), value)
        });
        Ok(known.to_vec())
    };
    // The service tells those of a number, and not those of an account.
    let look = match &flags.number {
        Some(_) => Look::Shown { call: &list, rows: &before },
        None => Look::Nothing,
    };
    let change = Change {
        call,
        title: format!("{} is about to set:", operation.api),
        rows,
        look,
        question: Question::Yes("Set it?"),
        check: shell_line("alimsg", &shown.map(String::from)),
    };
    apply(context, &change, |reply| {
        data.insert("request_id".into(), json!(reply.text(&["RequestId"])));
        Report::RunStatus { data, raw: Value::Object(reply.0) }
    })
}
