//! `alimsg templates delete`

use serde_json::Value;

use crate::aliyun::client::Client;
use crate::cli::prelude::*;
use crate::cli::templates::delete_by_name::{self, NamedTemplate};
use crate::cli::templates::refuse_flags;
use crate::cli::templates::template_flags::TemplateFlags;
use crate::message::template::DeletedTemplate;
use crate::send::change::{Change, Preview, Question, Rows, apply};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg templates delete SMS_100005 --channel sms
  alimsg templates delete --name order_update
  alimsg --sandbox templates delete 100000000000003 --language en --yes")]
pub struct Flags {
    /// Code of the template
    #[arg(value_name = "CODE", required_unless_present = "name")]
    code: Option<String>,

    /// Delete the template with this name in all its languages (WhatsApp, Viber)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["code", "language"])]
    name: Option<String>,

    /// Channel of the template
    #[arg(long, value_enum, default_value = "whatsapp")]
    channel: Channel,

    /// Language of the template; required for WhatsApp and Viber unless --name is given
    #[arg(long, visible_alias = "biz-language", value_name = "L")]
    language: Option<String>,

    /// Channel instance (WhatsApp, Viber)
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,
}

/// Deletes a template.
///
/// # Errors
/// Invalid input; no confirmation; an unknown template; a failed call.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let Flags { code, name, channel, language, cust_space_id } = flags;
    if let Some(name) = name {
        refuse_flags(channel, &[("--name", channel == Channel::Sms)])?;
        return delete_by_name::run(context, &NamedTemplate { channel, name, cust_space_id });
    }
    let code = code.unwrap_or_default();
    let template = TemplateFlags { code, channel, language, cust_space_id };
    let id = template.given_id(context)?;
    let fetch_call = id.fetch_call();
    let current = |client: &Client<'_>| -> Result<Rows> {
        let template = id.fetch(client)?;
        if template.name().is_none() {
            let message = format!("the template {} has no name to type", id.code());
            return Err(Failure::usage(message)
                .hint("check it with `templates show`, then add --yes if the user agrees"));
        }
        Ok(template.rows())
    };
    let change = Change {
        call: id.delete_call(),
        title: "About to delete this template permanently:".into(),
        rows: vec![("channel".into(), id.channel().name().into())],
        preview: Preview::Shown { call: &fetch_call, rows: &current },
        question: Question::Name("name"),
        check: id.show_command(),
    };
    apply(context, &change, |reply| {
        let deleted = DeletedTemplate {
            code: id.code().to_string(),
            language: id.language().map(str::to_string),
            deleted: true,
            request_id: reply.text(&["RequestId"]),
        };
        Report::from_record(&deleted, Value::Object(reply.0))
    })
    .map_err(|failure| id.or_list(failure))
}
