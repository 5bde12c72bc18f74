//! The calls with many recipients: the only ones whose flags and lists are known here, since one
//! wrong element costs many messages.

use serde_json::Value;

use crate::answer::Answer;
use crate::words::{HOST_FLAGS, SWITCHES, Words};

/// The longest argument that Linux passes on.
const MAX_ARGUMENT: usize = 131_071;

const BATCH_SMS: [&str; 6] = [
    "phone-number-json",
    "sign-name-json",
    "template-code",
    "template-param-json",
    "sms-up-extend-code-json",
    "out-id",
];
const MASS_MESSAGE: [&str; 15] = [
    "channel-type",
    "cust-space-id",
    "fall-back-content",
    "fall-back-duration",
    "fall-back-id",
    "fall-back-rule",
    "from",
    "label",
    "biz-language",
    "sender-list",
    "tag",
    "task-id",
    "template-code",
    "template-name",
    "ttl",
];
const RECIPIENT: [&str; 6] =
    ["To", "TemplateParams", "Payload", "RecipientType", "FlowAction", "ProductAction"];

/// Checks such a call; other calls pass.
pub fn check(words: &Words, command: &str) -> Result<(), Answer> {
    match command {
        "send-batch-sms" => {
            check_flags(words, &BATCH_SMS, &BATCH_SMS[..3])?;
            check_batch(words)
        }
        "send-chatapp-mass-message" => {
            check_flags(words, &MASS_MESSAGE, &["channel-type", "from", "biz-language"])?;
            check_mass(words)
        }
        _ => Ok(()),
    }
}

fn check_flags(words: &Words, known: &[&str], required: &[&str]) -> Result<(), Answer> {
    for (name, values) in words.flags() {
        if ![known, &HOST_FLAGS, &SWITCHES].iter().any(|flags| flags.contains(&name)) {
            return Err(Answer::usage(&format!("unknown flag: --{name}")));
        }
        let length = values.iter().map(|value| "--=".len() + name.len() + value.len()).max();
        if length > Some(MAX_ARGUMENT) {
            return Err(Answer::failure(&format!("--{name}: argument list too long")));
        }
    }
    match required.iter().find(|name| words.flag(name).is_none()) {
        Some(name) => Err(Answer::failure(&format!("required flag --{name} not set"))),
        None => Ok(()),
    }
}

/// All lists have one element for each number.
fn check_batch(words: &Words) -> Result<(), Answer> {
    let phones = list(words, "phone-number-json")?;
    if !(1..=100).contains(&phones.len()) {
        return Err(Answer::failure(&format!("{} numbers instead of 1 to 100", phones.len())));
    }
    for (flag, is_valid) in [
        ("phone-number-json", is_text as fn(&Value) -> bool),
        ("sign-name-json", is_text),
        ("template-param-json", is_map),
        ("sms-up-extend-code-json", is_text),
    ] {
        if words.flag(flag).is_none() {
            continue;
        }
        let values = list(words, flag)?;
        if values.len() != phones.len() || !values.iter().all(is_valid) {
            let error = format!("--{flag} needs one valid element for each number");
            return Err(Answer::failure(&error));
        }
    }
    Ok(())
}

fn check_mass(words: &Words) -> Result<(), Answer> {
    let recipients = list(words, "sender-list")?;
    if !(1..=1000).contains(&recipients.len()) {
        let error = format!("{} recipients instead of 1 to 1000", recipients.len());
        return Err(Answer::failure(&error));
    }
    let is_number = |to: &str| !to.is_empty() && to.bytes().all(|byte| byte.is_ascii_digit());
    let is_valid = |recipient: &Value| {
        recipient.as_object().is_some_and(|fields| {
            fields.keys().all(|name| RECIPIENT.contains(&name.as_str()))
                && fields.get("TemplateParams").is_none_or(is_map)
                && fields.get("To").and_then(Value::as_str).is_some_and(is_number)
        })
    };
    match recipients.iter().position(|recipient| !is_valid(recipient)) {
        Some(index) => Err(Answer::failure(&format!("--sender-list: element {index} is invalid"))),
        None => Ok(()),
    }
}

fn list(words: &Words, flag: &str) -> Result<Vec<Value>, Answer> {
    match serde_json::from_str(words.flag(flag).unwrap_or_default()) {
        Ok(Value::Array(values)) => Ok(values),
        _ => Err(Answer::failure(&format!("--{flag} must be a JSON array"))),
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

fn is_map(value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.values().all(Value::is_string))
}
