//! `templates create` and `templates update` for SMS.

use serde_json::{Map, Value, json};

use super::super::{CreateFlags, UpdateFlags, status_after};
use super::definition::Draft;
use super::show_command;
use crate::change::{Change, Look, Question, Rows, carry_out};
use crate::failure::Result;
use crate::operations::{CREATE_SMS_TEMPLATE, UPDATE_SMS_TEMPLATE};
use crate::reply::Reply;
use crate::report::Report;
use crate::run::Run;
use crate::service::Service;
use crate::sms_template;

/// Creates a template, which is then reviewed.
///
/// # Errors
/// Missing or wrong input, no consent; whatever keeps the service from taking it.
pub fn create(run: &Run, flags: &CreateFlags) -> Result<Report> {
    let draft = Draft::read(&flags.definition, "templates create")?;
    let change = Change {
        call: draft.call(&CREATE_SMS_TEMPLATE),
        title: "CreateSmsTemplate is about to send for review:".into(),
        rows: draft.rows(),
        look: Look::Nothing,
        question: Question::Yes("Create?"),
        check: "alimsg templates list --channel sms --audit-status reviewing".into(),
    };
    carry_out(run, &change, |reply| report(run, reply, None, &draft))
}

/// Changes a template, which is then reviewed again. The call replaces name, text and type, so all
/// three are needed.
///
/// # Errors
/// As [`create`].
pub fn update(run: &Run, flags: &UpdateFlags) -> Result<Report> {
    let draft = Draft::read(&flags.definition, "templates update")?;
    let code = &flags.code;
    let read = sms_template::get_call(code);
    let look = |service: &Service<'_>| -> Result<Rows> {
        let old = sms_template::get(service, code)?;
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
    carry_out(run, &change, |reply| report(run, reply, Some(code), &draft))
}

fn report(run: &Run, reply: Reply, code: Option<&str>, draft: &Draft) -> Report {
    let text = |name: &str| reply.text(&[name, &format!("Data.{name}")]);
    let mut data = Map::new();
    let code = text("TemplateCode").or_else(|| code.map(str::to_string));
    let status = status_after(run, code.as_ref());
    data.insert("code".into(), json!(code));
    data.insert("name".into(), json!(text("TemplateName").unwrap_or_else(|| draft.name.clone())));
    data.insert("type".into(), json!(draft.kind.word()));
    data.insert("status".into(), json!(status));
    data.insert("order_id".into(), json!(text("OrderId")));
    data.insert("request_id".into(), json!(reply.text(&["RequestId"])));
    Report::Facts { data, raw: Value::Object(reply.0) }
}
