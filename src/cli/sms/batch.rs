//! `alimsg sms batch`: an SMS to many numbers, each with its own variables.

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::api::audit_status::require_approved;
use crate::api::operations::SEND_BATCH_SMS;
use crate::batch::definition::{Definition, Fallback};
use crate::batch::limits;
use crate::batch::row::Row;
use crate::batch::run;
use crate::cli::batch_flags::{self, BatchFlags};
use crate::cli::defaults::or_default;
use crate::cli::prelude::*;
use crate::sms::template::SmsTemplate;
use crate::sms::{signature, template};

#[derive(Debug, Args)]
#[command(after_help = "\
Rows with the same signature and variables share a call (SendSms, up to 1,000 numbers); the others
share calls with own variables (SendBatchSms, up to 100 numbers). No row is ever sent twice: the
same command, or `alimsg batches resume`, continues after an interruption.

Examples:
  alimsg sms batch customers.csv -s Acme -t SMS_100002 --dry-run
  alimsg sms batch customers.csv -s Acme -t SMS_100002 --map name='First name' --limit 10
  alimsg sms batch customers.csv -s Acme -t SMS_100002 --rate 50 --jobs 8 --yes --json
  alimsg --sandbox sms batch customers.csv -s Acme -t SMS_100002 --yes")]
pub struct Flags {
    #[command(flatten)]
    batch: BatchFlags,

    /// Approved signature, for rows without a value in the column sign
    #[arg(long, short, value_name = "S")]
    sign_name: Option<String>,

    /// Approved template
    #[arg(long, short, value_name = "C")]
    template_code: Option<String>,

    /// Extension code for replies
    #[arg(long, value_name = "CODE")]
    sms_up_extend_code: Option<String>,

    /// Before sending, check that the template and the signature are approved
    #[arg(long)]
    verify: bool,
}

/// Sends a batch of SMS.
///
/// # Errors
/// As [`run::run`].
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let mut flags = flags;
    flags.sign_name = or_default(context, Channel::Sms, "--sign-name", flags.sign_name);
    let mut inputs = Inputs::new(context);
    let template_code =
        inputs.need("--template-code", "Template code", flags.template_code, anything)?;
    inputs.complete(&[template::LIST_APPROVED])?;
    let input = flags.batch.open()?;
    let guard = Guard::for_call(context, &SEND_BATCH_SMS);
    let names = |template: &SmsTemplate| {
        template.variables().into_iter().map(|variable| variable.name).collect::<Vec<_>>()
    };
    let definition = Definition {
        channel: Channel::Sms,
        template_code,
        by_name: false,
        sign: flags.sign_name,
        extend_code: flags.sms_up_extend_code,
        from: None,
        space: None,
        language: None,
        label: None,
        tag: None,
        ttl: None,
        fallback: Fallback::default(),
        mappings: input.mappings.clone(),
        variables: Vec::new(),
    };
    limits::require(context, &definition)?;
    let (code, sign) = (&definition.template_code, definition.sign.as_deref());
    let template = fetch(context, &guard, code, sign, flags.verify)?;
    let text = template.as_ref().map(|template| template.text.clone());
    let render = |definition: &Definition, row: &Row| {
        let template = template.as_ref()?;
        Some(template.as_received(&row.content.sign, &definition.pairs(row)))
    };
    let request = input.request(definition, template.as_ref().map(names), text, &render);
    run::run(context, &guard, request)
}

/// Fetches the template, if its text can be read. With `--verify`, both have to be approved.
fn fetch(
    context: &Context,
    guard: &Guard<'_>,
    code: &str,
    sign_name: Option<&str>,
    verify: bool,
) -> Result<Option<SmsTemplate>> {
    let get = |client: &Client<'_>| {
        if let (Some(name), true) = (sign_name, verify) {
            let (signature, _) = signature::fetch_detail(client, name)?;
            let what = format!("signature {name}");
            require_approved(&what, &signature.status, signature.reason.as_deref())
                .map_err(|failure| failure.next(signature::LIST_APPROVED))?;
        }
        Ok(template::get(client, code))
    };
    let approved = |template: &SmsTemplate| {
        let what = format!("template {code}");
        require_approved(&what, &template.status, template.reason.as_deref())
    };
    let list = template::LIST_APPROVED;
    let template = batch_flags::fetch_template(context, guard, list, verify, get, approved)?;
    Ok(template.filter(SmsTemplate::has_text))
}
