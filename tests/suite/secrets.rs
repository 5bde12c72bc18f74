//! Errors of `aliyun` and the services may quote secrets. alimsg shows no access key, no token, no
//! query of a URL and no content of the message.

use crate::support::messages::{SMS, TEMPLATE, TEXT, and};
use crate::support::{Ran, World, for_any, reply_to};
use proptest::prelude::*;
use serde_json::{Value, json};

const KEY: &str = "LTAI5tAbCdEfGhIjKlMn";
const TOKEN: &str = "CAISabcdefghijklmnop/qrs+tuv==";

/// Everything that a run prints.
fn shown(ran: &Ran) -> String {
    format!("{}{}", ran.stdout, ran.stderr)
}

/// The run in text with `-v` and in JSON, both with the same rule for the product call.
fn both(words: &[&str], rule: &Value) -> [Ran; 2] {
    ["-v", "--json"].map(|flag| {
        let world = World::new();
        let mut rule = rule.clone();
        rule["match"] = json!([if words[0] == "sms" { "dysmsapi" } else { "cams" }]);
        world.script(json!([rule]));
        let ran = world.run(&and(words, &[flag]));
        world.assert_clean();
        ran
    })
}

#[track_caller]
fn assert_hides(ran: &Ran, secrets: &[&str]) {
    for secret in secrets {
        assert!(!shown(ran).contains(secret), "{secret}: {ran:#?}");
    }
}

/// The query of an address, as the Go SDK prints it in an error.
fn query() -> String {
    format!(
        "AccessKeyId={KEY}&Action=SendSms&PhoneNumbers=13800001000&SecurityToken={}\
         &Signature=sIgNaTuRe%3D&TemplateParam=%7B%22code%22%3A%22482913%22%7D",
        TOKEN.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D")
    )
}

#[test]
fn a_network_error_shows_the_host_without_the_query() {
    let words = and(&SMS, &["--param", "code=482913", "--out-id", "order-7"]);
    for (error, exit) in [
        ("read tcp 10.0.0.1:5->47.1.2.3:443: read: connection reset by peer", 7),
        ("dial tcp: lookup dysmsapi.aliyuncs.com: no such host", 3),
        ("context deadline exceeded (Client.Timeout exceeded while awaiting headers)", 7),
    ] {
        let stderr =
            format!("ERROR: Post \"https://dysmsapi.aliyuncs.com/?{}\": {error}\n", query());
        for ran in both(&words, &json!({ "exit": 1, "sent": exit == 7, "stderr": stderr })) {
            assert_eq!(ran.exit(), exit, "{ran:#?}");
            assert_hides(&ran, &[KEY, "CAIS", "AccessKeyId", "482913", "sIgNaTuRe", "SendSms&"]);
            assert!(shown(&ran).contains("https://dysmsapi.aliyuncs.com/?***"), "{ran:#?}");
            if ran.stdout.starts_with('{') {
                let message = ran.json()["error"]["message"].to_string();
                assert!(!message.contains("13800001000"), "{message}");
                assert!(exit != 7 || ran.json()["error"]["hint"].to_string().contains("order-7"));
            }
        }
    }
}

#[test]
fn a_signature_error_does_not_show_the_signed_text() {
    let signed = "POST&%2F&AccessKeyId%3DLTAI5tAbCdEfGhIjKlMn%26PhoneNumbers%3D13800001000%26\
                  TemplateParam%3D%257B%2522code%2522%253A%2522482913%2522%257D";
    let message = format!(
        "Specified signature is not matched with our calculation. server string to sign is:{signed}"
    );
    let words = and(&SMS, &["--param", "code=482913"]);
    let plugin = format!(
        "Error: SDKError:\n   StatusCode: 400\n   Code: SignatureDoesNotMatch\n   Message: code: \
         400, {message} request id: 1A2B3C4D-0000\n   Data: {{\"RequestId\":\"1A2B3C4D-0000\"}}\n"
    );
    let reply = json!({ "Code": "SignatureDoesNotMatch", "Message": message,
        "RequestId": "1A2B3C4D-0000", "SignString": signed });
    for rule in [
        json!({ "exit": 1, "sent": false, "stderr": plugin }),
        json!({ "stdout": reply.to_string(), "sent": false }),
    ] {
        for ran in both(&words, &rule) {
            assert_hides(&ran, &["LTAI", "13800001000%", "482913", "AccessKeyId%3D"]);
            assert!(shown(&ran).contains("SignatureDoesNotMatch"), "{ran:#?}");
            assert!(shown(&ran).contains("1A2B3C4D-0000"), "{ran:#?}");
        }
    }
}

#[test]
fn an_excerpt_of_unreadable_output_shows_no_value() {
    // Letters that no ID contains by chance: IDs are hexadecimal.
    let words = and(&SMS, &["--param", "code=KXVQZW", "--param", "name=Ann Lee"]);
    for stdout in [
        "<html>TemplateParam={\"code\":\"KXVQZW\",\"name\":\"Ann Lee\"}</html>".to_string(),
        // Truncated in the middle of a value.
        format!("{}KXVQZW", "x ".repeat(57)),
        format!("oops {}", query().replace("482913", "KXVQZW")),
        "oops code\\u003d\\u004b\\u0058\\u0056\\u0051\\u005a\\u0057 Ann+Lee".to_string(),
    ] {
        for ran in both(&words, &json!({ "stdout": stdout })) {
            assert_eq!(ran.exit(), 7, "{ran:#?}");
            assert_hides(&ran, &["KXVQ", "Ann", "LTAI", "u004b"]);
        }
    }
}

#[test]
fn verbose_shows_the_flags_of_a_message_without_their_values() {
    let world = World::new();
    let template = and(
        &TEMPLATE,
        &["--param", "1=Ann Lee", "--payload", "pay-load", "--fall-back-content", "fall back"],
    );
    for (words, flags, secrets) in [
        (and(&TEXT, &["--text", "pssst secret"]), &["--content=***"][..], &["pssst", "secret"][..]),
        (
            template,
            &["--payload=***", "--fall-back-content=***", "--template-params", "1=***"],
            &["Ann", "pay-load", "fall back"],
        ),
    ] {
        let ran = world.run(&and(&words, &["-v"])).exits(0);
        assert_hides(&ran, secrets);
        for flag in flags {
            assert!(ran.stderr.contains(flag), "{flag}: {}", ran.stderr);
        }
    }
    assert_eq!(world.sent()[0]["flags"]["content"], r#"{"text":"pssst secret"}"#);
}

#[test]
fn a_refusal_that_quotes_the_content_shows_only_its_reason() {
    let reply = json!({ "Code": "Content.Invalid", "RequestId": "1A2B3C4D-0000",
        "Message": "the text 'pssst\\nsecret' to 8613800001000 is not allowed, see pssst",
        "Data": { "content": "{\"text\":\"pssst\\\\nsecret\"}", "from": "8613800000001" } });
    let words = and(&TEXT, &["--text", "pssst\nsecret"]);
    for ran in both(&words, &json!({ "stdout": reply.to_string(), "sent": false })) {
        assert_hides(&ran, &["pssst", "secret"]);
        assert!(shown(&ran).contains("is not allowed"), "{ran:#?}");
        assert!(shown(&ran).contains("Content.Invalid"), "{ran:#?}");
    }
    // Guard commands contain no values, but keys and queries are still removed.
    let world = World::new();
    let stderr = format!("ERROR: Get \"https://h/x?{}\": {KEY} is bad\n", query());
    world.script(json!([
        { "match": ["configure", "ai-mode", "enable"], "exit": 1, "stderr": stderr },
    ]));
    let ran = world.run(&and(&SMS, &["--json"])).exits(3);
    assert_hides(&ran, &["LTAI", "AccessKeyId", "482913"]);
    assert!(shown(&ran).contains("https://h/x?***"), "{ran:#?}");
}

#[test]
fn a_failed_lookup_shows_nothing_of_the_message() {
    let world = World::with_script(json!([
        { "match": ["dysmsapi", "send-sms"], "kill_self": 9 },
        {
            "match": ["dysmsapi", "query-send-details"],
            "stdout": "{\"Content\":\"[Acme] Ann Lee, your code is 482913\", \"PhoneNum",
        },
    ]));
    let values = ["--param", "code=482913", "--param", "name=Ann Lee", "--look-up", "1"];
    for more in [&["--json"][..], &["-v"], &["--verify"]] {
        let words = and(&and(&SMS, &values), more);
        let ran = world.run(&words);
        assert_hides(&ran, &["482913", "Ann", "Lee"]);
        assert!(more[0] == "--verify" || ran.exit() == 7, "{ran:#?}");
    }
}

#[test]
fn a_successful_reply_shows_its_ids_and_no_value() {
    let reply = json!({ "Code": "OK", "Message": "482913 is out", "BizId": "482913^0",
        "RequestId": "482913-A" });
    let world = World::with_script(json!([reply_to("dysmsapi", &reply)]));
    let words =
        and(&SMS, &["--param", "code=482913", "--out-id", "order-482913", "--json", "--raw"]);
    let json = world.run(&words).json();
    assert_eq!(json["data"]["biz_id"], "482913^0");
    assert_eq!(json["data"]["out_id"], "order-482913");
    assert_eq!(json["data"]["request_id"], "482913-A");
    assert_eq!(json["raw"][0]["Message"], "*** is out");
}

/// One of the encodings in which an error may quote a value.
fn encode(value: &str, how: u8) -> String {
    let percent = |value: &str, upper: bool| -> String {
        value
            .bytes()
            .map(|byte| match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
                _ if upper => format!("%{byte:02X}"),
                _ => format!("%{byte:02x}"),
            })
            .collect()
    };
    match how % 5 {
        0 => value.to_string(),
        1 => percent(value, true),
        2 => percent(&percent(value, false), false),
        3 => percent(value, true).replace("%20", "+"),
        _ => serde_json::to_string(value).expect("JSON"),
    }
}

#[test]
fn no_value_of_a_message_is_shown_in_any_encoding() {
    // Letters that no text of alimsg contains, with any text around them.
    let value = ("[ -~]{0,6}", "[qxzj]{4,8}", "[ -~你😀]{0,6}");
    let inputs = (value, any::<u8>(), 0..4_u8, any::<bool>());
    for_any(&inputs, 24, |((before, marker, after), how, place, is_text)| {
        // A text that begins with @ names a file.
        let value = format!("{}{marker}{after}", before.trim_start_matches('@'));
        let quoted = encode(&value, how);
        let rule = match place {
            0 => json!({ "exit": 1, "stderr": format!("ERROR: broken by {quoted} at last\n") }),
            1 => json!({ "stdout": format!("no reply: {quoted}") }),
            2 => json!({ "stdout": json!({ "Code": "Refused", "Message": quoted }).to_string() }),
            _ => json!({ "exit": 1, "stderr":
                format!("Error: SDKError:\n   Code: Refused\n   Message: by {quoted}\n") }),
        };
        let param = format!("--param=v={value}");
        let text = format!("--text={value}");
        let words = if is_text { and(&TEXT, &[&text]) } else { and(&SMS, &[&param]) };
        for ran in both(&words, &rule) {
            prop_assert!(!shown(&ran).contains(&marker), "{value:?} as {quoted:?}: {ran:#?}");
        }
        Ok(())
    });
}
