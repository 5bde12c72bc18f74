//! `alimsg whatsapp send template`: an approved template with its variables.

mod prompts;

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::api::audit_status::require_approved;
use crate::api::operations::SEND_CHATAPP_MESSAGE;
use crate::chat::draft::{Body, Draft, TemplateBody};
use crate::chat::template::detail::{Template, TemplateId};
use crate::cli::defaults::or_default;
use crate::cli::param_flags::ParamFlags;
use crate::cli::prelude::*;
use crate::cli::prompts::{name_missing_variables, text_rows};
use crate::cli::whatsapp::send::envelope::{Complete, EnvelopeFlags, message};
use crate::message::params;
use crate::message::placeholder::compare;
use crate::message::plan::{PlanRow, rows};
use crate::send::{self, Verify};
use prompts::{CompleteTemplate, PartialTemplate};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp send template --from 8613800000001 --to 8613800001000 \\
      --template-code 100000000000001 --language en --param name=Alice --param order=42
  alimsg --sandbox whatsapp send template --from 8613800000001 --to 8613800001000 \\
      --template-code 100000000000002 --language en --verify --yes")]
pub struct Flags {
    /// Code of the template [default: pick from a list at a terminal]
    #[arg(long, value_name = "C")]
    template_code: Option<String>,

    /// Name of the template in place of its code
    #[arg(long, value_name = "NAME", conflicts_with = "template_code")]
    template_name: Option<String>,

    /// Language of the template, for example en or zh_CN [default: pick with the code at a terminal]
    #[arg(long, visible_alias = "biz-language", value_name = "L")]
    language: Option<String>,

    #[command(flatten)]
    params: ParamFlags,

    /// Payload of a quick-reply button; repeatable, in the order of the buttons
    #[arg(long, value_name = "TEXT")]
    payload: Vec<String>,

    /// Before sending, check that the template is approved and its variables complete
    #[arg(long)]
    verify: bool,

    #[command(flatten)]
    envelope: EnvelopeFlags,
}

/// Sends a template; with `--verify`, checks it first.
///
/// # Errors
/// As [`send::deliver`]; a template that is not approved or has other variables.
pub fn run(context: &Context, flags: Box<Flags>) -> Result<Report> {
    let flags = *flags;
    let envelope = flags.envelope;
    let guard = Guard::for_call(context, &SEND_CHATAPP_MESSAGE);
    let partial = PartialTemplate {
        context,
        guard: &guard,
        channel: envelope.channel_type,
        cust_space_id: or_default(
            context,
            envelope.channel_type,
            "--cust-space-id",
            envelope.cust_space_id.clone(),
        ),
        by_name: flags.template_name.is_some(),
        code: flags.template_name.or(flags.template_code),
        language: flags.language,
    };
    let complete = envelope.complete(context, false, |inputs| {
        let params = flags.params.values()?;
        params::require_values(&params)?;
        partial.complete(params, inputs)
    })?;
    let Complete { envelope, options, content } = complete;
    let CompleteTemplate { id, params, template } = content;
    if let Some(template) = template.as_ref().filter(|_| flags.verify) {
        verify(template, &id, &params)?;
    }
    let preview = template.as_ref().map(|template| preview_rows(template, &params));
    let body = TemplateBody {
        code: id.code.clone(),
        by_name: id.by_name,
        language: id.language.clone(),
        params: params.clone(),
        payload: flags.payload,
        preview: preview.unwrap_or_default(),
    };
    let (known, values) = (id.clone(), params.clone());
    let mut draft = Draft { envelope, body: Body::Template(body) };
    let mut message = message(context, &guard, &mut draft, options)?;
    if flags.verify && template.is_none() {
        message.reads = vec![id.fetch_call()];
        message.verify = Some(verification(id, params));
    }
    send::deliver(context, &guard, message).map_err(|failure| {
        name_missing_variables(failure, &values, || {
            Ok(known.fetch(&Client::open(context, &guard)?)?.variables())
        })
    })
}

/// Returns the check of the template and its variables.
fn verification(id: TemplateId, params: Vec<(String, String)>) -> Verify {
    Box::new(move |client| {
        let template = id.fetch(client)?;
        verify(&template, &id, &params)?;
        Ok(preview_rows(&template, &params))
    })
}

/// Requires that the template can be sent with these variables.
fn verify(template: &Template, id: &TemplateId, params: &[(String, String)]) -> Result<()> {
    template.require_sendable(id)?;
    check(template, params).map_err(|failure| failure.next(id.show_command()))
}

/// Requires that the template is approved and has exactly these variables.
fn check(template: &Template, params: &[(String, String)]) -> Result<()> {
    let name = format!("{} ({})", template.code, template.language);
    require_approved(&format!("template {name}"), &template.status, template.reason.as_deref())
        .map_err(|failure| failure.next("alimsg templates list --audit-status approved --all"))?;
    compare(&template.message.variables(), params).require_exact(&name)
}

/// What a plan shows of the template: its category, and the message as the recipient reads it.
fn preview_rows(template: &Template, params: &[(String, String)]) -> Vec<PlanRow> {
    let mut rows = rows([("category", template.category.clone())]);
    rows.extend(text_rows(&template.render(params)));
    rows
}
