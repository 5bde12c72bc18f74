//! `templates delete` for WhatsApp and Viber.

use serde_json::{Map, Value, json};

use crate::aliyun::client::Client;
use crate::api::call::Call;
use crate::api::operations::DELETE_CHATAPP_TEMPLATE;
use crate::cli::templates::TemplateFlags;
use crate::cli::templates::chat::detail::TemplateId;
use crate::cli::templates::chat::plan::message_rows;
use crate::cli::templates::chat::{language, or_list, template_type};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::report::Report;
use crate::send::change::{Change, Look, Question, Rows, apply};

/// Deletes a template in one language, after its name was typed.
///
/// # Errors
/// No language, no consent; whatever keeps the service from deleting it.
pub fn delete(context: &Context, flags: &TemplateFlags) -> Result<Report> {
    let language = language(context, flags.channel, &flags.code, flags.language.as_ref())?;
    let call = Call::to(&DELETE_CHATAPP_TEMPLATE)
        .text("--template-code", &flags.code)
        .text("--biz-language", &language)
        .text("--template-type", template_type(flags.channel))
        .optional_text("--cust-space-id", flags.cust_space_id.as_deref());
    let wanted = TemplateId {
        channel: flags.channel,
        code: flags.code.clone(),
        language: language.clone(),
        cust_space_id: flags.cust_space_id.clone(),
    };
    let read = wanted.call();
    let look = |service: &Client<'_>| -> Result<Rows> {
        let template = wanted.read(service)?;
        let name = template.name.ok_or_else(|| {
            Failure::usage(format!("the template {} has no name to type", template.code))
                .hint("look at it with `templates show`, then add --yes")
        })?;
        let mut rows: Rows = vec![
            ("code".into(), template.code),
            ("name".into(), name),
            ("language".into(), template.language),
            ("state".into(), template.status),
        ];
        rows.extend(message_rows(&template.message));
        Ok(rows)
    };
    let change = Change {
        call,
        title: "DeleteChatappTemplate is about to delete, for good:".into(),
        rows: vec![("channel".into(), flags.channel.name().into())],
        look: Look::Shown { call: &read, rows: &look },
        question: Question::Name("name"),
        check: wanted.show_command(),
    };
    apply(context, &change, |reply| {
        let mut data = Map::new();
        data.insert("code".into(), json!(flags.code));
        data.insert("language".into(), json!(language));
        data.insert("deleted".into(), json!(true));
        data.insert("request_id".into(), json!(reply.text(&["RequestId"])));
        Report::RunStatus { data, raw: Value::Object(reply.0) }
    })
    .map_err(|failure| or_list(failure, flags.channel, &flags.code))
}
