//! `--verify`: before sending, checks that signature and template are approved and that no variable
//! is missing.

use crate::api::audit_status::require_approved;
use crate::api::call::ReadCall;
use crate::error::{Failure, Result};
use crate::message::placeholder::compare;
use crate::message::plan::{PlanRow, rows};
use crate::send::Verify;
use crate::sms::signature;
use crate::sms::template::{self, SmsTemplate};

/// The calls that the check makes.
pub fn calls(sign_name: &str, template_code: &str) -> Vec<ReadCall> {
    vec![signature::detail_call(sign_name), template::get_call(template_code)]
}

/// Returns the check of a message. It adds the final text to the plan. `known` is the template, if it
/// was fetched before.
pub fn verification(
    sign_name: String,
    template_code: String,
    variables: Vec<(String, String)>,
    known: Option<SmsTemplate>,
) -> Verify {
    Box::new(move |client| {
        signature::fetch_detail(client, &sign_name)
            .and_then(|(signature, _)| {
                let what = format!("signature {sign_name}");
                require_approved(&what, &signature.status, signature.reason.as_deref())
            })
            .map_err(|failure| or_next(failure, signature::LIST_APPROVED))?;
        let template = known
            .clone()
            .map_or_else(|| template::get(client, &template_code), Ok)
            .and_then(|template| {
                let what = format!("template {template_code}");
                require_approved(&what, &template.status, template.reason.as_deref())?;
                Ok(template)
            })
            .map_err(|failure| or_next(failure, template::LIST_APPROVED))?;
        check_variables(&template, &template_code, &variables)?;
        Ok(template_rows(&template, &sign_name, &variables))
    })
}

/// What a plan shows of the template: its type, and the message as the recipient reads it.
pub fn template_rows(
    template: &SmsTemplate,
    sign_name: &str,
    variables: &[(String, String)],
) -> Vec<PlanRow> {
    rows([
        ("type", template.kind.clone()),
        ("text", Some(template.as_received(sign_name, variables))),
    ])
}

/// Adds the command that lists the alternatives, unless the failure already has a next step.
fn or_next(failure: Box<Failure>, list: &str) -> Box<Failure> {
    if failure.next.is_empty() { failure.next(list) } else { failure }
}

fn check_variables(template: &SmsTemplate, code: &str, values: &[(String, String)]) -> Result<()> {
    if !template.has_text() {
        return Err(Failure::usage(format!(
            "the service does not return the text of the template {code}"
        ))
        .hint("its variables cannot be checked; the message can be sent without --verify"));
    }
    compare(&template.variables(), values).require_exact(code)
}
