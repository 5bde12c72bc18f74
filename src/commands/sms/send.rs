//! `alimsg sms send`: one text to 1 to 1,000 numbers.

use clap::Args;

use crate::call::{Call, shell_line};
use crate::commands::{Inputs, anything};
use crate::delivery::{self, Message};
use crate::failure::{Failure, Result};
use crate::operations::SEND_SMS;
use crate::report::Report;
use crate::run::Run;
use crate::{phone, variables};

/// The most numbers of one call; documented.
const MOST_RECIPIENTS: usize = 1000;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg sms send -p 13800001000 -s Acme -t SMS_100002 --param name=Alice --param order=42
  alimsg sms send -p 13800001000,13800001001 -s Acme -t SMS_100003 --yes --json
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100003 --yes")]
pub struct Flags {
    /// Recipients: 11 digits, or +86 and 11 digits, or country code and number
    #[arg(long, short, visible_alias = "to", value_name = "N", value_delimiter = ',')]
    phone_numbers: Vec<String>,

    /// Approved signature
    #[arg(long, short, value_name = "S")]
    sign_name: Option<String>,

    /// Approved template
    #[arg(long, short, value_name = "C")]
    template_code: Option<String>,

    /// Variables of the template as JSON; all values are strings
    #[arg(long, value_name = "JSON", conflicts_with = "param")]
    template_param: Option<String>,

    /// One variable of the template; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    param: Vec<String>,

    /// ID by which the message can be found again [default: a new one]
    #[arg(long, short, value_name = "ID")]
    out_id: Option<String>,

    /// Extension code for replies
    #[arg(long, value_name = "CODE")]
    sms_up_extend_code: Option<String>,
}

pub fn run(run: &Run, flags: Flags) -> Result<Report> {
    delivery::deliver(run, &message(run, flags)?)
}

fn message(run: &Run, flags: Flags) -> Result<Message> {
    let variables = match &flags.template_param {
        Some(json) => variables::from_json("--template-param", json)?,
        None => variables::from_pairs("--param", &flags.param)?,
    };
    let given = (!flags.phone_numbers.is_empty()).then(|| flags.phone_numbers.join(","));
    let mut inputs = Inputs::new(run);
    let numbers =
        inputs.need("--phone-numbers", "Phone numbers, separated by commas", given, |text| {
            recipients(text).map(drop)
        })?;
    let sign_name = inputs.need("--sign-name", "Signature", flags.sign_name, anything)?;
    let template =
        inputs.need("--template-code", "Template code", flags.template_code, anything)?;
    inputs.complete(&[
        "aliyun dysmsapi query-sms-sign-list",
        "aliyun dysmsapi query-sms-template-list",
    ])?;
    let recipients = recipients(&numbers)?;
    let out_id = flags.out_id.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());

    let json = (!variables.is_empty()).then(|| variables::to_json(&variables));
    let call = Call::to(&SEND_SMS)
        .text("--phone-numbers", recipients.join(","))
        .text("--sign-name", &sign_name)
        .text("--template-code", &template)
        .optional_text("--template-param", json.as_deref())
        .text("--out-id", &out_id)
        .optional_text("--sms-up-extend-code", flags.sms_up_extend_code.as_deref());
    let mut plan = vec![
        ("to".to_string(), recipients.join(", ")),
        ("signature".to_string(), sign_name),
        ("template".to_string(), template),
    ];
    plan.extend(variables.into_iter().map(|(name, value)| (format!("${{{name}}}"), value)));
    plan.push(("out-id".to_string(), out_id.clone()));
    plan.extend(flags.sms_up_extend_code.map(|code| ("extension code".to_string(), code)));
    let check = check_later(&recipients, &out_id);
    Ok(Message {
        call,
        recipients,
        tracking: ("out_id", out_id),
        receipt: ("biz_id", &["BizId"]),
        plan,
        check,
        verify: None,
    })
}

/// Splits and checks a list of numbers.
fn recipients(text: &str) -> Result<Vec<String>> {
    let numbers: Vec<String> = text.split(',').map(str::to_string).collect();
    if numbers.len() > MOST_RECIPIENTS {
        return Err(Failure::usage(format!(
            "{} numbers are too many for one call: {MOST_RECIPIENTS} at most",
            numbers.len()
        ))
        .hint("split them into several calls"));
    }
    let mut seen = std::collections::HashSet::new();
    for number in &numbers {
        phone::check_sms_number("--phone-numbers", number)?;
        if !seen.insert(phone::canonical_sms_number(number)) {
            return Err(Failure::usage(format!("the number {number} is given twice"))
                .hint("give each number once: nobody is to get the message twice"));
        }
    }
    Ok(numbers)
}

fn check_later(recipients: &[String], out_id: &str) -> String {
    shell_line(
        "alimsg",
        &["sms", "status", "-p", &recipients[0], "--out-id", out_id].map(Into::into),
    )
}
