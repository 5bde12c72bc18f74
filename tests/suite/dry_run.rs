//! A dry run prints what a real run would start, with the variables that decide which account pays.

use std::collections::BTreeMap;

use crate::duplicates::lost;
use crate::support::messages::{SMS, TEXT, and};
use crate::support::{Running, World};
use serde_json::{Value, json};

/// The variables of `aliyun` in the environment of a process.
type Variables = BTreeMap<String, String>;

/// What each process of `aliyun` saw: its arguments and the variables of `aliyun`.
fn seen(world: &World) -> Vec<(Vec<String>, Variables)> {
    let processes = world.processes().into_iter().filter(|process| !process.plugin);
    processes
        .map(|process| {
            let is_of_aliyun = |name: &str| name.starts_with("ALIBABA");
            let variables = process.env.into_iter().filter(|(name, _)| is_of_aliyun(name));
            (process.argv, variables.collect())
        })
        .collect()
}

const KEYS: [(&str, &str); 2] = [
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIexample"),
    ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "example"),
];

/// Runs the lines of a text in a POSIX shell, in which the keys are exported.
fn paste(world: &World, lines: &str) {
    let mut shell = world.program(std::path::Path::new("/bin/sh"));
    shell.args(["-e", "-c", lines]).envs(KEYS).env("ALIBABA_CLOUD_RETRY_COUNT", "3");
    Running::start(shell).wait().exits(0);
}

#[test]
fn pasted_lines_do_what_a_real_run_does() {
    let sms = and(&SMS, &["--param", "name=it's\n\"A\"", "--out-id", "order-7"]);
    let text = and(&TEXT, &["--text", "Hello", "--task-id", "order-7"]);
    for message in [sms, text] {
        for more in [
            &["--credentials", "env", "--region", "cn-beijing"][..],
            &["--profile", "default"],
            &["--credentials", "env", "--ai-mode", "call"],
        ] {
            let message = [&message[..], more].concat();
            let variables = [&KEYS[..], &[("ALIBABA_CLOUD_RETRY_COUNT", "3")]].concat();
            let planned = World::new().run_with_env(&and(&message, &["--dry-run"]), &variables);
            let pasted = World::new();
            paste(&pasted, &planned.exits(0).stdout);

            let real = World::new();
            real.run_with_env(&message, &variables).exits(0);
            let conditional = ["plugin update", "ai-mode set-user-agent"];
            let mut expected = seen(&real);
            let names: Vec<String> = real.commands();
            let mut names = names.iter();
            expected.retain(|_| !names.next().is_some_and(|name| conditional.contains(&&**name)));
            assert_eq!(seen(&pasted), expected, "{more:?}");
            assert_eq!(real.sent().len(), pasted.sent().len());
        }
    }
}

#[test]
fn the_json_and_the_verbose_lines_have_the_variables() {
    let world = World::new();
    let message = and(&SMS, &["--credentials", "env"]);
    let json = world.run(&and(&message, &["--dry-run", "--json"])).exits(0).json();
    for command in json["commands"].as_array().expect("commands") {
        assert_eq!(
            command["env"],
            json!({
                "ALIBABA_CLOUD_IGNORE_PROFILE": "TRUE",
                "ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL": "true",
                "ALIBABA_CLOUD_THROTTLING_RETRY_ENABLED": "false",
            })
        );
    }
    let ran = world.run_with_env(&and(&message, &["-v"]), &KEYS).exits(0);
    let lines: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("$ ")).collect();
    assert!(lines.len() > 4, "{ran:#?}");
    for line in lines {
        assert!(line.starts_with("$ env ALIBABA_CLOUD_IGNORE_PROFILE=TRUE "), "{line}");
    }
    let json = world.run(&and(&SMS, &["--dry-run", "--json"])).json();
    assert_eq!(json["commands"][0]["env"]["ALIBABA_CLOUD_IGNORE_PROFILE"], Value::Null);
}

#[test]
fn conditional_steps_are_comments() {
    let ran = World::new().run(&and(&SMS, &["--dry-run", "--wait"])).exits(0);
    for (words, is_comment) in [
        ("plugin install", true),
        ("plugin update", true),
        ("set-user-agent", true),
        ("query-send-details", true),
        ("plugin list", false),
        ("send-sms", false),
    ] {
        let line = ran.stdout.lines().find(|line| line.contains(words)).expect(words);
        assert_eq!(line.starts_with("# "), is_comment, "{line}");
    }
}

#[test]
fn the_secrets_of_an_upload_are_not_shown() {
    let world = World::new();
    let photo = world.file("photo.png", "\u{89}PNG");
    std::fs::write(&photo, b"\x89PNG\r\n\x1a\n").expect("a picture");
    let upload = ["whatsapp", "media", "upload", &photo, "--cust-space-id", "cams-x", "--dry-run"];
    let ran = world.run(&upload).exits(0);
    let line = ran.stdout.lines().find(|line| line.contains(" oss cp ")).expect("the upload");
    assert!(line.starts_with("# (with the keys"), "{line}");
    assert!(line.contains("ALIBABA_CLOUD_IGNORE_PROFILE=TRUE"), "{line}");
    assert!(line.contains("ALIBABA_CLOUD_ACCESS_KEY_SECRET='***'"), "{line}");
}

#[test]
fn the_sandbox_keeps_the_account_of_the_real_run() {
    let world = World::bare();
    let flags = ["--profile", "prod", "--region", "cn-beijing", "--credentials", "env"];
    let message = [&["--sandbox", "--dry-run"], &SMS[..], &flags].concat();
    let call = world.run(&and(&message, &["--json"])).exits(0).planned_calls().remove(0);
    assert!(call.contains(&"--profile=prod".to_string()), "{call:?}");
    assert!(call.contains(&"--region=cn-beijing".to_string()), "{call:?}");
    let text = world.run(&message).exits(0).stdout;
    assert!(text.starts_with("# A run with --sandbox"), "{text}");
    assert!(text.contains("\nenv ALIBABA_CLOUD_IGNORE_PROFILE=TRUE"), "{text}");
}

#[test]
fn an_equal_message_is_reported() {
    for sandbox in [&["--sandbox"][..], &[]] {
        let world = World::new();
        let message = [sandbox, &SMS].concat();
        let dry = and(&message, &["--dry-run"]);
        world.run(&message).exits(0);
        let ran = world.run(&dry).exits(0);
        assert!(ran.stderr.contains("warning: the same message was sent to"), "{ran:#?}");
        let line = ran.stdout.lines().find(|line| line.contains("send-sms")).expect("the call");
        assert!(line.starts_with("# (only with --allow-duplicate"), "{line}");
        // On purpose, or another message.
        for more in [&["--allow-duplicate"][..], &["--param", "a=b"]] {
            let ran = world.run(&and(&dry, more)).exits(0);
            assert!(!ran.stderr.contains("the same message"), "{ran:#?}");
            assert!(
                ran.stdout.lines().any(|line| line.contains("send-sms") && !line.starts_with('#'))
            );
        }
        assert_eq!(world.run(&message).exits(2).stdout, "");
    }
    // An earlier message that may have been sent.
    let world = World::with_script(lost("dysmsapi send-sms"));
    let message = and(&SMS, &["--json", "--look-up", "0"]);
    world.run(&message).exits(7);
    for more in [&["--dry-run"][..], &["--dry-run", "--allow-duplicate"]] {
        let error = world.run(&and(&message, more)).exits(7).json()["error"].take();
        assert_eq!(error["outcome"], "unknown", "{error:#}");
    }
}

#[test]
fn a_used_key_is_reported() {
    for sandbox in [&["--sandbox"][..], &[]] {
        let world = World::new();
        let message = [sandbox, &SMS, &["--json", "--idempotency-key=order-7"]].concat();
        let dry = and(&message, &["--dry-run"]);
        assert_eq!(world.run(&dry).exits(0).planned_names(), ["send-sms"]);
        world.run(&message).exits(0);
        let ran = world.run(&dry).exits(0);
        assert_eq!(ran.json()["commands"], json!([]), "{ran:#?}");
        assert!(ran.json()["warnings"][0].to_string().contains("was used before"), "{ran:#?}");
        // The receipts would still be fetched.
        let names = world.run(&and(&dry, &["--wait"])).exits(0).planned_names();
        assert!(names.iter().all(|name| name == "query-send-details") && !names.is_empty());
        // The key belongs to one message.
        let ran = world.run(&and(&dry, &["--param", "a=b"])).exits(2);
        assert!(ran.json()["error"]["message"].to_string().contains("another message"), "{ran:#?}");
        // A dry run changes nothing.
        assert_eq!(world.run(&message).exits(0).json()["data"]["replayed"], true);
    }
}

#[test]
fn an_unresolved_key_is_reported_with_its_exit_code() {
    let world = World::with_script(json!([{
        "match": ["dysmsapi", "send-sms"], "exit": 1, "stderr": "Error: unexpected EOF\n",
    }]));
    let message = and(&SMS, &["--json", "--idempotency-key=order-7"]);
    world.run(&message).exits(7);
    let before = world.processes().len();
    let ran = world.run(&and(&message, &["--dry-run"])).exits(7);
    assert_eq!(ran.json()["error"]["outcome"], "unknown", "{ran:#?}");
    assert_eq!(world.processes().len(), before, "a dry run starts nothing");
}

#[test]
fn a_dry_run_reads_the_safety_policy() {
    let world = World::new();
    let rule = json!({"pattern": "dysmsapi:send-sms", "action": "deny"});
    let policy = json!({"enabled": true, "rules": [rule]}).to_string();
    std::fs::write(world.path("home/.aliyun/safety-policy.json"), policy).expect("a policy");
    let ran = world.run(&and(&SMS, &["--dry-run", "--json"])).exits(0);
    let warnings = ran.json()["warnings"].to_string();
    assert!(warnings.contains("safety policy of aliyun denies dysmsapi:send-sms"), "{ran:#?}");
    assert!(world.processes().is_empty());
}
