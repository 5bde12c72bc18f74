//! What makes two messages equal: everything that the recipient sees.

use serde_json::{Value, json};

use crate::api::call::SendCall;
use crate::api::operations::Product;
use crate::message::phone;
use crate::send::idempotency::canonical;

/// Flags that every text below begins with, or whose values the recipient does not see. With other
/// values of these, the recipient would get the same message twice.
const NOT_COMPARED: [&str; 14] = [
    "--channel-type",
    "--from",
    "--to",
    "--type",
    "--message-type",
    "--content",
    "--phone-numbers",
    "--sign-name",
    "--fall-back-id",
    "--fall-back-rule",
    "--fall-back-duration",
    "--label",
    "--payload",
    "--ttl",
];

/// The message to each recipient, as text: channel, sender, recipient and content. Two texts are
/// equal if the recipient cannot tell the messages apart.
pub fn texts(call: &SendCall, recipients: &[String]) -> Vec<String> {
    let value = |flag| call.value(flag).unwrap_or_default().to_string();
    let (channel, sender) = match call.operation.product {
        Product::Cams => (value("--channel-type"), value("--from")),
        Product::Dysmsapi => ("sms".to_string(), value("--sign-name")),
    };
    let kind = call.value("--message-type").unwrap_or("template").to_string();
    let content = match canonical(value("--content")) {
        Value::String(text) => text,
        json => json.to_string(),
    };
    let others: Vec<String> = call
        .content()
        .into_iter()
        .filter(|(flag, _)| !NOT_COMPARED.contains(flag))
        .map(|(flag, words)| {
            json!([flag, words.into_iter().map(canonical).collect::<Vec<_>>()]).to_string()
        })
        .collect();
    recipients
        .iter()
        .map(|recipient| {
            let recipient = match call.operation.product {
                Product::Cams => recipient,
                Product::Dysmsapi => phone::canonical_sms_number(recipient),
            };
            let mut parts: Vec<&str> = vec![&channel, &sender, recipient, &kind, &content];
            parts.extend(others.iter().map(String::as_str));
            // The hashes of version 2 of the store are those of the same texts.
            json!(["duplicate", 1, parts]).to_string()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::operations::{SEND_CHATAPP_MESSAGE, SEND_SMS};

    fn text(more: &[(&'static str, &str)]) -> Vec<String> {
        let call = SendCall::to(&SEND_CHATAPP_MESSAGE)
            .text("--channel-type", "whatsapp")
            .text("--from", "1")
            .text("--to", "2")
            .text("--message-type", "text")
            .text("--content", r#"{"text":"Hello"}"#);
        let call = more.iter().fold(call, |call, (flag, value)| call.text(flag, *value));
        texts(&call, &["2".to_string()])
    }

    #[test]
    fn what_the_recipient_sees_counts_and_the_text_of_version_2_stays() {
        let old = r#"["duplicate",1,["whatsapp","1","2","text","{\"text\":\"Hello\"}"]]"#;
        assert_eq!(text(&[]), [old]);
        for (flag, counts) in [
            ("--task-id", false),
            ("--cust-space-id", false),
            ("--tracking-data", false),
            ("--fall-back-id", false),
            ("--fall-back-rule", false),
            ("--label", false),
            ("--context-message-id", true),
            ("--fall-back-content", true),
        ] {
            assert_eq!(text(&[(flag, "x")]) != text(&[]), counts, "{flag}");
        }
    }

    #[test]
    fn an_sms_is_equal_for_all_notations_of_a_number_and_orders_of_its_variables() {
        let sms = |numbers: &[&str], param: &str| {
            let call = SendCall::to(&SEND_SMS)
                .text("--phone-numbers", numbers.join(","))
                .text("--sign-name", "Acme")
                .text("--template-code", "SMS_1")
                .text("--template-param", param);
            texts(&call, &numbers.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let first = sms(&["13800001000"], r#"{"a":"1","b":"2"}"#);
        assert_eq!(first, sms(&["+8613800001000"], r#"{"b":"2","a":"1"}"#));
        assert_ne!(first, sms(&["13800001000"], r#"{"a":"1","b":"3"}"#));
        let both = sms(&["13800001001", "008613800001000"], r#"{"a":"1","b":"2"}"#);
        assert_eq!(both[1], first[0]);
        assert_ne!(both[0], first[0]);
    }
}
