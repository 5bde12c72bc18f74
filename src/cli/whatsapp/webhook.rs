//! `alimsg whatsapp webhook set`: the callback URLs for receipts and incoming messages.

use clap::Subcommand;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::aliyun::client::Client;
use crate::api::call::{Call, shell_line};
use crate::api::operations::{ChangeOperation, UPDATE_ACCOUNT_WEBHOOK, UPDATE_PHONE_WEBHOOK};
use crate::chat::business_number::{self, Callbacks};
use crate::cli::prelude::*;
use crate::cli::whatsapp::space::Sought;
use crate::message::{phone, url};
use crate::output::report::fields;
use crate::send::change::{Change, Preview, Question, Rows, apply};
use crate::send::require_consent;

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp webhook set --cust-space-id cams-abc --http-flag Y \\
      --status-callback-url https://example.com/receipts
  alimsg --sandbox whatsapp webhook set 8613800000001 --cust-space-id cams-sandbox \\
      --up-callback-url https://example.com/inbound --http-flag Y --yes";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Set the callback URLs of a number or, without a number, of the account
    #[command(after_help = EXAMPLES)]
    Set(SetFlags),
}

dispatch!(Set => set);

#[derive(Debug, Args)]
pub struct SetFlags {
    /// Business number [default: the whole account]
    #[arg(value_name = "N")]
    number: Option<String>,

    /// Channel instance [default: that of an earlier message, or the only one of the account]
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,

    /// URL for delivery receipts
    #[arg(long, value_name = "URL")]
    status_callback_url: Option<String>,

    /// URL for incoming messages; only for a number
    #[arg(long, value_name = "URL")]
    up_callback_url: Option<String>,

    /// Send callbacks to the URLs: Y or N
    #[arg(long, value_name = "Y|N", value_parser = ["Y", "N"], ignore_case = true)]
    http_flag: Option<String>,

    /// Send callbacks to a message queue: Y or N
    #[arg(long, value_name = "Y|N", value_parser = ["Y", "N"], ignore_case = true)]
    queue_flag: Option<String>,
}

/// The JSON output: the account or the number, and the new values.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Changed {
    /// The channel instance.
    cust_space_id: String,
    /// The number; `null` for the whole account.
    number: Option<String>,
    /// The URL for receipts.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_callback_url: Option<String>,
    /// The URL for incoming messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    up_callback_url: Option<String>,
    /// `Y` if callbacks go to the URLs, else `N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    http_flag: Option<String>,
    /// `Y` if callbacks go to a message queue, else `N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_flag: Option<String>,
    /// The service's ID of the request.
    request_id: Option<String>,
}

impl Changed {
    /// The flags of the call and their values.
    fn values(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("--status-callback-url", self.status_callback_url.as_deref()),
            ("--up-callback-url", self.up_callback_url.as_deref()),
            ("--http-flag", self.http_flag.as_deref()),
            ("--queue-flag", self.queue_flag.as_deref()),
        ]
    }

    /// Checks the values, and returns the operation that sets them.
    fn operation(&self) -> Result<&'static ChangeOperation> {
        if self.values().iter().all(|(_, value)| value.is_none()) {
            return Err(Failure::usage("nothing to change").hint(
                "give --status-callback-url, --up-callback-url, --http-flag or --queue-flag",
            ));
        }
        for (flag, value) in self.values().iter().take(2) {
            value.map_or(Ok(()), |url| url::check(flag, url))?;
        }
        match &self.number {
            Some(number) => {
                phone::check_chat_number("the number", number)?;
                Ok(&UPDATE_PHONE_WEBHOOK)
            }
            None if self.up_callback_url.is_some() => Err(Failure::usage(
                "--up-callback-url can be set only for a number, not for the whole account",
            )
            .hint("add the number: alimsg whatsapp webhook set 8613800000001 …")),
            None => Ok(&UPDATE_ACCOUNT_WEBHOOK),
        }
    }
}

fn set(context: &Context, flags: SetFlags) -> Result<Report> {
    let upper = |value: Option<String>| value.map(|value| value.to_uppercase());
    let mut changed = Changed {
        cust_space_id: String::new(),
        number: flags.number,
        status_callback_url: flags.status_callback_url,
        up_callback_url: flags.up_callback_url,
        http_flag: upper(flags.http_flag),
        queue_flag: upper(flags.queue_flag),
        request_id: None,
    };
    let operation = changed.operation()?;
    if !context.settings.dry_run {
        require_consent(context)?;
    }
    // The account of a callback may be one of Viber.
    let channel = changed.number.as_ref().map(|_| Channel::Whatsapp);
    let sought = Sought { channel, sender: changed.number.as_deref() };
    changed.cust_space_id = sought.given_or_found(context, flags.cust_space_id)?;
    let (space, number) = (&changed.cust_space_id, changed.number.as_deref());
    let mut call =
        Call::to(operation).text("--cust-space-id", space).optional_text("--phone-number", number);
    let mut rows: Rows = vec![("space".into(), space.clone())];
    rows.extend(number.map(|number| ("number".to_string(), number.to_string())));
    let mut new = Map::new();
    for (flag, value) in changed.values() {
        call = call.optional_text(flag, value);
        let name = flag.trim_start_matches('-').replace('-', "_");
        new.extend(value.map(|value| (name, Value::from(value))));
    }
    let list = business_number::list_call(Some(space), None);
    let current = |client: &Client<'_>| {
        let reply = client.read(&list)?;
        let row = business_number::find_row(&reply, number.unwrap_or_default())?;
        Ok(fields(&Callbacks::from_object(row)))
    };
    // The service returns the callbacks of a number, but not those of an account.
    let preview = match number {
        Some(_) => Preview::Compared { call: &list, current: &current, new: &new },
        None => {
            let row = |(name, value): (&String, &Value)| {
                (name.clone(), value.as_str().unwrap_or_default().to_string())
            };
            rows.extend(new.iter().map(row));
            Preview::Nothing
        }
    };
    let check = ["whatsapp", "numbers", "list", "--cust-space-id", space];
    let change = Change {
        call,
        title: "About to change the callbacks, old → new:".into(),
        rows,
        preview,
        question: Question::Yes("change the callbacks"),
        check: shell_line("alimsg", &check.map(String::from)),
    };
    apply(context, &change, |reply| {
        let request_id = reply.text(&["RequestId"]);
        Report::from_record(&Changed { request_id, ..changed.clone() }, Value::Object(reply.0))
    })
}
