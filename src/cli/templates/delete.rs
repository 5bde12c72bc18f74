//! `alimsg templates delete`

use serde_json::Value;

use crate::aliyun::client::Client;
use crate::cli::prelude::*;
use crate::cli::templates::template_flags::TemplateFlags;
use crate::message::template::DeletedTemplate;
use crate::send::change::{Change, Preview, Question, Rows, apply};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg templates delete SMS_100005 --channel sms
  alimsg --sandbox templates delete 100000000000003 --language en --yes")]
pub struct Flags {
    #[command(flatten)]
    template: TemplateFlags,
}

/// Deletes a template.
///
/// # Errors
/// Invalid input; no confirmation; an unknown template; a failed call.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let id = flags.template.id(context)?;
    let fetch_call = id.fetch_call();
    let current = |client: &Client<'_>| -> Result<Rows> {
        let template = id.fetch(client)?;
        if template.name().is_none() {
            let message = format!("the template {} has no name to type", id.code());
            return Err(
                Failure::usage(message).hint("check it with `templates show`, then add --yes")
            );
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
            code: (!id.is_by_name()).then(|| id.code().to_string()),
            name: id.is_by_name().then(|| id.code().to_string()),
            language: id.language().map(str::to_string),
            deleted: true,
            request_id: reply.text(&["RequestId"]),
        };
        Report::from_record(&deleted, Value::Object(reply.0))
    })
    .map_err(|failure| id.or_list(failure))
}
