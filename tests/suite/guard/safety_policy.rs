//! The safety policy of the CLI applies to every call, also where the CLI itself fails to apply it.

use std::process::Command;

use serde_json::{Value, json};

use crate::guard::messages::*;
use crate::support::{Ran, Running, World};

/// Two variables: the CLI takes the second one for a part of the command's name.
const TEMPLATE: [&str; 17] = [
    "whatsapp",
    "send",
    "template",
    "--from",
    "8613800000001",
    "--to",
    "8613800001000",
    "--template-code",
    "1",
    "--language",
    "en",
    "--param",
    "first=Wintermute",
    "--param",
    "second=Neuromancer",
    "--yes",
    "--json",
];

fn policy(world: &World, rules: Value) {
    let policy = json!({ "enabled": true, "rules": rules });
    world.file("home/.aliyun/safety-policy.json", &policy.to_string());
}

fn rule(pattern: &str, action: &str) -> Value {
    json!([{ "pattern": pattern, "action": action }])
}

/// A rule refused the message before the call, and the output shows no variable.
#[track_caller]
fn assert_refused(world: &World, ran: &Ran, command: &str, pattern: &str) -> Value {
    let json = assert_not_sent(world, ran, 3);
    let message = json["error"]["message"].as_str().expect("a message");
    assert!(message.contains(command) && message.contains(pattern), "{message}");
    assert!(calls(world).is_empty(), "{:?}", world.commands());
    for secret in ["Wintermute", "Neuromancer"] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{ran:#?}");
    }
    world.assert_clean();
    json
}

#[test]
fn a_denied_template_with_two_variables_is_not_sent() {
    for pattern in ["cams:send-chatapp-message", "CAMS:Send-*", "*:send-chatapp-message", "*"] {
        let world = World::new();
        policy(&world, rule(pattern, "deny"));
        let json =
            assert_refused(&world, &world.run(&TEMPLATE), "cams:send-chatapp-message", pattern);
        let hint = json["error"]["hint"].as_str().expect("a hint");
        assert!(hint.contains("configure safety-policy remove --pattern"), "{hint}");
        assert_eq!(json["error"]["next"], json!(["aliyun configure safety-policy list"]));
        assert_eq!(json["ai_mode_disabled"], true);
    }
}

#[test]
fn the_stand_in_reproduces_the_policy_defect_of_the_cli() {
    let world = World::new();
    world.set_ai_mode(true, "");
    policy(&world, rule("cams:send-chatapp-message", "deny"));
    let call = |words: &[&str]| {
        let agent = "--user-agent=AlibabaCloud-Agent-Skills/x";
        let line = ["cams", "send-chatapp-message", agent, "--retry-count=0", "--template-params"];
        run(world.aliyun(&[&line, words].concat()))
    };
    assert_eq!(call(&["a=1"]).exit(), 1);
    assert_eq!(call(&["a=1", "b=2"]).exit(), 0);
    world.version("3.3.20");
    assert_eq!(call(&["a=1", "b=2"]).exit(), 1);
}

#[test]
fn a_changed_policy_applies_to_the_next_run() {
    let world = warm();
    let sent = || world.sent().len();
    let deny = json!([{ "pattern": "dysmsapi:send-sms", "action": "deny" }]);
    policy(&world, deny);
    assert_eq!((world.run(&SMS).exit(), sent()), (3, 1));
    policy(&world, json!([]));
    assert_eq!((world.run(&SMS).exit(), sent()), (0, 2));
    run(world.aliyun(&[
        "configure",
        "safety-policy",
        "add",
        "--pattern",
        "dysmsapi:*",
        "--action",
        "deny",
    ]));
    assert_eq!((world.run(&SMS).exit(), sent()), (3, 2));
    run(world.aliyun(&["configure", "safety-policy", "disable"]));
    assert_eq!((world.run(&SMS).exit(), sent()), (0, 3));
    let other = json!([
        { "pattern": "dysmsapi:send-sms", "action": "allow" },
        { "pattern": "*", "action": "deny" },
    ]);
    policy(&world, other);
    assert_eq!((world.run(&SMS).exit(), sent()), (0, 4));
    world.assert_clean();
}

#[test]
fn the_policy_applies_to_reads_and_changes() {
    let world = World::new();
    policy(&world, rule("*:*", "deny"));
    let list = ["templates", "list", "--json"];
    assert_refused(&world, &world.run(&list), "cams:list-chatapp-template", "*:*");
    let delete = ["templates", "delete", "SMS_1", "--channel", "sms", "--yes", "--json"];
    assert_refused(&world, &world.run(&delete), "dysmsapi:delete-sms-template", "*:*");
}

#[test]
fn a_confirm_rule_needs_a_person() {
    for action in ["confirm", "forbid"] {
        let world = World::new();
        policy(&world, rule("cams:*", action));
        let json = assert_refused(&world, &world.run(&TEMPLATE), "cams:send-", "cams:*");
        let hint = json["error"]["hint"].as_str().expect("a hint");
        assert!(hint.contains("ALIBABA_CLOUD_SAFETY_SKIP_CONFIRM=1"), "{hint}");
        let agreed = |mut command: Command| {
            command.env("ALIBABA_CLOUD_SAFETY_SKIP_CONFIRM", "1");
            Running::start(command).wait()
        };
        assert_accepted(&agreed(world.alimsg(&TEMPLATE)));
        assert!(calls(&world).iter().all(|call| !call.argv.iter().any(|word| word == "--yes")));
        world.assert_clean();
    }
}

#[test]
fn an_unreadable_policy_stops_the_call() {
    for text in ["", "{\"enabled\":", "[]", r#"{"enabled":"yes","rules":[]}"#] {
        let world = World::new();
        world.file("home/.aliyun/safety-policy.json", text);
        let ran = world.run(&SMS);
        assert_refused(&world, &ran, "cannot be read", "safety-policy.json");
    }
    let world = World::new();
    std::fs::create_dir(world.path("home/.aliyun/safety-policy.json")).expect("a folder");
    assert_refused(&world, &world.run(&SMS), "cannot be read", "not a regular file");
    let world = World::new();
    policy(&world, rule("dysmsapi:*", "Deny"));
    assert_refused(&world, &world.run(&SMS), "unknown action", "dysmsapi:*");
}

#[test]
fn a_policy_from_the_environment_replaces_the_file() {
    let world = World::new();
    let with = |variables: &[(&str, &str)]| {
        let mut command = world.alimsg(&SMS);
        command.envs(variables.iter().copied());
        run(command)
    };
    let enabled = "ALIBABA_CLOUD_SAFETY_POLICY_ENABLED";
    let rules = "ALIBABA_CLOUD_SAFETY_POLICY_RULES";
    let ran = with(&[(enabled, "true"), (rules, "*:send-*=deny")]);
    let json = assert_refused(&world, &ran, "dysmsapi:send-sms", "*:send-*");
    assert!(json["error"]["hint"].as_str().is_some_and(|hint| hint.contains(rules)), "{json}");
    policy(&world, rule("dysmsapi:*", "deny"));
    assert_refused(&world, &with(&[(enabled, "maybe")]), "dysmsapi:send-sms", "dysmsapi:*");
}

#[test]
fn a_refusal_by_the_cli_shows_no_variable() {
    let world = World::new();
    policy(&world, rule("cams:*neuro*", "deny"));
    let ran = world.run(&TEMPLATE);
    let json = assert_not_sent(&world, &ran, 3);
    let message = json["error"]["message"].as_str().expect("a message");
    assert!(message.contains("the safety policy of aliyun does not allow cams:send-"), "{message}");
    assert!(!ran.stdout.contains("Neuromancer"), "{ran:#?}");
    assert!(!ran.stderr.contains("Neuromancer"), "{ran:#?}");
    world.assert_clean();
}

#[test]
fn the_sandbox_has_its_own_policy() {
    let world = World::new();
    let sandboxed = [&["--sandbox"], &TEMPLATE[..]].concat();
    let template = sandboxed.iter().map(|word| if *word == "1" { "100000000000001" } else { word });
    let template: Vec<&str> = template
        .map(|word| match word {
            "first=Wintermute" => "name=Wintermute",
            "second=Neuromancer" => "order=Neuromancer",
            other => other,
        })
        .collect();
    assert_accepted(&world.run(&template));
    let folder = world.path("state/sandbox/.aliyun");
    assert!(folder.is_dir(), "{:?}", std::fs::read_dir(world.path("state")));
    let deny = json!({ "enabled": true, "rules": rule("cams:send-chatapp-message", "deny") });
    std::fs::write(folder.join("safety-policy.json"), deny.to_string()).expect("a policy");
    let ran = world.run(&[&template[..], &["--allow-duplicate"]].concat());
    assert_eq!(ran.exit(), 3, "{ran:#?}");
    assert_eq!(ran.json()["error"]["outcome"], "not_sent");
}
