//! Recognizes whether two commands send the same message, without storing the message.

use serde_json::{Value, json};

use crate::api::account::EnvCredentials;
use crate::api::call::SendCall;
use crate::settings::Settings;
use crate::storage::{Identity, Store};

/// The identity of the message of a call: a keyed digest of what reaches the customer, and the
/// account that was chosen to send it.
pub fn identity(store: &dyn Store, call: &SendCall, settings: &Settings) -> Identity {
    Identity { content: store.digest(&content(call)), account: account(settings) }
}

/// Everything that reaches the customer, as text: the operation and its flags, without the flags
/// that only serve look-ups and statistics.
fn content(call: &SendCall) -> String {
    let flags: Vec<Value> = call
        .content()
        .into_iter()
        .map(|(flag, words)| {
            let words: Vec<Value> = words.into_iter().map(canonical).collect();
            json!([flag, words])
        })
        .collect();
    let operation = call.operation;
    json!(["message", 1, operation.product.name(), operation.api, flags]).to_string()
}

/// The chosen account: the profile and region from flags or environment variables, and whether
/// profiles are ignored. Names only: this starts no process and reads no key.
pub fn account(settings: &Settings) -> String {
    let exported = EnvCredentials::from_process(settings);
    let ignores_profiles = exported.decides_alone(settings);
    let profile =
        settings.account_profile().cloned().or(exported.profile).filter(|_| !ignores_profiles);
    json!({
        "profile": profile,
        "region": settings.region,
        "credentials": if ignores_profiles { "env" } else { "auto" },
    })
    .to_string()
}

/// Sorts the fields of JSON, because their order has no meaning.
fn canonical(word: String) -> Value {
    match serde_json::from_str::<Value>(&word) {
        Ok(mut value @ (Value::Object(_) | Value::Array(_))) => {
            value.sort_all_objects();
            value
        }
        _ => Value::String(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::operations::{SEND_CHATAPP_MESSAGE, SEND_SMS};

    fn sms(param: &str, out_id: &str) -> SendCall {
        SendCall::to(&SEND_SMS)
            .text("--phone-numbers", "13800001000")
            .text("--template-param", param)
            .text("--out-id", out_id)
    }

    #[test]
    fn the_tracking_id_and_the_order_of_fields_do_not_matter() {
        let first = content(&sms(r#"{"a":"1","b":"2"}"#, "one"));
        assert_eq!(first, content(&sms(r#"{"b":"2","a":"1"}"#, "two")));
        assert_ne!(first, content(&sms(r#"{"a":"1","b":"3"}"#, "one")));
    }

    #[test]
    fn only_what_reaches_the_customer_counts() {
        let text = |more: &[(&'static str, &str)]| {
            let call = SendCall::to(&SEND_CHATAPP_MESSAGE)
                .text("--from", "1")
                .text("--to", "2")
                .text("--content", r#"{"text":"Hello"}"#);
            content(&more.iter().fold(call, |call, (flag, value)| call.text(flag, *value)))
        };
        for (flag, counts) in [
            ("--cust-space-id", false),
            ("--task-id", false),
            ("--tracking-data", false),
            ("--tag", false),
            ("--context-message-id", true),
            ("--fall-back-content", true),
            ("--label", true),
        ] {
            assert_eq!(text(&[(flag, "x")]) != text(&[]), counts, "{flag}");
        }
    }
}
