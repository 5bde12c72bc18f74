//! CAMS: validation, stored messages and the format of replies.

use serde_json::Value;

use crate::api::operations::{FlagKind, Product};
use crate::sandbox::tests::{Sandbox, changed, chat_to, without};

const CLOSED: &str = "12025550123";
const OPEN: &str = "12025551000";

/// A free-form message to a customer.
fn free_form(to: &str, kind: &str, content: &str) -> Vec<String> {
    [
        "cams",
        "send-chatapp-message",
        "--channel-type=whatsapp",
        "--from=8613800000001",
        &format!("--to={to}"),
        "--type=message",
        &format!("--message-type={kind}"),
        &format!("--content={content}"),
        "--cust-space-id=cams-sandbox",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn with_params(args: &[String], params: &[&str]) -> Vec<String> {
    let mut args: Vec<String> = args
        .iter()
        .filter(|arg| !matches!(arg.as_str(), "--template-params" | "name=Alice" | "order=42"))
        .cloned()
        .collect();
    if !params.is_empty() {
        args.push("--template-params".to_owned());
        args.extend(params.iter().map(|param| (*param).to_owned()));
    }
    args
}

#[test]
fn a_valid_template_message_is_sent_and_stored() {
    let sandbox = Sandbox::ready();
    let reply = sandbox.reply(&chat_to(CLOSED));
    assert_eq!(reply["Code"], "OK");
    let id = reply["MessageId"].as_str().unwrap();
    let message = &sandbox.messages()[0];
    for (key, value) in [
        ("product", "cams"),
        ("channel", "whatsapp"),
        ("sender", "8613800000001"),
        ("recipient", CLOSED),
        ("template", "100000000000001"),
        ("language", "en"),
        ("tracking_id", "track-2"),
        ("message_id", id),
        ("text", "Your order\nHello Alice, your order 42 is on its way.\nAcme"),
    ] {
        assert_eq!(message[key], value, "{key}");
    }
    assert_eq!(sandbox.code(&changed(&chat_to(CLOSED), "--biz-language=zh_CN")), "OK");
    let plain = changed(&chat_to(CLOSED), "--template-code=100000000000002");
    assert_eq!(sandbox.code(&with_params(&plain, &[])), "OK");
}

#[test]
fn viber_needs_a_viber_sender_and_template() {
    let sandbox = Sandbox::ready();
    let viber = changed(&chat_to(CLOSED), "--channel-type=viber");
    assert_eq!(sandbox.code(&viber), "PhoneNumberNotRegistered");
    let viber = changed(&viber, "--from=30001");
    assert_eq!(sandbox.code(&viber), "TemplateNotFound");
    let viber = changed(&viber, "--template-code=100000000000005");
    assert_eq!(sandbox.code(&with_params(&viber, &["name=Alice"])), "OK");
}

#[test]
fn every_invalid_call_is_rejected_with_its_error_code() {
    let sandbox = Sandbox::ready();
    let good = chat_to(CLOSED);
    for (replacement, code) in [
        ("--channel-type=fax", "InvalidParameter.ChannelTypeNotSupport"),
        ("--from=+8613800000001", "InvalidParameter.FromOnlyNumeric"),
        ("--to=+12025550123", "InvalidParameter.ToOnlyNumeric"),
        ("--to=123", "InvalidParameter.PhoneNumberError"),
        ("--from=8613800000002", "PhoneNumberNotRegistered"),
        ("--from=8613800000009", "PhoneNumberNotRegistered"),
        ("--type=letter", "InvalidParameter.TypeNotSupport"),
        ("--template-code=", "InvalidParameter.TemplateCodeNotEmpty"),
        ("--biz-language=", "InvalidParameter.LanguageNotEmpty"),
        ("--biz-language=de", "TemplateNotFound"),
        ("--template-code=1", "TemplateNotFound"),
        ("--template-code=100000000000003", "TemplateNotFound"),
        ("--template-code=100000000000004", "TemplateNotFound"),
    ] {
        assert_eq!(sandbox.code(&changed(&good, replacement)), code, "{replacement}");
    }
    for params in [&[][..], &["name=A"], &["name=A", "order=1", "more=2"]] {
        assert_eq!(sandbox.code(&with_params(&good, params)), "TemplateParamInvalid");
    }
    let mut other_space = good.clone();
    other_space.push("--cust-space-id=other".to_owned());
    assert_eq!(sandbox.code(&other_space), "Authentication.NoAuth");
    assert!(sandbox.messages().is_empty());
}

#[test]
fn a_free_form_message_needs_an_open_window() {
    let sandbox = Sandbox::ready();
    let text = r#"{"text":"Hello"}"#;
    assert_eq!(sandbox.code(&free_form(CLOSED, "text", text)), "SessionWindowExpired");
    assert_eq!(sandbox.code(&free_form(OPEN, "text", text)), "OK");
    let message = &sandbox.messages()[0];
    assert_eq!((&message["text"], &message["kind"]), (&"Hello".into(), &"TEXT".into()));
}

#[test]
fn the_content_must_match_its_message_type() {
    let sandbox = Sandbox::ready();
    let button = r#"{"type":"button","body":{"text":"Well?"},"action":{"buttons":[
        {"type":"reply","reply":{"id":"y","title":"Yes"}}]}}"#;
    for (kind, content) in [
        ("image", r#"{"link":"https://example.com/a.png"}"#),
        ("location", r#"{"latitude":"1","longitude":"2"}"#),
        ("contacts", r#"[{"name":{"formatted_name":"Al"}}]"#),
        ("reaction", r#"{"messageId":"1","emoji":""}"#),
        ("interactive", button),
    ] {
        assert_eq!(sandbox.code(&free_form(OPEN, kind, content)), "OK", "{kind}");
    }
    let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(4097));
    for (kind, content, code) in [
        ("text", "Hello", "ContentError"),
        ("text", "[]", "ContentError"),
        ("text", &long, "ContentError"),
        ("text", r#"{"text":""}"#, "TextNotEmpty"),
        ("text", "", "ContentNotEmpty"),
        ("", r#"{"text":"x"}"#, "MessageTypeNotEmpty"),
        ("hologram", "{}", "MessageTypeNotSupport"),
        ("video", "{}", "LinkNotEmpty"),
        ("location", r#"{"latitude":1,"longitude":2}"#, "ContentError"),
        ("contacts", "{}", "ContentError"),
        ("contacts", "[{}]", "ContentError"),
        ("reaction", r#"{"emoji":"x"}"#, "ContentError"),
        ("interactive", r#"{"type":"button","body":{"text":"x"},"action":{}}"#, "ContentError"),
        (
            "interactive",
            r#"{"type":"button","body":{"text":"x"},"action":{"buttons":[{}]}}"#,
            "ContentError",
        ),
        ("location", r#"{"latitude":"91","longitude":"0"}"#, "ContentError"),
        ("document", r#"{"link":"https://example.com/a.pdf"}"#, "ContentError"),
        ("image", r#"{"link":"ftp://example.com/a.png"}"#, "ContentError"),
        ("audio", r#"{"link":"https://example.com/a.mp3","caption":"x"}"#, "ContentError"),
        ("text_button", r#"{"text":"x"}"#, "MessageTypeNotSupport"),
    ] {
        let got = sandbox.code(&free_form(OPEN, kind, content));
        assert_eq!(got, format!("InvalidParameter.{code}"), "{kind} {content:.40}");
    }
}

fn history(sandbox: &Sandbox, customer: &str, more: &[&str]) -> Vec<Value> {
    let customer = format!("--user-number={customer}");
    let base = [
        "cams",
        "list-chatapp-message",
        "--business-number=8613800000001",
        &customer,
        "--channel-type=whatsapp",
        "--cust-space-id=cams-sandbox",
        "--page",
        "Index=1",
        "Size=10",
    ];
    let reply = sandbox.reply(&[&base, more].concat());
    assert_eq!((&reply["Code"], &reply["Success"]), (&"OK".into(), &true.into()));
    reply["Data"].as_array().unwrap().clone()
}

#[test]
fn the_history_lists_incoming_and_outgoing_messages() {
    let sandbox = Sandbox::ready();
    sandbox.run(&free_form(OPEN, "text", r#"{"text":"Hello"}"#));
    let messages = history(&sandbox, OPEN, &[]);
    let directions: Vec<&Value> = messages.iter().map(|message| &message["EventAction"]).collect();
    assert_eq!(directions, ["DOWN", "UP"]);
    let inbound: jiff::Timestamp = messages[1]["SendTime"].as_str().unwrap().parse().unwrap();
    let age = jiff::Timestamp::now().duration_since(inbound).as_mins();
    assert_eq!(age, 60);
    assert_eq!(history(&sandbox, OPEN, &["--event-action=UP"]).len(), 1);
    assert_eq!(history(&sandbox, CLOSED, &[]).len(), 0);
    sandbox.advance_clock(2);
    assert_eq!(history(&sandbox, OPEN, &["--message-status=success"]).len(), 2);

    sandbox.run(&chat_to("12025559013"));
    assert_eq!(history(&sandbox, "12025559013", &[])[0]["MessageStatus"], "sending");
    sandbox.run(&chat_to("12025559012"));
    sandbox.advance_clock(2);
    let failed = history(&sandbox, "12025559012", &[]);
    assert_eq!(failed[0]["MessageStatus"], "fail");
    assert!(failed[0]["FailReason"].as_str().unwrap().contains("131026"));
}

#[test]
fn a_message_can_be_found_by_its_tracking_id() {
    let sandbox = Sandbox::ready();
    sandbox.run(&chat_to(CLOSED));
    assert_eq!(history(&sandbox, CLOSED, &[])[0]["UniqueMessageId"], "track-2");
    let now = jiff::Timestamp::now().as_millisecond();
    let later = format!("--start-time={}", now + 60_000);
    assert!(history(&sandbox, CLOSED, &[&later]).is_empty());
    let until = format!("--end-time={}", now + 60_000);
    assert_eq!(history(&sandbox, CLOSED, &[&until]).len(), 1);
}

#[test]
fn templates_are_listed_and_filtered() {
    let sandbox = Sandbox::ready();
    let count = |args: &[&str]| {
        let reply = sandbox.reply(&[&["cams", "list-chatapp-template"], args].concat());
        assert_eq!(reply["Total"], reply["ListTemplate"].as_array().unwrap().len(), "{args:?}");
        reply["Total"].as_i64().unwrap()
    };
    assert_eq!(count(&[]), 5);
    assert_eq!(count(&["--audit-status=pass"]), 3);
    assert_eq!(count(&["--audit-status=auditing"]), 1);
    assert_eq!(count(&["--audit-status=fail", "--biz-language=en"]), 1);
    assert_eq!(count(&["--biz-language=zh_CN"]), 1);
    assert_eq!(count(&["--name=order"]), 2);
    assert_eq!(count(&["--code=100000000000002"]), 1);
    assert_eq!(count(&["--category=UTILITY"]), 2);
    assert_eq!(count(&["--template-type=VIBER"]), 1);
    let page = ["cams", "list-chatapp-template", "--page", "Index=2", "Size=4"];
    let reply = sandbox.reply(&page);
    assert_eq!(reply["ListTemplate"].as_array().unwrap().len(), 1);
    assert_eq!(reply["ListTemplate"][0]["AuditStatus"], "fail");
    assert!(!reply["ListTemplate"][0]["Reason"].as_str().unwrap().is_empty());
    for (flag, code) in [
        ("--audit-status=approved", "InvalidParameter.AuditStatusNotSupport"),
        ("--template-type=FAX", "InvalidParameter.TemplateTypeNotSupport"),
        ("--cust-space-id=other", "Authentication.NoAuth"),
    ] {
        assert_eq!(sandbox.code(&["cams", "list-chatapp-template", flag]), code);
    }
    let invalid = ["cams", "list-chatapp-template", "--page", "Index=0", "Size=4"];
    assert_eq!(sandbox.code(&invalid), "InvalidParameter.PageInvalid");
}

#[test]
fn a_template_is_shown_with_its_components() {
    let sandbox = Sandbox::ready();
    let show =
        |more: &[&str]| sandbox.reply(&[&["cams", "get-chatapp-template-detail"], more].concat());
    let data = show(&["--template-code=100000000000001", "--biz-language=en"])["Data"].clone();
    assert_eq!((&data["Name"], &data["AllowSend"]), (&"order_update".into(), &true.into()));
    let kinds: Vec<&Value> =
        data["Components"].as_array().unwrap().iter().map(|part| &part["Type"]).collect();
    assert_eq!(kinds, ["HEADER", "BODY", "FOOTER", "BUTTONS"]);
    let rejected = show(&["--template-name=prize", "--biz-language=en"]);
    assert!(rejected["Data"]["Reason"].as_str().unwrap().contains("INVALID_FORMAT"));
    let unknown = show(&["--template-code=100000000000001", "--biz-language=fr"]);
    assert_eq!(unknown["Code"], "DetailError.TemplateNotExist");
}

#[test]
fn the_account_has_one_space_and_two_numbers() {
    let sandbox = Sandbox::ready();
    let numbers = sandbox.reply(&["cams", "query-chatapp-phone-numbers"]);
    let first = &numbers["PhoneNumbers"][0];
    assert_eq!(
        (&first["PhoneNumber"], &first["Status"]),
        (&"8613800000001".into(), &"CONNECTED".into())
    );
    assert_eq!(first["QualityRating"], "GREEN");
    assert_eq!(numbers["PhoneNumbers"].as_array().unwrap().len(), 2);
    let connected = sandbox.reply(&["cams", "query-chatapp-phone-numbers", "--status=CONNECTED"]);
    assert_eq!(connected["PhoneNumbers"].as_array().unwrap().len(), 1);
    let instances = sandbox.reply(&["cams", "list-instance", "--channel-type=VIBER"]);
    assert_eq!(instances["TotalCount"], 1);
    assert_eq!(instances["Data"][0]["CustSpaceId"], "cams-sandbox");
}

#[test]
fn every_operation_is_supported() {
    let sandbox = Sandbox::ready();
    for product in Product::ALL {
        for operation in product.operations() {
            let mut args = vec![product.name().to_owned(), operation.command.to_owned()];
            for flag in operation.flags.iter().filter(|flag| flag.required) {
                let value = match flag.kind {
                    FlagKind::Integer => "1",
                    FlagKind::Boolean => "true",
                    FlagKind::Json => "[]",
                    FlagKind::Text | FlagKind::TextList => "x",
                    FlagKind::Map | FlagKind::Fields(_) => {
                        args.extend([flag.name.to_owned(), "Index=1".to_owned()]);
                        continue;
                    }
                };
                args.push(format!("{}={value}", flag.name));
            }
            let answer = sandbox.run(&args);
            assert_eq!(answer.exit, 0, "{args:?}: {answer:?}");
            assert!(!answer.stdout.contains("UnsupportedOperation"), "{args:?}: {answer:?}");
        }
    }
}

#[test]
fn a_missing_required_flag_is_an_error() {
    let args = without(&chat_to(CLOSED), "--to");
    assert_eq!(Sandbox::ready().run(&args).exit, 1);
}

#[test]
fn an_incoming_message_opens_the_window_for_24_hours() {
    let sandbox = Sandbox::ready();
    let receive = |hours: i64| {
        let at = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(hours);
        crate::sandbox::receive(&sandbox.path(), CLOSED, "8613800000001", "Hello?", at).unwrap()
    };
    let text = free_form(CLOSED, "text", r#"{"text":"Hello"}"#);
    receive(25).expect("an ID");
    assert_eq!(sandbox.code(&text), "SessionWindowExpired");
    receive(23).expect("an ID");
    assert_eq!(sandbox.code(&text), "OK");
    assert_eq!(history(&sandbox, CLOSED, &["--event-action=UP"]).len(), 2);
    let unknown = crate::sandbox::receive(
        &sandbox.path(),
        CLOSED,
        "8613800000002",
        "Hello?",
        jiff::Timestamp::now(),
    );
    assert!(unknown.unwrap().is_none(), "the number is not registered");
    crate::sandbox::reset(&sandbox.path()).unwrap();
    assert!(history(&sandbox, CLOSED, &[]).is_empty());
}

#[test]
fn a_message_is_delivered_and_then_read() {
    let sandbox = Sandbox::ready();
    sandbox.run(&chat_to(CLOSED));
    let states = || {
        let newest = history(&sandbox, CLOSED, &[])[0].clone();
        ["MessageStatus", "ClientAcceptStatusName", "ClientReadStatus"]
            .map(|name| newest[name].as_str().unwrap().to_owned())
    };
    assert_eq!(states(), ["sending", "", ""]);
    sandbox.advance_clock(2);
    assert_eq!(states(), ["success", "Success", ""]);
    sandbox.advance_clock(4);
    assert_eq!(states(), ["success", "Success", "success"]);
}

#[test]
fn viber_has_its_own_message_types() {
    let sandbox = Sandbox::ready();
    let viber = |kind: &str, content: &str| {
        let call = changed(&free_form(CLOSED, kind, content), "--channel-type=viber");
        sandbox.code(&changed(&call, "--from=30001"))
    };
    let link = "https://example.com/a";
    for (kind, content) in [
        ("text", r#"{"text":"x"}"#.to_owned()),
        ("text_button", format!(r#"{{"text":"x","caption":"Go","action":"{link}"}}"#)),
        ("text_image", format!(r#"{{"text":"x","link":"{link}"}}"#)),
        ("video", format!(r#"{{"link":"{link}","thumbnail":"{link}","fileSize":9,"duration":1}}"#)),
    ] {
        assert_eq!(viber(kind, &content), "OK", "{kind}");
    }
    assert_eq!(viber("sticker", "{}"), "InvalidParameter.MessageTypeNotSupport");
    let incomplete = format!(r#"{{"link":"{link}"}}"#);
    assert_eq!(viber("video", &incomplete), "InvalidParameter.ContentError");
    assert_eq!(viber("text_button", r#"{"text":"x"}"#), "InvalidParameter.ContentError");
}
