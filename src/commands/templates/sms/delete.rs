//! `templates delete` for SMS.

use serde_json::{Map, Value, json};

use super::super::{Channel, TemplateFlags, refuse_foreign};
use super::show_command;
use crate::call::Call;
use crate::change::{Change, Look, Question, Rows, carry_out};
use crate::failure::{Failure, Result};
use crate::operations::DELETE_SMS_TEMPLATE;
use crate::report::Report;
use crate::run::Run;
use crate::service::Service;
use crate::sms_template;

/// Deletes a template, after its name was typed.
///
/// # Errors
/// No consent; whatever keeps the service from deleting it.
pub fn delete(run: &Run, flags: &TemplateFlags) -> Result<Report> {
    refuse_foreign(
        Channel::Sms,
        &[
            ("--language", flags.language.is_some()),
            ("--cust-space-id", flags.cust_space_id.is_some()),
        ],
    )?;
    let code = &flags.code;
    let read = sms_template::get_call(code);
    let look = |service: &Service<'_>| -> Result<Rows> {
        let template = sms_template::get(service, code)?;
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
    carry_out(run, &change, |reply| {
        let mut data = Map::new();
        data.insert("code".into(), json!(code));
        data.insert("deleted".into(), json!(true));
        data.insert("request_id".into(), json!(reply.text(&["RequestId"])));
        Report::Facts { data, raw: Value::Object(reply.0) }
    })
}
