//! Command lines are parsed as strictly as by the real program.

use serde_json::json;

use super::{AGENT, VERSION, aliyun, refusal, sms, with_ai_mode};
use crate::support::World;

#[test]
fn a_word_with_a_leading_dash_is_a_flag() {
    let world = with_ai_mode();
    for (words, part) in [
        (sms(&["--sign-name", "--region"]), "must be assigned with value"),
        (sms(&["--out-id", "-x"]), "unknown flag -x"),
        (sms(&["--region="]), "must be assigned with value"),
        (sms(&["--out-id=a", "--out-id=b"]), "duplicated"),
        (sms(&["--out-id", "a", "b"]), "one command"),
        (sms(&["--Out-Id=a"]), "invalid flag"),
        (sms(&["--template-params", "1=Alice", "Bob"]), "not key=value"),
        (sms(&["--template-params=1=Alice"]), "separate words"),
        (sms(&["--page", "Index=1", "--page", "Size=50"]), "duplicated"),
        (sms(&["--yes=true"]), "takes no value"),
    ] {
        let text = refusal(&world, &words).1;
        assert!(text.contains(part), "{words:?}: {text}");
    }
}

#[test]
fn a_help_word_exits_with_0_and_sends_nothing() {
    let world = with_ai_mode();
    for word in ["help", "-h", "--help"] {
        let ran = aliyun(&world, &sms(&["--payload", "a", word])).exits(0);
        assert!(ran.stdout.contains("Usage:"), "{ran:#?}");
    }
    assert!(world.sent().is_empty());
}

#[test]
fn maps_and_lists_take_many_values() {
    let world = with_ai_mode();
    let mut words = vec!["cams", "send-chatapp-message", AGENT, "--to", "8613800000000"];
    words.extend(["--template-params", "1=Alice", "2=a=b", "--payload=x", "--payload=y"]);
    assert!(aliyun(&world, &words).json()["MessageId"].is_string());
    let flags = &world.sent()[0]["flags"];
    assert_eq!(flags["template-params"], json!(["1=Alice", "2=a=b"]));
    assert_eq!(flags["payload"], json!(["x", "y"]));
    assert_eq!(flags["to"], "8613800000000");
}

#[test]
fn ai_mode_for_one_call_is_a_flag_before_the_product() {
    let world = World::new();
    let call = |first: &[&'static str], more: &[&'static str]| {
        let call = ["cams", "send-chatapp-message", AGENT, "--to=8613800000000", "--retry-count=0"];
        [first, &call, more].concat()
    };
    assert_eq!(aliyun(&world, &call(&["--cli-ai-mode"], &["--payload", "a", "b"])).exit(), 0);
    let sent = world.sent();
    assert_eq!(sent[0]["ai_user_agent"], "AlibabaCloud-AIMode/enabled AlibabaCloud-Agent-Skills");
    assert_eq!(sent[0]["flags"]["payload"], json!(["a", "b"]));
    assert!(world.violations().is_empty(), "{:#?}", world.violations());
    let world = World::new();
    for (first, more, part) in [
        (&["--cli-ai-mode"][..], &["--payload=a", "--payload=b"][..], "flag duplicated --payload"),
        (&["--cli-ai-mode", "--cli-ai-mode"], &[], "duplicated"),
        (&["--cli-ai-mode=true"], &[], "takes no value"),
    ] {
        let text = refusal(&world, &call(first, more)).1;
        assert!(text.contains(part), "{first:?} {more:?}: {text}");
    }
    // It takes precedence over the other flag and over the setting.
    world.set_ai_mode(true, "x");
    aliyun(&world, &call(&["--cli-ai-mode", "--no-cli-ai-mode"], &[]));
    assert_eq!(world.violations().len(), 1, "{:#?}", world.violations());
    assert_eq!(aliyun(&world, &["--cli-ai-mode", "version"]).exit(), 0);
}

#[test]
fn unknown_commands_exit_with_2() {
    let world = with_ai_mode();
    for words in [
        vec!["ecs", "describe-regions"],
        vec!["dysmsapi", "SendSms", AGENT, VERSION],
        vec!["dysmsapi", AGENT, VERSION],
        vec!["configure", "nothing"],
        vec!["plugin", "nothing"],
        vec!["version", AGENT],
        vec!["configure", "list", AGENT],
        vec!["plugin", "list", AGENT],
    ] {
        assert_eq!(refusal(&world, &words).0, 2, "{words:?}");
    }
    world.version("3.3.2");
    assert_eq!(aliyun(&world, &["version"]).stdout, "3.3.2\n");
    assert_eq!(refusal(&world, &["configure", "ai-mode", "enable"]).0, 2);
}

#[test]
fn an_sms_call_needs_the_api_version() {
    let world = with_ai_mode();
    assert_eq!(refusal(&world, &["dysmsapi", "send-sms", AGENT]).0, 1);
    assert_eq!(refusal(&world, &["dysmsapi", "send-sms", AGENT, "--api-version=2018-05-01"]).0, 1);
}

#[test]
fn an_upload_needs_an_endpoint_with_scheme_and_f() {
    let world = World::new();
    let file = world.file("cat.png", "meow");
    let target = "oss://bucket/cat.png";
    let endpoint = "--endpoint=https://oss.example";
    assert_eq!(refusal(&world, &["oss", "cp", &file, target, "-f", "--endpoint=oss.example"]).0, 1);
    assert_eq!(refusal(&world, &["oss", "cp", &file, target, endpoint]).0, 1);
    assert_eq!(aliyun(&world, &["oss", "cp", &file, target, endpoint, "-f"]).exit(), 0);
    let uploads = world.uploads();
    assert_eq!((&uploads[0]["bytes"], &uploads[0]["to"]), (&json!(4), &json!(target)));
    world.assert_clean();
}
