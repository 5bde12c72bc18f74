//! Every way in which the real program misreads or refuses an argument vector.

use proptest::prelude::*;

use crate::api::operations::Product;
use crate::sandbox::arguments;
use crate::sandbox::tests::{Sandbox, changed, chat_to, sms_to, without, words};

/// Runs a call that must fail before it reaches the service; returns exit code and stderr.
fn refused(args: &[String]) -> (i32, String) {
    let sandbox = Sandbox::ready();
    let answer = sandbox.run(&words(args));
    assert_ne!(answer.exit, 0, "{args:?}");
    assert_eq!(answer.stdout, "", "{args:?}");
    assert!(sandbox.messages().is_empty());
    (answer.exit, answer.stderr)
}

fn plus(args: Vec<String>, more: &[&str]) -> Vec<String> {
    args.into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect()
}

#[test]
fn a_value_that_begins_with_a_dash_is_taken_for_a_flag() {
    let args = plus(without(&sms_to("13800001234"), "--sign-name"), &["--sign-name", "--region"]);
    let (exit, text) = refused(&args);
    assert_eq!(exit, 1);
    assert!(text.contains("parse failed --region must be assigned with value"), "{text}");

    let args = plus(without(&sms_to("13800001234"), "--sign-name"), &["--sign-name", "--yes"]);
    assert!(refused(&args).1.contains("flag needs an argument: --sign-name"));
    let args = plus(without(&sms_to("13800001234"), "--out-id"), &["--out-id", "-5"]);
    assert!(refused(&args).1.contains("unknown flag -5"));
}

#[test]
fn a_value_after_an_equals_sign_is_a_value_whatever_it_looks_like() {
    let sandbox = Sandbox::ready();
    for value in ["--region", "-h", "--help", "help", "a=b", "", " "] {
        let args = changed(&sms_to("13800001234"), &format!("--out-id={value}"));
        assert_eq!(sandbox.code(&words(&args)), "OK", "{value:?}");
        let recorded = sandbox.messages().pop().unwrap()["tracking_id"].clone();
        assert_eq!(recorded.as_str().unwrap_or_default(), value);
    }
}

#[test]
fn a_word_that_asks_for_help_turns_a_send_into_a_help_page() {
    let sandbox = Sandbox::ready();
    for more in [&["--help"][..], &["-h"], &["--payload", "a", "help"], &["--payload", "help"]] {
        let answer = sandbox.run(&words(&plus(chat_to("12025550123"), more)));
        assert_eq!(answer.exit, 0, "{more:?}");
        assert!(answer.stdout.contains("Usage:"), "{more:?}");
        assert!(serde_json::from_str::<serde_json::Value>(&answer.stdout).is_err());
    }
    let args = plus(without(&sms_to("13800001234"), "--out-id"), &["--out-id", "-h"]);
    assert_eq!(sandbox.run(&words(&args)).exit, 0);
    assert!(sandbox.messages().is_empty());
}

#[test]
fn the_word_help_is_the_value_of_a_flag_that_takes_one_word() {
    let sandbox = Sandbox::ready();
    let args = plus(without(&sms_to("13800001234"), "--out-id"), &["--out-id", "help"]);
    assert_eq!(sandbox.code(&words(&args)), "OK");
    assert_eq!(sandbox.messages()[0]["tracking_id"], "help");
}

#[test]
fn unknown_flags_and_commands_are_refused_with_a_suggestion() {
    let (exit, text) = refused(&plus(sms_to("13800001234"), &["--sing-name=Acme"]));
    assert_eq!(exit, 2);
    assert!(text.contains("unknown flag: --sing-name"), "{text}");
    assert!(text.contains("--sign-name"), "{text}");

    let (exit, text) = refused(&["dysmsapi".to_owned(), "send-smss".to_owned()]);
    assert_eq!(exit, 2);
    assert!(text.contains("send-sms?"), "{text}");
    // No built-in commands of the old kind stand in for the plugin.
    assert_eq!(refused(&["cams".to_owned(), "SendChatappMessage".to_owned()]).0, 2);
    assert_eq!(refused(&["ecs".to_owned(), "describe-regions".to_owned()]).0, 2);
}

#[test]
fn missing_flags_are_named_together() {
    let (exit, text) = refused(&["dysmsapi".to_owned(), "send-sms".to_owned()]);
    assert_eq!(exit, 1);
    assert!(text.contains("required flag(s)"), "{text}");
    for flag in ["phone-numbers", "sign-name", "template-code"] {
        assert!(text.contains(&format!("\"{flag}\"")), "{text}");
    }
}

#[test]
fn a_flag_with_one_value_is_given_once() {
    let args = plus(sms_to("13800001234"), &["--out-id=again"]);
    assert!(refused(&args).1.contains("--out-id is given more than once"));
    let args = plus(sms_to("13800001234"), &["--user-agent=again"]);
    assert!(refused(&args).1.contains("--user-agent duplicated"));
    let args = plus(chat_to("12025550123"), &["--template-params", "x=y"]);
    assert!(refused(&args).1.contains("--template-params is given more than once"));
}

#[test]
fn words_that_belong_to_no_flag_are_refused() {
    let args = plus(sms_to("13800001234"), &["stray"]);
    assert!(refused(&args).1.contains("unexpected argument \"stray\""));
    assert!(refused(&plus(sms_to("13800001234"), &["--"])).1.contains("'--'"));
}

#[test]
fn values_must_be_of_their_kind() {
    let list = |more: &[&str]| {
        plus(
            ["cams", "list-chatapp-message", "--business-number=8613800000001"]
                .map(str::to_owned)
                .to_vec(),
            &[&["--channel-type=whatsapp", "--cust-space-id=cams-sandbox"], more].concat(),
        )
    };
    for wrong in [
        list(&["--page", "Index=1", "--start-time=soon"]),
        list(&["--page", "Number=1"]),
        list(&["--page", "1"]),
        list(&["--page", "=1"]),
        list(&["--page", "Index=1", "Index=2"]),
        list(&["--page", "Index=1", "--read-timeout=soon"]),
        list(&["--page", "Index=1", "--yes=true"]),
        ["cams", "list-instance", "--is-bind=maybe"].map(str::to_owned).to_vec(),
        plus(chat_to("12025550123"), &["--flow-action=[not json"]),
        plus(chat_to("12025550123"), &["--flow-action=7"]),
        plus(chat_to("12025550123"), &["--ttl=1.5"]),
    ] {
        assert_eq!(refused(&wrong).0, 1, "{wrong:?}");
    }
    let sandbox = Sandbox::ready();
    assert_eq!(sandbox.code(&words(&list(&["--page", "Index=1", "Size=50"]))), "OK");
    assert_eq!(sandbox.code(&["cams", "list-instance", "--is-bind=true"]), "OK");
}

#[test]
fn the_global_flags_of_a_product_call_are_known() {
    let sandbox = Sandbox::ready();
    let globals = [
        "--region=cn-hangzhou",
        "--profile=sandbox",
        "--endpoint=dysmsapi.aliyuncs.com",
        "--connect-timeout=5",
        "--retry-count=0",
        "--log-level=error",
        "--quiet",
        "--no-cli-ai-mode",
        "--yes",
        "--secure",
        "--header=a=b",
        "--header=c=d",
    ];
    assert_eq!(sandbox.code(&words(&plus(sms_to("13800001234"), &globals))), "OK");
}

#[test]
fn only_the_right_api_version_is_served() {
    let args = changed(&sms_to("13800001234"), "--api-version=2018-05-01");
    assert!(refused(&args).1.contains("unsupported API version"));
}

#[test]
fn a_dry_run_sends_nothing() {
    let sandbox = Sandbox::ready();
    let args = plus(sms_to("13800001234"), &["--cli-dry-run"]);
    assert_eq!(sandbox.run(&words(&args)).exit, 0);
    assert!(sandbox.messages().is_empty());
}

proptest! {
    #[test]
    fn any_text_after_an_equals_sign_reaches_the_call_unchanged(
        content in any::<String>(),
        payload in proptest::collection::vec(any::<String>(), 0..4),
        key in "[a-z0-9]{1,8}",
        value in any::<String>(),
    ) {
        let mut args: Vec<String> = [
            "send-chatapp-message", "--channel-type=whatsapp", "--from=1", "--to=2",
            "--type=message",
        ].map(str::to_owned).to_vec();
        args.push(format!("--content={content}"));
        args.extend(payload.iter().map(|entry| format!("--payload={entry}")));
        args.push("--template-params".to_owned());
        args.push(format!("{key}={value}"));
        let call = arguments::read(Product::Cams, &args).unwrap();
        prop_assert!(!call.asks_for_help);
        let call = call.into_call().unwrap();
        prop_assert_eq!(call.value("--content"), Some(&arguments::Value::Text(content)));
        if !payload.is_empty() {
            prop_assert_eq!(call.value("--payload"), Some(&arguments::Value::List(payload)));
        }
        prop_assert_eq!(call.pairs("--template-params"), &[(key, value)]);
    }
}
