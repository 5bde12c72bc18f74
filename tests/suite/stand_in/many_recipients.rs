//! The calls with many recipients.

use serde_json::{Value, json};

use super::{AGENT, NO_RETRY, VERSION, aliyun, refusal, with_ai_mode};

fn batch(changes: &[(&str, Value)]) -> Vec<String> {
    let flags = [
        ("--phone-number-json", json!(["13800000001", "13800000002"])),
        ("--sign-name-json", json!(["Acme", "Acme"])),
        ("--template-param-json", json!([{ "name": "A" }, { "name": "B" }])),
        ("--sms-up-extend-code-json", json!(["1", "2"])),
    ];
    let mut words = ["dysmsapi", "send-batch-sms", AGENT, VERSION, NO_RETRY].to_vec();
    words.extend(["--template-code=SMS_1", "--out-id=a"]);
    with(words, &flags, changes)
}

fn mass(changes: &[(&str, Value)]) -> Vec<String> {
    let list = json!([
        { "To": "8613800000001", "TemplateParams": { "name": "A" } },
        { "To": "8613800000002", "Payload": ["a"], "RecipientType": "individual" },
    ]);
    let mut words = ["cams", "send-chatapp-mass-message", AGENT, NO_RETRY].to_vec();
    words.extend(["--channel-type=whatsapp", "--from=8613800000001", "--biz-language=en"]);
    words.extend(["--template-code=1", "--task-id=a"]);
    with(words, &[("--sender-list", list)], changes)
}

/// The words with these flags; a change replaces the flag of the same name, `null` removes it.
fn with(words: Vec<&str>, flags: &[(&str, Value)], changes: &[(&str, Value)]) -> Vec<String> {
    let changed = |name: &str| changes.iter().any(|(other, _)| *other == name);
    let kept = flags.iter().filter(|(name, _)| !changed(name));
    let new = kept.chain(changes).filter(|(_, value)| !value.is_null());
    let new = new.map(|(name, value)| format!("{name}={value}"));
    words.into_iter().map(str::to_owned).chain(new).collect()
}

fn words(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

#[test]
fn valid_calls_are_sent_with_the_ids_of_their_replies() {
    let world = with_ai_mode();
    let ran = aliyun(&world, &words(&batch(&[]))).exits(0);
    assert!(ran.json()["BizId"].is_string(), "{ran:#?}");
    let ran = aliyun(&world, &words(&mass(&[]))).exits(0);
    assert!(ran.json()["GroupMessageId"].is_string(), "{ran:#?}");
    assert_eq!(world.sent().len(), 2);
    assert!(world.violations().is_empty(), "{:#?}", world.violations());
}

#[test]
fn malformed_calls_are_refused() {
    let world = with_ai_mode();
    let numbers = |count: usize| json!(vec!["13800000001"; count]);
    let recipients = |entry: Value, count: usize| json!(vec![entry; count]);
    let valid = json!({ "To": "8613800000001" });
    for call in [
        batch(&[("--phone-number-json", json!([]))]),
        batch(&[("--phone-number-json", numbers(1))]),
        batch(&[("--phone-number-json", numbers(101))]),
        batch(&[("--phone-number-json", json!([1, 2]))]),
        batch(&[("--phone-number-json", json!("13800000001"))]),
        batch(&[("--phone-number-json", Value::Null)]),
        batch(&[("--sign-name-json", json!(["Acme"]))]),
        batch(&[("--sign-name-json", json!(["Acme", ""]))]),
        batch(&[("--sign-name-json", Value::Null)]),
        batch(&[("--template-param-json", json!([{ "name": "A" }]))]),
        batch(&[("--template-param-json", json!([{ "name": "A" }, { "name": 1 }]))]),
        batch(&[("--sms-up-extend-code-json", json!(["1"]))]),
        batch(&[("--phone-numbers", json!("13800000001"))]),
        mass(&[("--sender-list", json!([]))]),
        mass(&[("--sender-list", json!({}))]),
        mass(&[("--sender-list", recipients(valid, 1001))]),
        mass(&[("--sender-list", json!([{ "To": "+8613800000001" }]))]),
        mass(&[("--sender-list", json!([{ "TemplateParams": {} }]))]),
        mass(&[("--sender-list", json!([{ "To": "8613800000001", "Name": "A" }]))]),
        mass(&[("--sender-list", Value::Null)]),
        mass(&[("--to", json!("8613800000001"))]),
        mass(&[("--type", json!("template"))]),
    ] {
        refusal(&world, &words(&call));
    }
}
