//! Private values in errors, in every encoding.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::api::call::SendCall;
use crate::api::operations::{CREATE_CHATAPP_TEMPLATE, SEND_CHATAPP_MESSAGE, SEND_SMS};
use crate::api::redaction::*;
use crate::error::Kind;

fn sms(param: &Value) -> SendCall {
    Call::to(&SEND_SMS)
        .text("--phone-numbers", "13800001000")
        .text("--sign-name", "Acme")
        .text("--template-code", "SMS_1")
        .text("--template-param", param.to_string())
        .text("--out-id", "order-4829-x")
}

fn redaction_for<E>(call: &Call<E>) -> Redaction {
    let mut redaction = Redaction::default();
    redaction.add(call);
    redaction
}

fn redacted(text: &str) -> String {
    redaction_for(&sms(&json!({"code": "482913", "name": "Ann Lee+1"}))).text(text)
}

#[test]
fn a_connection_error_of_go_keeps_its_cause_and_loses_the_query() {
    let error = "Post \"https://dysmsapi.aliyuncs.com/?AccessKeyId=LTAI5tAbCdEfGh&PhoneNumbers=\
                 13800001000&SecurityToken=CAISxyz%2F&TemplateParam=%7B%22code%22%3A%22482913%22%7D\
                 &Signature=aB%2Bc%3D\": read tcp 10.0.0.1:5->47.1.2.3:443: connection reset by peer";
    assert_eq!(
        redacted(error),
        "Post \"https://dysmsapi.aliyuncs.com/?***\": read tcp 10.0.0.1:5->47.1.2.3:443: \
         connection reset by peer"
    );
    let quoted = serde_json::to_string(error).expect("JSON");
    assert!(!redacted(&quoted).contains("PhoneNumbers"), "{}", redacted(&quoted));
    let twice = serde_json::to_string(&quoted).expect("JSON").replace('&', "\\u0026");
    assert!(!redacted(&twice).contains("PhoneNumbers"), "{}", redacted(&twice));
    for (text, expected) in [
        ("GET /?Action=SendSms&Code=1 failed", "GET /?*** failed"),
        ("see https://h/a?b#c, then", "see https://h/a?*** then"),
        ("proxy http://me:secret@proxy:8080: no route", "proxy http://***@proxy:8080: no route"),
        ("sent AccessKeyId=abcd&Action=x to it", "sent *** to it"),
        ("https%3A%2F%2Fh%2F%3Fa%3Db%26c%3Dd.", "https%3A%2F%2Fh%2F%3F***"),
        ("why? because a=b", "why? because a=b"),
    ] {
        assert_eq!(redacted(text), expected);
    }
}

#[test]
fn keys_and_the_string_to_sign_are_hidden_by_patterns() {
    let plain = Redaction::default();
    for (text, expected) in [
        (
            "Specified signature is not matched. server string to sign is:POST&%2F&AccessKeyId%3D\
             LTAIabcdefgh%26PhoneNumbers%3D13800001000%26Code%253D1 request id: 1A2B-3C",
            "Specified signature is not matched. server string to sign is:*** request id: 1A2B-3C",
        ),
        ("key LTAI5tAbCdEfGh is wrong", "key *** is wrong"),
        ("token STS.NUabc_def-1 expired", "token *** expired"),
        (r#"{"SecurityToken":"abc","Expire":3}"#, r#"{"SecurityToken":"***","Expire":3}"#),
        ("<Signature>a/b=</Signature>", "<Signature>***</Signature>"),
        ("Authorization: OSS LTAIabcd:xyz= end", "Authorization: *** end"),
        ("SignatureDoesNotMatch: check the key", "SignatureDoesNotMatch: check the key"),
        ("InvalidSecurityToken.Expired: log in", "InvalidSecurityToken.Expired: log in"),
    ] {
        assert_eq!(plain.text(text), expected);
    }
}

#[test]
fn codes_and_ids_are_kept() {
    let mut failure = Failure::new(
        Kind::Rejected,
        "refused (isv.482913: no 482913 in 99482913-A or order-4829-x)",
    );
    failure.code = Some("isv.482913".into());
    failure.request_id = Some("99482913-A".into());
    failure.raw = Some(json!({
        "Code": "isv.482913", "RequestId": "99482913-A", "Message": "482913", "482913": 482_913,
        "BizId": "482913^0", "AccessKeyId": "482913-x", "Data": [{"Text": "Ann Lee+1", "N": 5}],
        "MessageId": "wamid.HBg+482913/a==", "OutId": "LTAI5tAbCdEf",
    }));
    let shown =
        redaction_for(&sms(&json!({"code": "482913", "name": "Ann Lee+1"}))).failure(failure);
    assert_eq!(shown.message, "refused (isv.482913: no *** in 99482913-A or order-4829-x)");
    assert_eq!(shown.code.as_deref(), Some("isv.482913"));
    assert_eq!(
        shown.raw,
        Some(json!({
            "Code": "isv.482913", "RequestId": "99482913-A", "Message": "***", "***": "***",
            "BizId": "482913^0", "AccessKeyId": "***-x", "Data": [{"Text": "***", "N": 5}],
            "MessageId": "wamid.HBg+482913/a==", "OutId": "***",
        }))
    );
    // A text in the place of a code is hidden.
    let mut failure = Failure::new(Kind::Rejected, "refused");
    failure.code = Some("no 482913".into());
    let shown = redaction_for(&sms(&json!({"code": "482913"}))).failure(failure);
    assert_eq!(shown.code.as_deref(), Some("no ***"));
}

#[test]
fn short_values_are_kept_and_words_are_hidden_as_a_whole() {
    let redaction =
        redaction_for(&sms(&json!({"a": "12", "b": "Anna", "c": "Annabelle", "d": "你好吗"})));
    assert_eq!(redaction.text("12 Annas, Annabelle and 你好吗"), "12 ***, *** and 你好吗");
    assert_eq!(redacted("x482913y 1482913"), "*** ***");
    assert_eq!(redacted("the template param is wrong"), "the template param is wrong");
}

#[test]
fn several_recipients_are_distinguishable() {
    assert_eq!(redacted("13800001000, 8613800001000"), "***, ***");
    let call = Call::to(&SEND_SMS).text("--phone-numbers", "13800001000,+8613800001001");
    let shown = redaction_for(&call).text("13800001001 and 13800001000 are wrong");
    assert_eq!(shown, "***01 and ***00 are wrong");
}

#[test]
fn values_in_json_are_hidden_and_types_are_not() {
    let content = json!({"type": "button", "body": {"text": "Meet me\nat 1234567 Elm"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": "tomorrow"}}]}});
    let call = Call::to(&SEND_CHATAPP_MESSAGE)
        .text("--content", content.to_string())
        .list("--payload", &["pay-load".into(), r#"{"x":"inner value"}"#.into()])
        .map("--template-params", &[("1".into(), "first value".into())]);
    let shown = redaction_for(&call).text(
        "a reply button: Meet me / Meet me at 1234567 Elm / code 1234567 / tomorrow / pay-load / \
         inner value / first value",
    );
    assert_eq!(shown, "a reply button: *** / *** / code *** / *** / *** / *** / ***");
    let components = json!([{"Type": "BODY", "Text": "Hello there"}]);
    let call = Call::to(&CREATE_CHATAPP_TEMPLATE).json("--components", &components);
    assert_eq!(redaction_for(&call).text("BODY: Hello there"), "BODY: ***");
}

#[test]
fn truncated_values_are_hidden() {
    assert_eq!(redacted("it said 48291…"), "it said ***…");
    assert_eq!(redacted("it said Ann L... and went"), "it said ***... and went");
    assert_eq!(redacted("it said Ann+Lee%2"), "it said ***");
    assert_eq!(redacted(r"it said Ann L\&qu"), "it said ***");
    assert_eq!(redacted("it said 482"), "it said 482");
}

#[test]
fn a_long_text_is_truncated_and_a_large_reply_is_limited() {
    let text = "482913 ".repeat(100_000);
    let shown = redacted(&text);
    assert!(shown.len() <= MAX_TEXT && shown.ends_with('…') && !shown.contains("4829"));
    let large = json!(vec!["x".repeat(10_000); 50]);
    let shown = Redaction::default().json(&large);
    assert_eq!(shown[0], large[0]);
    assert_eq!(shown[49], HIDDEN);
    // The IDs and codes of a large reply are kept.
    let reply = json!({ "Filler": "x".repeat(MAX_JSON + 1), "MessageId": "m-1", "Code": "OK" });
    let shown = Redaction::default().json(&reply);
    assert_eq!(shown, json!({ "Filler": "***", "MessageId": "m-1", "Code": "OK" }));
}

/// Encodes a value in one of the ways in which errors quote it.
fn encode(value: &str, how: u8) -> String {
    let percent = |upper: bool, form: bool| -> String {
        let byte = |byte: u8| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            b' ' if form => "+".into(),
            _ if upper => format!("%{byte:02X}"),
            _ => format!("%{byte:02x}"),
        };
        value.bytes().map(byte).collect()
    };
    let json = || {
        let text = serde_json::to_string(value).expect("JSON");
        text[1..text.len() - 1].to_string()
    };
    match how % 8 {
        0 => value.to_string(),
        1 => percent(true, false),
        2 => percent(false, false),
        3 => percent(true, true),
        4 => json(),
        5 => json().replace('&', "\\u0026").replace('<', "\\u003c").replace('/', "\\/"),
        6 => value.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
        _ => value.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&#x3c;"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_private_value_survives_in_any_encoding(
        // A marker that the test can search for.
        before in "[ -~你é😀]{0,12}",
        marker in "[a-z0-9]{6,12}",
        after in "[ -~\n\"\\\\%+&]{0,12}",
        layers in prop::collection::vec(any::<u8>(), 0..3),
        around in "[ -~]{0,20}",
        cut in any::<prop::sample::Index>(),
    ) {
        let value = format!("{before}{marker}{after}");
        let encoded = layers.iter().fold(value.clone(), |text, how| encode(&text, *how));
        for call in [
            sms(&json!({"code": value})),
            Call::to(&SEND_CHATAPP_MESSAGE).text("--content", json!({"text": value}).to_string()),
            Call::to(&SEND_CHATAPP_MESSAGE).map("--template-params", &[("1".into(), value.clone())]),
        ] {
            let redaction = redaction_for(&call);
            let shown = redaction.text(&format!("{around} {encoded} {around}"));
            let decoded = View::layers(&shown);
            let plain = String::from_utf8_lossy(&decoded[decoded.len() - 1].bytes).into_owned();
            prop_assert!(
                around.contains(&marker) || !(shown.contains(&marker) || plain.contains(&marker)),
                "{value:?} as {encoded:?} in {shown:?}"
            );
            // Truncated at any position: the rest must not reveal the marker.
            let end = boundary_before(&encoded, cut.index(encoded.len() + 1));
            let shown = redaction.text(&encoded[..end]);
            prop_assert!(!shown.contains(&marker), "{value:?} cut to {:?}: {shown:?}", &encoded[..end]);
        }
    }

    #[test]
    fn arbitrary_text_does_not_panic(text in "(?s).{0,80}", value in "(?s).{0,40}") {
        let redaction = redaction_for(&sms(&json!({"v": value})));
        let shown = redaction.text(&format!("{text}{value}%{text}\\u"));
        prop_assert!(shown.len() <= 3 * (2 * text.len() + value.len() + 10));
    }
}
