//! The sandbox through the real binary: every special number, without an account, without `aliyun`
//! and without a network connection.

use crate::support::messages::{SMS, TEMPLATE, TEXT, and, with};
use crate::support::{Ran, Running, World};
use serde_json::{Value, json};

/// Runs alimsg on a machine without any other program.
fn run(world: &World, words: &[&str]) -> Ran {
    Running::start(bare(world, words)).wait()
}

fn bare(world: &World, words: &[&str]) -> std::process::Command {
    let mut command = world.alimsg(words);
    command.env("PATH", "");
    command
}

fn sms(world: &World, number: &str, more: &[&str]) -> Ran {
    run(world, &[&["--sandbox"], &with(&SMS, "-p", number)[..], more].concat())
}

fn template(world: &World, number: &str, more: &[&str]) -> Ran {
    run(world, &[&["--sandbox"], &with(&TEMPLATE, "--to", number)[..], more].concat())
}

#[test]
fn a_message_is_sent_without_aliyun_or_a_configuration() {
    let world = World::bare();
    for ran in
        [sms(&world, "13800001234", &["--json"]), template(&world, "8613800001234", &["--json"])]
    {
        assert_eq!(ran.exit(), 0, "{ran:#?}");
        let answer = ran.json();
        assert_eq!((&answer["ok"], &answer["sandbox"]), (&json!(true), &json!(true)));
        assert_eq!(answer["data"]["status"], "accepted");
        assert_eq!(answer["account"]["profile"], "sandbox");
        assert_eq!(answer["warnings"], json!([]), "{answer:#}");
        assert!(ran.stderr.starts_with("[sandbox] "), "{}", ran.stderr);
    }
    // `--quiet` does not hide the sandbox notice.
    let ran = sms(&world, "13800001235", &["--quiet"]);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.starts_with("[sandbox] ") && ran.stdout.starts_with("status\taccepted"));
    assert_eq!(world.sandbox_messages().len(), 3);
    assert!(world.processes().is_empty(), "the stand-in for aliyun was not started");
    assert!(!world.path("home/.aliyun").exists(), "its configuration was not created");
    world.assert_off_in_sandbox();
}

#[test]
fn every_special_number_has_its_documented_result_and_a_next_command() {
    // Ending; exit code and outcome of an SMS and of a WhatsApp message; messages that the service
    // stored, even if the caller does not know about them.
    let expected = [
        ("9001", 6, "not_sent", 0),
        ("9002", 6, "not_sent", 0),
        ("9003", 7, "unknown", 1),
        ("9004", 7, "unknown", 0),
        ("9005", 5, "not_sent", 0),
        ("9007", 3, "not_sent", 0),
        ("9008", 6, "not_sent", 0),
        ("9009", 7, "unknown", 1),
        ("9010", 7, "unknown", 0),
        ("9011", 6, "not_sent", 0),
        ("9012", 0, "", 1),
        ("9013", 0, "", 1),
        ("9014", 0, "", 1),
        ("9015", 4, "not_sent", 0),
    ];
    let world = World::bare();
    let mut messages = 0;
    for (ending, exit, outcome, sent) in expected {
        let number = format!("1380000{ending}");
        let by_sms = sms(&world, &number, &["--json"]);
        let by_chat = template(&world, &format!("86{number}"), &["--json"]);
        for ran in [by_sms, by_chat] {
            assert_eq!(ran.exit(), exit, "{ending}: {ran:#?}");
            let answer = ran.json();
            assert_eq!(
                (&answer["sandbox"], &answer["ai_mode_disabled"]),
                (&json!(true), &json!(true))
            );
            if exit == 0 {
                continue;
            }
            let error = &answer["error"];
            assert_eq!(error["outcome"], outcome, "{ending}: {error:#}");
            assert!(error["hint"].is_string(), "{ending}: {error:#}");
            if outcome == "unknown" {
                let next = error["next"].as_array().expect("commands");
                let mut next = next.iter().filter_map(|next| next.as_str());
                assert!(next.any(|next| next.contains(&number)), "{error:#}");
                assert_eq!(error["retryable"], false);
            }
            if exit == 5 {
                assert!(error["policy"]["Statement"].is_array(), "{error:#}");
            }
        }
        messages += 2 * sent;
        assert_eq!(world.sandbox_messages().len(), messages, "{ending}");
    }
    let help = run(&world, &["help", "sandbox"]).stdout;
    for (ending, ..) in expected {
        assert!(help.contains(&format!("\n  {ending}  ")), "{ending} is not in the help");
    }
}

#[test]
fn only_retryable_errors_are_reported_as_retryable() {
    let world = World::bare();
    for (ending, retryable) in [("9002", true), ("9007", true), ("9008", false), ("9003", false)] {
        let ran = sms(&world, &format!("1380000{ending}"), &["--json"]);
        assert_eq!(ran.json()["error"]["retryable"], retryable, "{ending}: {ran:#?}");
    }
}

#[test]
fn a_hanging_call_is_stopped_at_the_timeout_with_unknown_outcome() {
    let world = World::bare();
    let limited = ["--sandbox", "--json", "--timeout=3", "--out-id=track-1"];
    let words = and(&with(&SMS, "-p", "13800009006"), &limited);
    let running = Running::start(bare(&world, &words));
    let pid = running.pid();
    world.wait_until("the service stores the message", || world.sandbox_messages().len() == 1);
    assert_no_connection(pid);
    let ran = running.wait().exits(7);
    let error = &ran.json()["error"];
    assert_eq!((&error["kind"], &error["outcome"]), (&json!("unknown_outcome"), &json!("unknown")));
    let command = "alimsg sms status -p 13800009006 --out-id track-1 --sandbox";
    assert_eq!(error["next"][0], command);
}

/// Asserts that neither the program nor its child processes have an internet socket.
#[cfg(target_os = "linux")]
fn assert_no_connection(pid: i32) {
    let family = with_descendants(pid);
    assert!(family.len() >= 2, "the simulated aliyun is a separate process");
    for pid in family {
        let tables = ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"].map(|name| {
            std::fs::read_to_string(format!("/proc/{pid}/net/{name}")).unwrap_or_default()
        });
        let inodes: Vec<&str> = tables
            .iter()
            .flat_map(|table| table.lines())
            .filter_map(|line| line.split_whitespace().nth(9))
            .collect();
        let Ok(files) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { continue };
        for file in files.flatten() {
            let Ok(target) = std::fs::read_link(file.path()) else { continue };
            let target = target.to_string_lossy().into_owned();
            let inode = target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']'));
            assert!(inode.is_none_or(|inode| !inodes.contains(&inode)), "{pid} has {target}");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn assert_no_connection(_pid: i32) {}

/// The process and all its descendants.
#[cfg(target_os = "linux")]
fn with_descendants(pid: i32) -> Vec<i32> {
    let parent = |pid: i32| {
        // "PID (name) STATE PARENT …"
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse::<i32>().ok()
    };
    let all: Vec<(i32, i32)> = std::fs::read_dir("/proc")
        .expect("the processes")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, parent(pid)?)))
        .collect();
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(&member) = family.get(next) {
        family.extend(all.iter().filter(|(_, parent)| *parent == member).map(|(pid, _)| pid));
        next += 1;
    }
    family
}

#[test]
fn a_text_needs_an_open_window_and_a_template_does_not() {
    let world = World::bare();
    let text = |to: &str| {
        let more = ["--sandbox", "--json", "--text=It is on its way."];
        run(&world, &and(&with(&TEXT, "--to", to), &more))
    };
    text("8613800001000").exits(0);
    let closed = text("8613800001234").exits(6);
    let error = &closed.json()["error"];
    assert_eq!(error["code"], "SessionWindowExpired");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("template")), "{error:#}");
    template(&world, "8613800001234", &[]).exits(0);
}

#[test]
fn a_viber_message_needs_a_viber_sender() {
    let world = World::bare();
    run(
        &world,
        &[
            "--sandbox",
            "whatsapp",
            "send",
            "template",
            "--channel-type",
            "viber",
            "--from",
            "30001",
            "--to",
            "8613800001234",
            "--template-code",
            "100000000000005",
            "--language",
            "en",
            "--param",
            "name=Alice",
            "--label",
            "promotion",
            "--ttl",
            "600",
            "--yes",
            "--json",
        ],
    )
    .exits(0);
}

#[test]
fn unapproved_signatures_and_templates_and_missing_values_are_rejected() {
    let world = World::bare();
    let send = |sign: &str, template: &str, more: &[&str]| {
        let words = with(&with(&SMS, "-s", sign), "-t", template);
        let ran = run(&world, &[&["--sandbox", "--json"], &words[..], more].concat());
        ran.json()["error"]["code"].clone()
    };
    assert_eq!(send("Acme Beta", "SMS_100003", &[]), "isv.SMS_SIGN_NAME_ILLEGAL");
    assert_eq!(send("Acme", "SMS_100004", &[]), "isv.SMS_TEMPLATE_ILLEGAL");
    assert_eq!(
        send("Acme", "SMS_100002", &["--param", "name=A"]),
        "isv.TEMPLATE_MISSING_PARAMETERS"
    );
    let complete = ["--param", "name=help", "--param", "order=--42"];
    assert_eq!(send("Acme", "SMS_100002", &complete), Value::Null);
    assert_eq!(world.sandbox_messages().len(), 1);
}

#[test]
fn the_sandbox_asks_for_confirmation() {
    let world = World::bare();
    let words = and(&["--sandbox"], &SMS[..SMS.len() - 1]);
    run(&world, &words).exits(2);
    assert!(!world.path("state/sandbox").exists(), "no process was started");

    let mut command = bare(&world, &words);
    command.env("TERM", "xterm");
    let mut terminal = crate::support::Terminal::start(command);
    terminal.expect("[sandbox]");
    terminal.expect("account");
    terminal.expect("profile sandbox");
    terminal.answer("to send", "yes");
    terminal.expect("accepted");
    terminal.wait().exits(0);
    assert_eq!(world.sandbox_messages().len(), 1);
}

#[test]
fn real_credentials_of_the_user_are_not_used() {
    let world = World::bare();
    let words = and(&SMS, &["--sandbox", "--json"]);
    let mut command = bare(&world, &words);
    command.envs([
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-of-somebody"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "a-secret"),
    ]);
    let ran = Running::start(command).wait().exits(0);
    for secret in ["a-secret", "LTAI-of-somebody"] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{ran:#?}");
    }
}
