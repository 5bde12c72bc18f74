//! `alimsg whatsapp profile`: what customers see about the business behind a number.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::aliyun::client::Client;
use crate::api::call::{Call, ReadCall, shell_line};
use crate::api::operations::{MODIFY_PHONE_BUSINESS_PROFILE, QUERY_PHONE_BUSINESS_PROFILE};
use crate::api::reply::{Reply, fields};
use crate::cli::whatsapp::number::{self, NumberFlags};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::{length, url};
use crate::output::report::Report;
use crate::send::change::{Change, Look, Question, Rows, apply};

pub const EXAMPLES: &str = "\
Examples:
  alimsg --sandbox whatsapp profile show 8613800000001 --cust-space-id cams-sandbox
  alimsg --sandbox whatsapp profile update 8613800000001 --cust-space-id cams-sandbox \\
      --vertical RETAIL --yes";

const SHOW_EXAMPLES: &str = "\
Examples:
  alimsg --sandbox whatsapp profile show 8613800000001 --cust-space-id cams-sandbox";

const UPDATE_EXAMPLES: &str = "\
Examples:
  alimsg whatsapp profile update 8613800000001 --cust-space-id cams-abc --vertical RETAIL
  alimsg --sandbox whatsapp profile update 8613800000001 --cust-space-id cams-sandbox \\
      --about 'We answer within the hour' --website https://example.com --yes";

/// WhatsApp's limits, in characters.
const MAX_LENGTH: &[(&str, usize)] = &[
    ("--about", 139),
    ("--address", 256),
    ("--description", 512),
    ("--email", 128),
    ("--website", 256),
];
const MAX_WEBSITES: usize = 2;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the business profile of a number
    #[command(after_help = SHOW_EXAMPLES)]
    Show(NumberFlags),
    /// Change the business profile of a number; shows old and new, and asks
    #[command(after_help = UPDATE_EXAMPLES)]
    Update(Box<UpdateFlags>),
}

#[derive(Debug, Args)]
pub struct UpdateFlags {
    #[command(flatten)]
    number: NumberFlags,

    /// The line below the name, at most 139 characters
    #[arg(long, value_name = "TEXT")]
    about: Option<String>,

    /// Address, at most 256 characters
    #[arg(long, value_name = "TEXT")]
    address: Option<String>,

    /// Description, at most 512 characters
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// E-mail address, at most 128 characters
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,

    /// Link of the picture
    #[arg(long, value_name = "URL")]
    profile_picture_url: Option<String>,

    /// Line of business, for example RETAIL
    #[arg(long, value_name = "WORD")]
    vertical: Option<String>,

    /// Website; at most two, which take the place of all there are
    #[arg(long, visible_alias = "websites", value_name = "URL")]
    website: Vec<String>,
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Show(_) => "whatsapp profile show",
            Self::Update(_) => "whatsapp profile update",
        }
    }

    pub fn run(self, context: &Context) -> Result<Report> {
        match self {
            Self::Show(flags) => number::show(context, flags, query, settings),
            Self::Update(flags) => update(context, *flags),
        }
    }
}

fn query(number: &str, space: &str) -> ReadCall {
    Call::to(&QUERY_PHONE_BUSINESS_PROFILE)
        .text("--cust-space-id", space)
        .text("--phone-number", number)
}

fn settings(reply: &Reply) -> Map<String, Value> {
    match reply.value("Data").map(fields::snake_case) {
        Some(Value::Object(profile)) => profile,
        _ => Map::new(),
    }
}

fn update(context: &Context, flags: UpdateFlags) -> Result<Report> {
    let texts = [
        ("--about", "About", &flags.about),
        ("--address", "Address", &flags.address),
        ("--description", "Description", &flags.description),
        ("--email", "Email", &flags.email),
        ("--profile-picture-url", "ProfilePictureUrl", &flags.profile_picture_url),
        ("--vertical", "Vertical", &flags.vertical),
    ];
    for (flag, _, text) in &texts {
        check_length(flag, text.as_deref().unwrap_or_default())?;
    }
    if let Some(url) = &flags.profile_picture_url {
        url::check("--profile-picture-url", url)?;
    }
    check_websites(&flags.website)?;
    if texts.iter().all(|(_, _, text)| text.is_none()) && flags.website.is_empty() {
        return Err(Failure::usage("nothing is to be changed").hint(
            "give at least one of --about, --address, --description, --email, --website, \
                   --vertical, --profile-picture-url",
        ));
    }
    let changes: Vec<(&str, String)> = texts
        .iter()
        .filter_map(|(_, field, text)| Some((*field, text.as_ref()?.clone())))
        .chain((!flags.website.is_empty()).then(|| ("Websites", flags.website.join(", "))))
        .collect();
    let mut call = Call::to(&MODIFY_PHONE_BUSINESS_PROFILE);
    let (number, space) = flags.number.checked(context)?;
    call = call.text("--cust-space-id", &space).text("--phone-number", &number);
    for (flag, _, text) in &texts {
        call = call.optional_text(flag, text.as_deref());
    }
    call = call.list("--websites", &flags.website);
    let read = query(&number, &space);
    let look = |service: &Client<'_>| -> Result<Rows> {
        let reply = service.read(&read)?;
        let row = |(field, new): &(&str, String)| {
            (fields::snake(field), format!("{} → {new}", old(&reply, field)))
        };
        Ok(changes.iter().map(row).collect())
    };
    let shown = ["whatsapp", "profile", "show", &number, "--cust-space-id", &space];
    let change = Change {
        call,
        title: "ModifyPhoneBusinessProfile is about to change, old → new:".into(),
        rows: vec![("number".into(), number.clone()), ("space".into(), space.clone())],
        look: Look::Shown { call: &read, rows: &look },
        question: Question::Yes("Change it?"),
        check: shell_line("alimsg", &shown.map(String::from)),
    };
    apply(context, &change, |reply| {
        let mut data = Map::new();
        data.insert("number".into(), json!(number));
        let names: Vec<String> = changes.iter().map(|(field, _)| fields::snake(field)).collect();
        data.insert("changed".into(), json!(names));
        data.insert("request_id".into(), json!(reply.text(&["RequestId"])));
        Report::RunStatus { data, raw: Value::Object(reply.0) }
    })
}

/// The present value of a field, as a line.
fn old(reply: &Reply, field: &str) -> String {
    match reply.value("Data").and_then(|data| data.get(field)) {
        Some(Value::Array(items)) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    }
}

fn check_length(flag: &str, text: &str) -> Result<()> {
    let limit = MAX_LENGTH.iter().find(|(name, _)| *name == flag).map(|(_, limit)| *limit);
    limit.map_or(Ok(()), |limit| length::at_most(flag, text, limit))
}

fn check_websites(websites: &[String]) -> Result<()> {
    if websites.len() > MAX_WEBSITES {
        return Err(Failure::usage(format!("{} websites, {MAX_WEBSITES} at most", websites.len()))
            .hint("WhatsApp shows no more"));
    }
    for url in websites {
        check_length("--website", url)?;
        url::check("--website", url)?;
    }
    Ok(())
}
