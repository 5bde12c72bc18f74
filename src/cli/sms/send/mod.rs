//! `alimsg sms send`: sends one SMS to 1 to 1,000 numbers.

mod draft;
mod pick;
mod verify;
mod wait;

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::api::operations::SEND_SMS;
use crate::cli::defaults::or_default;
use crate::cli::param_flags::ParamFlags;
use crate::cli::prelude::*;
use crate::cli::prompts::name_missing_variables;
use crate::cli::send_flags::SendFlags;
use crate::error::Outcome;
use crate::message::params;
use crate::send;
use crate::send::idempotency::Tracking;
use crate::sms::{signature, template};
use draft::{Draft, check_out_id, recipients};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg sms send -p 13800001000 -s Acme -t SMS_100002 --param name=Alice --param order=42
  alimsg sms send -p 13800001000,13800001001 -s Acme -t SMS_100003 --yes --json
  alimsg sms send -p 13800001000 -s Acme -t SMS_100003 --verify --wait --idempotency-key order-42
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100003 --yes")]
pub struct Flags {
    /// Recipients: 11 digits, or +86 and 11 digits, or country code and number
    #[arg(long, short, visible_alias = "to", value_name = "N", value_delimiter = ',')]
    phone_numbers: Vec<String>,

    /// Approved signature [default: pick from a list at a terminal]
    #[arg(long, short, value_name = "S")]
    sign_name: Option<String>,

    /// Approved template [default: pick from a list at a terminal]
    #[arg(long, short, value_name = "C")]
    template_code: Option<String>,

    #[command(flatten)]
    params: ParamFlags,

    /// Your own ID for the message, to find it later [default: a new ID]
    #[arg(long, short, value_name = "ID")]
    out_id: Option<String>,

    /// Extension code for replies
    #[arg(long, value_name = "CODE")]
    sms_up_extend_code: Option<String>,

    /// Before sending, check that signature and template are approved and no variable is missing
    #[arg(long)]
    verify: bool,

    /// After the message is accepted, wait until every receipt is final, at most SECS seconds
    #[arg(long, value_name = "SECS", num_args = 0..=1, require_equals = true,
          default_missing_value = "120", value_parser = clap::value_parser!(u64).range(..=86_400))]
    wait: Option<u64>,

    #[command(flatten)]
    safety: SendFlags,
}

/// Sends an SMS. If the service rejects the signature or the template, nothing was sent. At a
/// terminal, the user can then pick another one and confirms the new plan.
///
/// # Errors
/// As [`send::deliver`].
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let mut draft = draft(context, flags)?;
    let guard = Guard::for_call(context, &SEND_SMS);
    let can_pick = context.settings.interactive && !context.settings.yes;
    loop {
        pick::complete(context, &guard, &mut draft)?;
        draft.warnings().into_iter().for_each(|warning| context.screen.warn(warning));
        let failure = match send::deliver(context, &guard, draft.message()) {
            Ok(report) => return Ok(report),
            Err(failure) => failure,
        };
        match Rejected::from_failure(&failure).filter(|_| can_pick) {
            Some(Rejected::Signature) => draft.sign_name = None,
            Some(Rejected::Template) => draft.template_code = None,
            None => {
                let fetch = || {
                    let client = Client::open(context, &guard)?;
                    let code = draft.template_code.as_deref().unwrap_or_default();
                    Ok(template::get(&client, code)?.variables())
                };
                return Err(name_missing_variables(failure, &draft.variables, fetch));
            }
        }
        context.screen.note(&format!("nothing was sent: {}", failure.message));
    }
}

/// The part that the service rejected; the user can pick another one.
#[derive(Clone, Copy)]
enum Rejected {
    Signature,
    Template,
}

impl Rejected {
    fn from_failure(failure: &Failure) -> Option<Self> {
        match (failure.outcome, failure.code.as_deref()?) {
            (Outcome::NotSent, "isv.SMS_SIGN_NAME_ILLEGAL" | "isv.SMS_SIGNATURE_ILLEGAL") => {
                Some(Self::Signature)
            }
            (Outcome::NotSent, "isv.SMS_TEMPLATE_ILLEGAL") => Some(Self::Template),
            _ => None,
        }
    }
}

/// Builds the draft from the flags. Without a terminal, all values must be given.
fn draft(context: &Context, flags: Flags) -> Result<Draft> {
    let safety = flags.safety.check()?;
    let variables = flags.params.values()?;
    params::require_values(&variables)?;
    if let Some(out_id) = &flags.out_id {
        check_out_id(out_id)?;
    }
    let given = (!flags.phone_numbers.is_empty()).then(|| flags.phone_numbers.join(","));
    let mut inputs = Inputs::new(context);
    let numbers =
        inputs.need("--phone-numbers", "Phone numbers, separated by commas", given, |text| {
            recipients(text).map(drop)
        })?;
    let mut sign_name = or_default(context, Channel::Sms, "--sign-name", flags.sign_name);
    let mut template_code = flags.template_code;
    if !context.settings.interactive || context.settings.dry_run {
        // Without a terminal, the user cannot pick them from the lists.
        sign_name = Some(inputs.need("--sign-name", "Signature", sign_name, anything)?);
        template_code =
            Some(inputs.need("--template-code", "Template code", template_code, anything)?);
    }
    inputs.complete(&[signature::LIST_APPROVED, template::LIST_APPROVED])?;
    Ok(Draft {
        recipients: recipients(&numbers)?,
        sign_name,
        template_code,
        template: None,
        variables,
        tracking: Tracking::given_or_new(flags.out_id),
        extend_code: flags.sms_up_extend_code,
        safety,
        verify: flags.verify,
        wait: flags.wait,
    })
}
