//! What is missing on a terminal is asked for: signature and template from the lists of approved
//! ones, then each variable of the template.

use crate::aliyun::client::Client;
use crate::api::operations::Product;
use crate::cli::anything;
use crate::cli::prompts::{Form, List, read_template, reads_for_variables};
use crate::cli::sms::send::draft::Draft;
use crate::context::Context;
use crate::error::Result;
use crate::message::placeholder::{Style, compare};
use crate::sms::signature;
use crate::sms::template::{self, SmsTemplate};

const SIGNATURES: List<'_> = List {
    question: "Signature",
    entries: "approved signatures",
    command: signature::LIST_APPROVED,
};
const TEMPLATES: List<'_> =
    List { question: "Template", entries: "approved templates", command: template::LIST_APPROVED };

/// Fills in signature, template and variables, as far as they are missing.
///
/// # Errors
/// `aliyun` cannot be used; the person answered nothing; the message cannot be made.
pub fn complete(context: &Context, draft: &mut Draft) -> Result<()> {
    if draft.sign_name.is_none() || draft.template_code.is_none() {
        pick_missing(context, draft)?;
    }
    if draft.template.is_none() && reads_for_variables(context, &draft.variables) {
        draft.template = read(context, draft)?;
    }
    if let Some(template) = &draft.template {
        let form = Form {
            code: &template.code,
            style: Style::Sms,
            text: &template.text,
            variables: template.variables(),
        };
        form.fill(context, &mut draft.variables)?;
    }
    Ok(())
}

/// Both lists are read before the first question.
fn pick_missing(context: &Context, draft: &mut Draft) -> Result<()> {
    let service = Client::connect(context, Product::Dysmsapi)?;
    let (sign_name, template_code) = (draft.sign_name.take(), draft.template_code.take());
    let signatures = sign_name.is_none().then(|| signature::fetch_approved_names(&service));
    let templates = template_code.is_none().then(|| template::approved(&service));
    drop(service);
    let picked = match signatures {
        Some(found) => SIGNATURES.pick(context, found, |name| format!("{name} · approved"))?,
        None => sign_name,
    };
    draft.sign_name = Some(picked.map_or_else(|| context.screen.ask("Signature", anything), Ok)?);
    let picked = match templates {
        Some(found) => {
            let template = TEMPLATES.pick(context, found, row)?;
            let code = template.as_ref().map(|template| template.code.clone());
            draft.template = template.filter(SmsTemplate::has_text);
            drop_superfluous(context, draft);
            code
        }
        None => template_code,
    };
    draft.template_code =
        Some(picked.map_or_else(|| context.screen.ask("Template code", anything), Ok)?);
    Ok(())
}

fn row(template: &SmsTemplate) -> String {
    let SmsTemplate { code, name, text, .. } = template;
    format!("{code} · {} · approved · {text}", name.as_deref().unwrap_or_default())
}

/// Values that the picked template has no place for are left out, and said so; the plan shows what
/// is left.
fn drop_superfluous(context: &Context, draft: &mut Draft) {
    let Some(template) = &draft.template else { return };
    let superfluous = compare(&template.variables(), &draft.variables).superfluous;
    if superfluous.is_empty() {
        return;
    }
    context.screen.note(&format!(
        "{} has no such variables, so they are left out: {}",
        template.code,
        superfluous.join(", ")
    ));
    draft.variables.retain(|(name, _)| !superfluous.contains(name));
}

/// The template of a code that was given or typed in, as far as the service tells it.
fn read(context: &Context, draft: &Draft) -> Result<Option<SmsTemplate>> {
    let Some(code) = &draft.template_code else { return Ok(None) };
    let get = |service: &Client<'_>| template::get(service, code);
    read_template(context, code, &draft.message().call, get, SmsTemplate::has_text)
}
