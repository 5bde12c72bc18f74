//! `alimsg whatsapp profile update`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::api::call::shell_line;
use crate::chat::business_profile::{self, BusinessProfile, Update};
use crate::cli::prelude::*;
use crate::cli::source;
use crate::cli::whatsapp::number_flags::NumberFlags;
use crate::output::report::fields;
use crate::send::change::{Change, Preview, Question, apply};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp profile update 8613800000001 --cust-space-id cams-abc --vertical RETAIL
  alimsg --sandbox whatsapp profile update 8613800000001 --cust-space-id cams-sandbox \\
      --about 'We answer within the hour' --website https://example.com --yes")]
pub struct Flags {
    #[command(flatten)]
    number: NumberFlags,

    /// Line below the name, at most 139 characters
    #[arg(long, value_name = "TEXT", value_parser = source::parse)]
    about: Option<String>,

    /// Address, at most 256 characters
    #[arg(long, value_name = "TEXT", value_parser = source::parse)]
    address: Option<String>,

    /// Description, at most 512 characters
    #[arg(long, value_name = "TEXT", value_parser = source::parse)]
    description: Option<String>,

    /// E-mail address, at most 128 characters
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,

    /// Link to the picture
    #[arg(long, value_name = "URL")]
    profile_picture_url: Option<String>,

    /// Line of business, for example RETAIL
    #[arg(long, value_name = "WORD")]
    vertical: Option<String>,

    /// Website; at most two, which replace all existing ones
    #[arg(long, visible_alias = "websites", value_name = "URL")]
    website: Vec<String>,
}

/// The result of the change.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Changed {
    /// Digits only, country code first.
    number: String,
    /// The names of the fields that were given.
    changed: Vec<String>,
    /// The service's ID of the request.
    request_id: Option<String>,
}

/// Changes the business profile after showing old and new values.
///
/// # Errors
/// Invalid or missing input; a failed call; no confirmation.
pub fn run(context: &Context, flags: Box<Flags>) -> Result<Report> {
    let update = Update {
        texts: [
            ("--about", flags.about),
            ("--address", flags.address),
            ("--description", flags.description),
            ("--email", flags.email),
            ("--profile-picture-url", flags.profile_picture_url),
            ("--vertical", flags.vertical),
        ],
        websites: flags.website,
    };
    update.check()?;
    let changes = update.changes();
    if changes.is_empty() {
        return Err(Failure::usage("there is nothing to change").hint(
            "give at least one of --about, --address, --description, --email, --website, \
             --vertical, --profile-picture-url",
        ));
    }
    let (number, space) = flags.number.checked_for_change(context)?;
    let show = business_profile::show_call(&number, &space);
    let current =
        |client: &Client<'_>| Ok(fields(&BusinessProfile::from_reply(&client.read(&show)?)));
    let check = ["whatsapp", "profile", "show", &number, "--cust-space-id", &space];
    let change = Change {
        call: update.call(&number, &space),
        title: "About to change the business profile, old → new:".into(),
        rows: vec![("number".into(), number.clone()), ("space".into(), space.clone())],
        preview: Preview::Compared { call: &show, current: &current, new: &changes },
        question: Question::Yes("change the profile"),
        check: shell_line("alimsg", &check.map(String::from)),
    };
    apply(context, &change, |reply| {
        let changed = Changed {
            number: number.clone(),
            changed: changes.keys().cloned().collect(),
            request_id: reply.text(&["RequestId"]),
        };
        Report::from_record(&changed, Value::Object(reply.0))
    })
}
