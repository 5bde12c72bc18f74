//! An SMS that is being prepared: some values may still be missing.

use crate::api::call::Call;
use crate::api::operations::SEND_SMS;
use crate::cli::sms::send::{verify, wait};
use crate::error::{Failure, Result};
use crate::message::{params, phone};
use crate::send::idempotency::Tracking;
use crate::send::receipt_lookup::{ReceiptQuery, SmsContent};
use crate::send::{Message, SendOptions};
use crate::sms::template::SmsTemplate;

/// Documented limit: numbers per SendSms call.
const MAX_RECIPIENTS: usize = 1000;

/// Documented limit of `OutId`: less than 256 characters.
const MAX_OUT_ID: usize = 255;

/// The message, with the values that were given so far.
#[derive(Debug)]
pub struct Draft {
    pub recipients: Vec<String>,
    pub sign_name: Option<String>,
    pub template_code: Option<String>,
    /// The template itself, if it was fetched.
    pub template: Option<SmsTemplate>,
    pub variables: Vec<(String, String)>,
    pub tracking: Tracking,
    pub extend_code: Option<String>,
    pub safety: SendOptions,
    pub verify: bool,
    /// How long to wait for receipts, in seconds.
    pub wait: Option<u64>,
}

impl Draft {
    /// Builds the message. Call it when no value is missing.
    pub fn message(&self) -> Message {
        let sign_name = self.sign_name.clone().unwrap_or_default();
        let template_code = self.template_code.clone().unwrap_or_default();
        let json = (!self.variables.is_empty()).then(|| params::to_json(&self.variables));
        let call = Call::to(&SEND_SMS)
            .text("--phone-numbers", self.recipients.join(","))
            .text("--sign-name", &sign_name)
            .text("--template-code", &template_code)
            .optional_text("--template-param", json.as_deref())
            .text("--out-id", &self.tracking.id)
            .optional_text("--sms-up-extend-code", self.extend_code.as_deref());
        Message {
            call,
            recipients: self.recipients.clone(),
            tracking: self.tracking.clone(),
            receipt_query: ReceiptQuery::Sms {
                phones: self.recipients.clone(),
                content: Some(self.content(&sign_name, &template_code)),
            },
            plan: self.plan(&sign_name, &template_code),
            safety: self.safety.clone(),
            reads: if self.verify { verify::calls(&sign_name, &template_code) } else { Vec::new() },
            verify: self.verify.then(|| {
                let (variables, known) = (self.variables.clone(), self.template.clone());
                verify::verification(sign_name, template_code, variables, known)
            }),
            attachment: None,
            follow_up: self.wait.map(|seconds| wait::receipts(&self.recipients, seconds)),
        }
    }

    /// Values that the service probably rejects.
    pub fn warnings(&self) -> Vec<String> {
        let sign_name = self.sign_name.as_deref().unwrap_or_default();
        let bare = sign_name.trim_matches(['【', '】']);
        let signature = (bare != sign_name).then(|| {
            format!(
                "the service adds 【】 around the signature by itself: write --sign-name {bare}"
            )
        });
        let has_link = |(_, value): &&(String, String)| {
            let value = value.to_lowercase();
            ["http://", "https://", "www."].iter().any(|start| value.contains(start))
        };
        let links = self.variables.iter().filter(has_link).map(|(name, _)| {
            format!(
                "the variable {name} has a link, which the service usually rejects \
                 (isv.PARAM_NOT_SUPPORT_URL): put the link into the template"
            )
        });
        signature.into_iter().chain(links).collect()
    }

    /// The content that identifies its receipt among others with the same ID.
    fn content(&self, sign_name: &str, template_code: &str) -> SmsContent {
        SmsContent {
            template_code: template_code.to_string(),
            sign_name: sign_name.to_string(),
            values: self.variables.iter().map(|(_, value)| value.clone()).collect(),
            text: self
                .template
                .as_ref()
                .map(|template| template.as_received(sign_name, &self.variables)),
        }
    }

    fn plan(&self, sign_name: &str, template_code: &str) -> Vec<(String, String)> {
        let mut plan = vec![
            ("to".to_string(), self.recipients.join(", ")),
            ("signature".to_string(), sign_name.to_string()),
            ("template".to_string(), template_code.to_string()),
        ];
        let variable_row =
            |(name, value): &(String, String)| (format!("${{{name}}}"), value.clone());
        plan.extend(self.variables.iter().map(variable_row));
        plan.push(("out-id".to_string(), self.tracking.id.clone()));
        plan.extend(self.extend_code.clone().map(|code| ("extension code".to_string(), code)));
        // --verify adds these rows to the plan.
        if let (Some(template), false) = (&self.template, self.verify) {
            plan.extend(verify::template_rows(template, sign_name, &self.variables));
        }
        plan
    }
}

/// Checks the sender's own ID of a message.
///
/// # Errors
/// It is too long. An empty value is rejected as for every flag.
pub fn check_out_id(id: &str) -> Result<()> {
    let length = id.chars().count();
    if length <= MAX_OUT_ID {
        return Ok(());
    }
    Err(Failure::usage(format!("--out-id has {length} characters; it takes 1 to {MAX_OUT_ID}"))
        .hint("shorten it, or leave it out: alimsg then makes one"))
}

/// Parses and checks a list of numbers, separated by commas.
///
/// # Errors
/// Too many numbers, an invalid number, a duplicate.
pub fn recipients(text: &str) -> Result<Vec<String>> {
    let numbers: Vec<String> = text.split(',').map(str::to_string).collect();
    if numbers.iter().any(|number| number.trim() != number && !number.trim().is_empty()) {
        let list: Vec<&str> = numbers.iter().map(|number| number.trim()).collect();
        return Err(Failure::usage("--phone-numbers has blanks between the numbers")
            .hint(format!("write it without blanks: --phone-numbers {}", list.join(","))));
    }
    if numbers.len() > MAX_RECIPIENTS {
        return Err(Failure::usage(format!(
            "{} numbers given; one call takes at most {MAX_RECIPIENTS}",
            numbers.len()
        ))
        .hint("split the numbers into several sends"));
    }
    let mut seen = std::collections::HashSet::new();
    for number in &numbers {
        phone::check_sms_number("--phone-numbers", number)?;
        if !seen.insert(phone::canonical_sms_number(number)) {
            return Err(Failure::usage(format!("the number {number} is given twice"))
                .hint("give each number once; otherwise its owner would get the message twice"));
        }
    }
    Ok(numbers)
}
