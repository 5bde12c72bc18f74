//! `templates create` and `templates update` for SMS.

use serde_json::{Map, Value, json};

use crate::aliyun::client::Client;
use crate::api::operations::{CREATE_SMS_TEMPLATE, UPDATE_SMS_TEMPLATE};
use crate::api::reply::Reply;
use crate::cli::templates::sms::definition::Draft;
use crate::cli::templates::sms::show_command;
use crate::cli::templates::{CreateFlags, UpdateFlags, status_after};
use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;
use crate::send::change::{Change, Look, Question, Rows, apply};
use crate::sms::template;

/// Creates a template, which is then reviewed.
///
/// # Errors
/// Missing or wrong input, no consent; whatever keeps the service from taking it.
pub fn create(context: &Context, flags: &CreateFlags) -> Result<Report> {
    let draft = Draft::read(&flags.definition, "templates create")?;
    let change = Change {
        call: draft.call(&CREATE_SMS_TEMPLATE),
        title: "CreateSmsTemplate is about to send for review:".into(),
        rows: draft.rows(),
        look: Look::Nothing,
        question: Question::Yes("Create?"),
        check: "alimsg templates list --channel sms --audit-status reviewing".into(),
    };
    apply(context, &change, |reply| report(context, reply, None, &draft))
}

/// Changes a template, which is then reviewed again. The call replaces name, text and type, so all
/// three are needed.
///
/// # Errors
/// As [`create`].
pub fn update(context: &Context, flags: &UpdateFlags) -> Result<Report> {
    let draft = Draft::read(&flags.definition, "templates update")?;
    let code = &flags.code;
    let read = template::get_call(code);
    let look = |service: &Client<'_>| -> Result<Rows> {
        let old = template::get(service, code)?;
        Ok(vec![
            ("code".into(), old.code),
            ("state".into(), old.status),
            ("old name".into(), old.name.unwrap_or_default()),
            ("old type".into(), old.kind.unwrap_or_default()),
            ("old content".into(), old.text),
        ])
    };
    let change = Change {
        call: draft.call(&UPDATE_SMS_TEMPLATE).text("--template-code", code),
        title: "UpdateSmsTemplate is about to send for review:".into(),
        rows: draft.rows(),
        look: Look::Shown { call: &read, rows: &look },
        question: Question::Yes("Change it?"),
        check: show_command(code),
    };
    apply(context, &change, |reply| report(context, reply, Some(code), &draft))
}

fn report(context: &Context, reply: Reply, code: Option<&str>, draft: &Draft) -> Report {
    let text = |name: &str| reply.text(&[name, &format!("Data.{name}")]);
    let mut data = Map::new();
    let code = text("TemplateCode").or_else(|| code.map(str::to_string));
    let status = status_after(context, code.as_ref());
    data.insert("code".into(), json!(code));
    data.insert("name".into(), json!(text("TemplateName").unwrap_or_else(|| draft.name.clone())));
    data.insert("type".into(), json!(draft.kind.word()));
    data.insert("status".into(), json!(status));
    data.insert("order_id".into(), json!(text("OrderId")));
    data.insert("request_id".into(), json!(reply.text(&["RequestId"])));
    Report::RunStatus { data, raw: Value::Object(reply.0) }
}
