//! An approved template with its variables.

use clap::Args;

use super::Content;
use super::envelope::Envelope;
use crate::call::Call;
use crate::commands::templates::Channel;
use crate::commands::templates::chat::detail::{Template as Approved, Wanted};
use crate::commands::{Inputs, anything};
use crate::delivery::{self, Verify};
use crate::failure::{Failure, Result};
use crate::report::Report;
use crate::run::Run;
use crate::template::{compare, picture};
use crate::variables;

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
    /// Code of the template
    #[arg(long, value_name = "C")]
    template_code: Option<String>,

    /// Language of the template, for example en or zh_CN
    #[arg(long, visible_alias = "biz-language", value_name = "L")]
    language: Option<String>,

    /// Variables of the template
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    template_params: Vec<String>,

    /// One variable of the template; repeatable
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
    /// As [`delivery::deliver`]; a template that is not approved or has other variables.
    pub fn run(self, run: &Run) -> Result<Report> {
        let verify = self.content.verify;
        let mut ready = self.envelope.message(run, self.content)?;
        if verify {
            let wanted = wanted(&ready.call);
            ready.reads = vec![wanted.call()];
            ready.verify = Some(verification(wanted, &ready.call));
        }
        delivery::deliver(run, &ready)
    }
}

/// The template that a call names.
fn wanted(call: &Call) -> Wanted {
    let text = |flag: &str| call.value(flag).unwrap_or_default().to_string();
    let is_viber = call.value("--channel-type") == Some("viber");
    Wanted {
        channel: if is_viber { Channel::Viber } else { Channel::Whatsapp },
        code: text("--template-code"),
        language: text("--biz-language"),
        cust_space_id: call.value("--cust-space-id").map(str::to_string),
    }
}

/// The check of this very call against the template that it names.
fn verification(wanted: Wanted, call: &Call) -> Verify {
    let values = call.pairs("--template-params").to_vec();
    Box::new(move |service| {
        let template = wanted.read(service)?;
        check(&template, &values).map_err(|failure| failure.next(wanted.show_command()))?;
        let shown = picture(&template.message.rendered(&values));
        let lines = shown.lines().filter(|line| !line.is_empty());
        Ok(lines.map(|line| ("text".to_string(), line.to_string())).collect())
    })
}

/// Whether the template may be sent, with exactly these variables.
fn check(template: &Approved, values: &[(String, String)]) -> Result<()> {
    let Approved { code, language, status, reason, .. } = template;
    if status != "approved" {
        let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        return Err(Failure::usage(format!(
            "the template {code} ({language}) is {status}, not approved{reason}"
        ))
        .hint("only approved templates can be sent")
        .next("alimsg templates list --audit-status approved --all"));
    }
    compare(&template.message.variables(), values).require_exact(&format!("{code} ({language})"))
}

impl Content for Template {
    fn put_into(
        self,
        call: Call,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Call> {
        let pairs: Vec<String> = self.template_params.into_iter().chain(self.param).collect();
        let variables = variables::from_pairs("--param", &pairs)?;
        let code = inputs.need("--template-code", "Template code", self.template_code, anything)?;
        let language = inputs.need("--language", "Language", self.language, anything)?;
        plan.push(("template".to_string(), format!("{code} ({language})")));
        plan.extend(variables.iter().map(|(name, value)| (format!("$({name})"), value.clone())));
        plan.extend(self.payload.iter().map(|payload| ("payload".to_string(), payload.clone())));
        Ok(call
            .text("--type", "template")
            .text("--template-code", code)
            .text("--biz-language", language)
            .map("--template-params", &variables)
            .list("--payload", &self.payload))
    }
}
