//! `--verify`: signature and template are approved and the variables fit, before anything is sent.

use super::ask::{LIST_SIGNATURES, LIST_TEMPLATES};
use super::{catalogue, draft};
use crate::call::Call;
use crate::delivery::Verify;
use crate::failure::{Failure, Result};
use crate::template::{Style, compare, names};

/// The calls that the check makes.
pub fn calls(sign_name: &str, template_code: &str) -> Vec<Call> {
    vec![catalogue::look_up_signature(sign_name), catalogue::look_up_template(template_code)]
}

/// The check of a message; what it adds to the plan is the text as the recipient will read it.
pub fn verification(
    sign_name: String,
    template_code: String,
    variables: Vec<(String, String)>,
) -> Verify {
    Box::new(move |service| {
        let look_up = catalogue::look_up_signature(&sign_name);
        let signature = service.read(&look_up).map_err(|f| f.next(LIST_SIGNATURES))?;
        require_approved("signature", &sign_name, &catalogue::status(&signature, "SignStatus"))
            .map_err(|failure| failure.next(LIST_SIGNATURES))?;
        let look_up = catalogue::look_up_template(&template_code);
        let template = service.read(&look_up).map_err(|f| f.next(LIST_TEMPLATES))?;
        let status = catalogue::status(&template, "TemplateStatus");
        require_approved("template", &template_code, &status)
            .map_err(|failure| failure.next(LIST_TEMPLATES))?;
        let Some(content) = template.text(&["TemplateContent"]) else {
            return Err(Failure::usage(format!(
                "the service does not tell the text of the template {template_code}"
            ))
            .hint("its variables cannot be checked; without --verify it can still be sent"));
        };
        check_variables(&template_code, &content, &variables)?;
        Ok(vec![("text".to_string(), draft::text(&sign_name, &content, &variables))])
    })
}

fn require_approved(what: &str, name: &str, status: &str) -> Result<()> {
    if status == "approved" {
        return Ok(());
    }
    Err(Failure::usage(format!("the {what} {name} is {status}, not approved"))
        .hint("the service sends with approved ones only"))
}

fn check_variables(code: &str, content: &str, values: &[(String, String)]) -> Result<()> {
    let comparison = compare(&names([("text".to_string(), content)], Style::Sms), values);
    if comparison.is_exact() {
        return Ok(());
    }
    let mut failure = Failure::usage(format!(
        "the variables do not match the template {code}: {}",
        comparison.describe()
    ))
    .hint("give exactly the variables of the template, each as --param NAME=VALUE");
    failure.missing = comparison.missing;
    Err(failure)
}
