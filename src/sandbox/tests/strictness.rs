//! Every way in which the real program misreads or rejects an argument vector.

use proptest::prelude::*;

use crate::api::operations::Product;
use crate::sandbox::arguments;
use crate::sandbox::tests::{Sandbox, changed, chat_to, sms_to, without};

/// Runs a call that must fail before it reaches the service; returns exit code and stderr.
fn rejection(args: &[String]) -> (i32, String) {
    let sandbox = Sandbox::ready();
    let answer = sandbox.run(args);
    assert_ne!(answer.exit, 0, "{args:?}");
    assert_eq!(answer.stdout, "", "{args:?}");
    assert!(sandbox.messages().is_empty());
    (answer.exit, answer.stderr)
}

fn plus(args: Vec<String>, more: &[&str]) -> Vec<String> {
    args.into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect()
}

#[test]
fn a_separate_value_with_a_leading_dash_is_parsed_as_a_flag() {
    let args = plus(without(&sms_to("13800001234"), "--sign-name"), &["--sign-name", "--region"]);
    let (exit, text) = rejection(&args);
    assert_eq!(exit, 1);
    assert!(text.contains("parse failed --region must be assigned with value"), "{text}");

    let args = plus(without(&sms_to("13800001234"), "--sign-name"), &["--sign-name", "--yes"]);
    assert!(rejection(&args).1.contains("flag needs an argument: --sign-name"));
    let args = plus(without(&sms_to("13800001234"), "--out-id"), &["--out-id", "-5"]);
    assert!(rejection(&args).1.contains("unknown flag -5"));
}

#[test]
fn any_text_after_an_equals_sign_is_a_value() {
    let sandbox = Sandbox::ready();
    for value in ["--region", "-h", "--help", "help", "a=b", "", " "] {
        let args = changed(&sms_to("13800001234"), &format!("--out-id={value}"));
        assert_eq!(sandbox.code(&args), "OK", "{value:?}");
        let recorded = sandbox.messages().pop().unwrap()["tracking_id"].clone();
        assert_eq!(recorded.as_str().unwrap_or_default(), value);
    }
}

#[test]
fn a_help_word_turns_a_send_into_a_help_page() {
    let sandbox = Sandbox::ready();
    for more in [&["--help"][..], &["-h"], &["--payload", "a", "help"], &["--payload", "help"]] {
        let answer = sandbox.run(&plus(chat_to("12025550123"), more));
        assert_eq!(answer.exit, 0, "{more:?}");
        assert!(answer.stdout.contains("Usage:"), "{more:?}");
        assert!(serde_json::from_str::<serde_json::Value>(&answer.stdout).is_err());
    }
    let args = plus(without(&sms_to("13800001234"), "--out-id"), &["--out-id", "-h"]);
    assert_eq!(sandbox.run(&args).exit, 0);
    assert!(sandbox.messages().is_empty());
}

#[test]
fn the_word_help_can_be_the_value_of_a_single_valued_flag() {
    let sandbox = Sandbox::ready();
    let args = plus(without(&sms_to("13800001234"), "--out-id"), &["--out-id", "help"]);
    assert_eq!(sandbox.code(&args), "OK");
    assert_eq!(sandbox.messages()[0]["tracking_id"], "help");
}

#[test]
fn unknown_flags_and_commands_are_rejected_with_a_suggestion() {
    let (exit, text) = rejection(&plus(sms_to("13800001234"), &["--sing-name=Acme"]));
    assert_eq!(exit, 2);
    assert!(text.contains("unknown flag: --sing-name"), "{text}");
    assert!(text.contains("--sign-name"), "{text}");

    let (exit, text) = rejection(&["dysmsapi".to_owned(), "send-smss".to_owned()]);
    assert_eq!(exit, 2);
    assert!(text.contains("send-sms?"), "{text}");
    // API names of other products do not work without a plugin either.
    assert_eq!(rejection(&["cams".to_owned(), "SendChatappMessage".to_owned()]).0, 2);
    assert_eq!(rejection(&["ecs".to_owned(), "describe-regions".to_owned()]).0, 2);
}

#[test]
fn all_missing_flags_are_reported_together() {
    let (exit, text) = rejection(&["dysmsapi".to_owned(), "send-sms".to_owned()]);
    assert_eq!(exit, 1);
    assert!(text.contains("required flag(s)"), "{text}");
    for flag in ["phone-numbers", "sign-name", "template-code"] {
        assert!(text.contains(&format!("\"{flag}\"")), "{text}");
    }
}

#[test]
fn a_single_valued_flag_cannot_be_repeated() {
    let args = plus(sms_to("13800001234"), &["--out-id=again"]);
    assert!(rejection(&args).1.contains("--out-id is given more than once"));
    let args = plus(sms_to("13800001234"), &["--user-agent=again"]);
    assert!(rejection(&args).1.contains("--user-agent duplicated"));
    let args = plus(chat_to("12025550123"), &["--template-params", "x=y"]);
    assert!(rejection(&args).1.contains("--template-params is given more than once"));
}

#[test]
fn stray_words_are_rejected() {
    let args = plus(sms_to("13800001234"), &["stray"]);
    assert!(rejection(&args).1.contains("unexpected argument \"stray\""));
    assert!(rejection(&plus(sms_to("13800001234"), &["--"])).1.contains("'--'"));
}

#[test]
fn values_must_match_the_type_of_their_flag() {
    let list = |more: &[&str]| {
        plus(
            ["cams", "list-chatapp-message", "--business-number=8613800000001"]
                .map(str::to_owned)
                .to_vec(),
            &[&["--channel-type=whatsapp", "--cust-space-id=cams-sandbox"], more].concat(),
        )
    };
    for invalid in [
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
        assert_eq!(rejection(&invalid).0, 1, "{invalid:?}");
    }
    let sandbox = Sandbox::ready();
    assert_eq!(sandbox.code(&list(&["--page", "Index=1", "Size=50"])), "OK");
    assert_eq!(sandbox.code(&["cams", "list-instance", "--is-bind=true"]), "OK");
}

#[test]
fn global_flags_of_a_product_call_are_accepted() {
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
    assert_eq!(sandbox.code(&plus(sms_to("13800001234"), &globals)), "OK");
}

#[test]
fn ai_mode_for_one_call_is_a_flag_before_the_product() {
    let sandbox = Sandbox::ready();
    let after = |first: &[&str], args: Vec<String>| {
        let first = first.iter().map(|word| (*word).to_owned());
        first.chain(args).collect::<Vec<_>>()
    };
    for first in [&["--cli-ai-mode"][..], &["--cli-ai-mode", "--no-cli-ai-mode"]] {
        assert_eq!(sandbox.code(&after(first, sms_to("13800001234"))), "OK", "{first:?}");
    }
    assert_eq!(sandbox.run(&["--cli-ai-mode", "version"]).exit, 0);
    for (first, more, part) in [
        (&["--cli-ai-mode", "--cli-ai-mode"][..], &[][..], "--cli-ai-mode duplicated"),
        (&["--cli-ai-mode"], &["--cli-ai-mode"], "--cli-ai-mode duplicated"),
        (&["--cli-ai-mode=true"], &[], "can't be assigned"),
        (&["--cli-ai-mode"], &["--payload=a", "--payload=b"], "flag duplicated --payload"),
        (&["--cli-ai-mod"], &[], "invalid flag"),
    ] {
        let (_, text) = rejection(&after(first, plus(chat_to("12025550123"), more)));
        assert!(text.contains(part), "{first:?} {more:?}: {text}");
    }
}

#[test]
fn an_unsupported_api_version_is_rejected() {
    let args = changed(&sms_to("13800001234"), "--api-version=2018-05-01");
    assert!(rejection(&args).1.contains("unsupported API version"));
}

#[test]
fn a_dry_run_sends_nothing() {
    let sandbox = Sandbox::ready();
    let args = plus(sms_to("13800001234"), &["--cli-dry-run"]);
    assert_eq!(sandbox.run(&args).exit, 0);
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
        let call = arguments::parse(Product::Cams, &args).unwrap();
        prop_assert!(!call.requests_help);
        let call = call.into_call().unwrap();
        prop_assert_eq!(call.value("--content"), Some(&arguments::Value::Text(content)));
        if !payload.is_empty() {
            prop_assert_eq!(call.value("--payload"), Some(&arguments::Value::List(payload)));
        }
        prop_assert_eq!(call.pairs("--template-params"), &[(key, value)]);
    }
}
