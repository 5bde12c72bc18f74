//! `templates delete` for SMS.

use serde_json::{Map, Value, json};

use crate::aliyun::client::Client;
use crate::api::call::Call;
use crate::api::operations::DELETE_SMS_TEMPLATE;
use crate::cli::templates::sms::show_command;
use crate::cli::templates::{Channel, TemplateFlags, refuse_foreign};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::report::Report;
use crate::send::change::{Change, Look, Question, Rows, apply};
use crate::sms::template;

/// Deletes a template, after its name was typed.
///
/// # Errors
/// No consent; whatever keeps the service from deleting it.
pub fn delete(context: &Context, flags: &TemplateFlags) -> Result<Report> {
    refuse_foreign(
        Channel::Sms,
        &[
            ("--language", flags.language.is_some()),
            ("--cust-space-id", flags.cust_space_id.is_some()),
        ],
    )?;
    let code = &flags.code;
    let read = template::get_call(code);
    let look = |service: &Client<'_>| -> Result<Rows> {
        let template = template::get(service, code)?;
        let name = template.name.ok_or_else(|| {
            Failure::usage(format!("the template {code} has no name to type"))
                .hint("look at it with `templates show`, then add --yes")
        })?;
        Ok(vec![
            ("code".into(), template.code),
            ("name".into(), name),
            ("state".into(), template.status),
            ("content".into(), template.text),
        ])
    };
    let change = Change {
        call: Call::to(&DELETE_SMS_TEMPLATE).text("--template-code", code),
        title: "DeleteSmsTemplate is about to delete, for good:".into(),
        rows: vec![("channel".into(), "sms".into())],
        look: Look::Shown { call: &read, rows: &look },
        question: Question::Name("name"),
        check: show_command(code),
    };
    apply(context, &change, |reply| {
        let mut data = Map::new();
        data.insert("code".into(), json!(code));
        data.insert("deleted".into(), json!(true));
        data.insert("request_id".into(), json!(reply.text(&["RequestId"])));
        Report::RunStatus { data, raw: Value::Object(reply.0) }
    })
}
