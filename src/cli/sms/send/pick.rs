//! Asks for missing values at a terminal: the user picks signature and template from the approved
//! ones, then fills in the variables of the template.

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::cli::prelude::*;
use crate::cli::prompts::{Form, List, fetch_template, shows_template};
use crate::cli::sms::send::draft::Draft;
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

/// Asks for signature, template and variables if they are missing.
///
/// # Errors
/// `aliyun` cannot be used; the user cancelled; the call cannot be made.
pub fn complete(context: &Context, guard: &Guard<'_>, draft: &mut Draft) -> Result<()> {
    if draft.sign_name.is_none() || draft.template_code.is_none() {
        pick_missing(context, guard, draft)?;
    }
    if draft.template.is_none() && shows_template(context) {
        draft.template = fetch(context, guard, draft)?;
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

/// Lets the user pick signature and template. Both lists are fetched before the first question, so
/// that ai-mode is off while the user types.
fn pick_missing(context: &Context, guard: &Guard<'_>, draft: &mut Draft) -> Result<()> {
    let client = Client::open(context, guard)?;
    let (sign_name, template_code) = (draft.sign_name.take(), draft.template_code.take());
    let signatures = sign_name.is_none().then(|| signature::fetch_approved_names(&client));
    let templates = template_code.is_none().then(|| template::approved(&client));
    drop(client);
    let picked = match signatures {
        Some(fetched) => SIGNATURES.pick(context, fetched, |name| format!("{name} · approved"))?,
        None => sign_name,
    };
    draft.sign_name = Some(picked.map_or_else(|| context.screen.ask("Signature", anything), Ok)?);
    let picked = match templates {
        Some(fetched) => {
            let template = TEMPLATES.pick(context, fetched, row)?;
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

/// Removes values for variables that the picked template does not have, and prints a note. The plan
/// shows the remaining values.
fn drop_superfluous(context: &Context, draft: &mut Draft) {
    let Some(template) = &draft.template else { return };
    let superfluous = compare(&template.variables(), &draft.variables).superfluous;
    if superfluous.is_empty() {
        return;
    }
    context.screen.note(&format!(
        "{} does not have these variables, so they are ignored: {}",
        template.code,
        superfluous.join(", ")
    ));
    draft.variables.retain(|(name, _)| !superfluous.contains(name));
}

/// Fetches the template whose code was given or typed.
fn fetch(context: &Context, guard: &Guard<'_>, draft: &Draft) -> Result<Option<SmsTemplate>> {
    let Some(code) = &draft.template_code else { return Ok(None) };
    let get = |client: &Client<'_>| template::get(client, code);
    fetch_template(context, guard, code, &draft.message().call, get, SmsTemplate::has_text)
}
