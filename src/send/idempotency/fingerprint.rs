//! Whether two commands mean the same message, told without keeping the message.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::call::{Common, SendCall};
use crate::settings::Credentials;

/// Sets these fingerprints apart from other uses of the same hash.
const NAMESPACE: Uuid = Uuid::from_u128(0x5f0c_8a4e_7a52_4c5b_9d6e_61c1_6d73_6701);

/// A hash (SHA-1, as UUIDs of version 5 have it) of all that makes the message: the operation, its
/// flags and who is to send: profile, region and the choice of credentials. The tracking ID is no
/// part of it, since each attempt may make its own; one that the user gave is compared by itself.
pub fn fingerprint(call: &SendCall, common: &Common, credentials: Credentials) -> String {
    let flags: Vec<Value> = call
        .content(call.operation.product.ids().tracking_flag)
        .into_iter()
        .map(|(flag, words)| {
            let words: Vec<Value> = words.into_iter().map(canonical).collect();
            json!([flag, words])
        })
        .collect();
    let message = json!([
        1,
        call.operation.product.name(),
        call.operation.api,
        flags,
        common.profile,
        common.region,
        credentials == Credentials::Env,
    ]);
    Uuid::new_v5(&NAMESPACE, message.to_string().as_bytes()).to_string()
}

/// JSON says the same in any order of its fields.
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
    use crate::api::operations::SEND_SMS;

    fn sms(param: &str, out_id: &str) -> SendCall {
        SendCall::to(&SEND_SMS)
            .text("--phone-numbers", "13800001000")
            .text("--template-param", param)
            .text("--out-id", out_id)
    }

    fn of(call: &SendCall) -> String {
        fingerprint(call, &Common::default(), Credentials::Auto)
    }

    #[test]
    fn the_same_message_has_the_same_fingerprint_whatever_its_tracking_id() {
        let first = of(&sms(r#"{"a":"1","b":"2"}"#, "one"));
        assert_eq!(first, of(&sms(r#"{"b":"2","a":"1"}"#, "two")));
        assert_ne!(first, of(&sms(r#"{"a":"1","b":"3"}"#, "one")));
        assert!(!first.contains("13800001000"));
    }

    #[test]
    fn another_sender_is_another_message() {
        let call = sms("{}", "one");
        let by = |profile: Option<&str>, region: Option<&str>, credentials| {
            let [profile, region] = [profile, region].map(|name| name.map(str::to_string));
            fingerprint(&call, &Common { profile, region }, credentials)
        };
        assert_eq!(of(&call), by(None, None, Credentials::Auto));
        for other in [
            by(Some("other"), None, Credentials::Auto),
            by(None, Some("cn-beijing"), Credentials::Auto),
            by(None, None, Credentials::Env),
        ] {
            assert_ne!(of(&call), other);
        }
    }
}
