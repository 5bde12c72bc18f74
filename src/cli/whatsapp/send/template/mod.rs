//! An approved template with its variables.

mod ask;

use clap::Args;

use crate::api::audit_status::require_approved;
use crate::api::call::SendCall;
use crate::chat::template::detail::{Template as Approved, TemplateId};
use crate::chat::template::preview::render_preview;
use crate::cli::Inputs;
use crate::cli::prompts::text_rows;
use crate::cli::whatsapp::send::Content;
use crate::cli::whatsapp::send::envelope::{Channel, Envelope};
use crate::context::Context;
use crate::error::Result;
use crate::message::params;
use crate::message::placeholder::compare;
use crate::output::report::Report;
use crate::send::{self, Verify};
use ask::{Complete, Draft};

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send template --from 8613800000001 --to 8613800001000 \\
      --template-code 100000000000001 --language en --param name=Alice --param order=42
  alimsg --sandbox whatsapp send template --from 8613800000001 --to 8613800001000 \\
      --template-code 100000000000002 --language en --verify --yes";

/// A template on the command line.
#[derive(Debug, Args)]
pub struct Message {
    #[command(flatten)]
    content: Template,
    #[command(flatten)]
    envelope: Envelope,
}

#[derive(Debug, Args)]
struct Template {
    /// Code of the template [at a terminal: picked from the approved ones]
    #[arg(long, value_name = "C")]
    template_code: Option<String>,

    /// Language of the template, for example en or zh_CN [at a terminal: picked with the code]
    #[arg(long, visible_alias = "biz-language", value_name = "L")]
    language: Option<String>,

    /// Variables of the template
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    template_params: Vec<String>,

    /// One variable of the template; repeatable [at a terminal: asked for if none is given]
    #[arg(long, value_name = "NAME=VALUE")]
    param: Vec<String>,

    /// Payload of a quick-reply button; repeatable, in the order of the buttons
    #[arg(long, value_name = "TEXT")]
    payload: Vec<String>,

    /// Before anything is sent, check that the template is approved and its variables complete
    #[arg(long)]
    verify: bool,
}

impl Message {
    /// Sends a template, checked before if that is wanted.
    ///
    /// # Errors
    /// As [`send::deliver`]; a template that is not approved or has other variables.
    pub fn run(self, context: &Context) -> Result<Report> {
        let verify = self.content.verify;
        let channel = self.envelope.channel_type;
        let content = Composing {
            context,
            flags: self.content,
            channel,
            cust_space_id: self.envelope.cust_space_id.clone(),
        };
        let mut ready = self.envelope.message(context, content)?;
        if verify {
            let wanted = wanted(channel, &ready.call);
            ready.reads = vec![wanted.fetch_call()];
            ready.verify = Some(verification(wanted, &ready.call));
        }
        send::deliver(context, &ready)
    }
}

/// The template that a call names.
fn wanted(channel: Channel, call: &SendCall) -> TemplateId {
    let text = |flag: &str| call.value(flag).unwrap_or_default().to_string();
    TemplateId {
        channel: channel.of_templates(),
        code: text("--template-code"),
        language: text("--biz-language"),
        cust_space_id: call.value("--cust-space-id").map(str::to_string),
    }
}

/// The check of this very call against the template that it names.
fn verification(wanted: TemplateId, call: &SendCall) -> Verify {
    let values = call.pairs("--template-params").to_vec();
    Box::new(move |service| {
        let template = wanted.fetch(service)?;
        template.require_sendable(&wanted)?;
        check(&template, &values).map_err(|failure| failure.next(wanted.show_command()))?;
        Ok(text_rows(&render_preview(&template.message.rendered(&values))))
    })
}

/// Whether the template may be sent, with exactly these variables.
fn check(template: &Approved, values: &[(String, String)]) -> Result<()> {
    let which = format!("{} ({})", template.code, template.language);
    require_approved(&format!("template {which}"), &template.status, template.reason.as_deref())
        .map_err(|failure| failure.next("alimsg templates list --audit-status approved --all"))?;
    compare(&template.message.variables(), values).require_exact(&which)
}

/// The template that is to be put into a message, and where it is looked for.
struct Composing<'r> {
    context: &'r Context,
    flags: Template,
    channel: Channel,
    cust_space_id: Option<String>,
}

impl Content for Composing<'_> {
    fn put_into(
        self,
        call: SendCall,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<SendCall> {
        let Template { template_params, param, payload, verify, .. } = self.flags;
        let pairs: Vec<String> = template_params.into_iter().chain(param).collect();
        let draft = Draft {
            context: self.context,
            channel: self.channel,
            cust_space_id: self.cust_space_id,
            code: self.flags.template_code,
            language: self.flags.language,
            values: params::from_pairs("--param", &pairs)?,
        };
        let Complete { wanted, values, message } = draft.complete(inputs)?;
        let TemplateId { code, language, .. } = wanted;
        plan.push(("template".to_string(), format!("{code} ({language})")));
        plan.extend(values.iter().map(|(name, value)| (format!("$({name})"), value.clone())));
        plan.extend(payload.iter().map(|payload| ("payload".to_string(), payload.clone())));
        // A check reads the template anew, and shows the text as it is then.
        if let (Some(message), false) = (&message, verify) {
            plan.extend(text_rows(&render_preview(&message.rendered(&values))));
        }
        Ok(call
            .text("--type", "template")
            .text("--template-code", code)
            .text("--biz-language", language)
            .map("--template-params", &values)
            .list("--payload", &payload))
    }
}
