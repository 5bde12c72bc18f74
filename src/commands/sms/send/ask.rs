//! What is missing on a terminal is asked for: signature and template from the lists of approved
//! ones, then each variable of the template.
//!
//! The lists are read first and ai-mode is off again before the first question.

use super::draft::Draft;
use crate::commands::anything;
use crate::failure::{Failure, Result};
use crate::guard::Guard;
use crate::operations::Product;
use crate::run::Run;
use crate::service::Service;
use crate::signature;
use crate::sms_template::{self, SmsTemplate};
use crate::template::{Style, compare};

pub const LIST_SIGNATURES: &str = "alimsg sms signs list --audit-status approved";
pub const LIST_TEMPLATES: &str = "alimsg templates list --channel sms --audit-status approved";

/// Fills in signature, template and variables, as far as they are missing.
///
/// # Errors
/// The lists cannot be read or are empty; the person chose nothing.
pub fn complete(run: &Run, draft: &mut Draft) -> Result<()> {
    let (sign_is_missing, template_is_missing) =
        (draft.sign_name.is_none(), draft.template_code.is_none());
    if !sign_is_missing && !template_is_missing {
        return Ok(());
    }
    let guard = Guard::prepare(run, Product::Dysmsapi)?;
    let service = Service::open(run, &guard)?;
    let signatures = sign_is_missing.then(|| signature::approved_names(&service)).transpose()?;
    let templates = template_is_missing.then(|| sms_template::approved(&service)).transpose()?;
    drop(service);
    if let Some(signatures) = signatures {
        draft.sign_name = Some(pick_signature(run, &signatures)?);
    }
    if let Some(templates) = templates {
        let template = pick_template(run, templates)?;
        ask_variables(run, draft, &template)?;
        draft.template_code = Some(template.code.clone());
        draft.template = Some(template);
    }
    Ok(())
}

fn pick_signature(run: &Run, signatures: &[String]) -> Result<String> {
    let rows: Vec<String> = signatures.iter().map(|name| format!("{name} · approved")).collect();
    let number = run.screen.pick("Signature", &rows).map_err(|f| none(f, LIST_SIGNATURES))?;
    let name = signatures.get(number).cloned();
    name.ok_or_else(|| Failure::internal("a signature was picked that is not in the list"))
}

fn pick_template(run: &Run, mut templates: Vec<SmsTemplate>) -> Result<SmsTemplate> {
    let row = |template: &SmsTemplate| {
        let SmsTemplate { code, name, text, .. } = template;
        format!("{code} · {} · approved · {text}", name.as_deref().unwrap_or_default())
    };
    let rows: Vec<String> = templates.iter().map(row).collect();
    let number = run.screen.pick("Template", &rows).map_err(|f| none(f, LIST_TEMPLATES))?;
    if number < templates.len() {
        return Ok(templates.swap_remove(number));
    }
    Err(Failure::internal("a template was picked that is not in the list"))
}

fn none(failure: Box<Failure>, list: &str) -> Box<Failure> {
    failure.next(list)
}

/// Asks for the variables that have no value yet. Values that the template has no place for are
/// left out, and said so; the plan shows what is left.
fn ask_variables(run: &Run, draft: &mut Draft, template: &SmsTemplate) -> Result<()> {
    let comparison = compare(&template.variables(), &draft.variables);
    if !comparison.superfluous.is_empty() {
        run.screen.note(&format!(
            "{} has no such variables, so they are left out: {}",
            template.code,
            comparison.superfluous.join(", ")
        ));
        draft.variables.retain(|(name, _)| !comparison.superfluous.contains(name));
    }
    for name in comparison.missing {
        let value = run.screen.ask(&Style::Sms.written(&name), anything)?;
        draft.variables.push((name, value));
    }
    Ok(())
}
