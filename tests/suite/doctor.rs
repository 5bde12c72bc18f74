//! `doctor`: one line for each check, the exit code of a send, and repairs.

use std::fs;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::support::{Profile, Ran, World};

/// The check with that name.
fn check<'v>(json: &'v Value, name: &str) -> &'v Value {
    let checks = json["data"]["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["name"] == name).unwrap_or(&Value::Null)
}

fn doctor(world: &World, more: &[&str]) -> Ran {
    world.run(&[&["doctor", "--json"], more].concat())
}

#[test]
fn a_working_machine_passes_and_nothing_is_changed_or_called() {
    let world = World::new();
    let ran = doctor(&world, &[]);
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    let json = ran.json();
    assert_eq!(json["data"]["usable"], true);
    for name in ["aliyun", "version", "credentials", "ai_mode", "safety_policy", "record", "disk"] {
        assert_eq!(check(&json, name)["status"], "ok", "{name}: {json:#}");
    }
    assert!(json["data"]["prerequisites"].as_array().expect("a list").len() >= 5, "{json:#}");
    assert!(world.calls().is_empty() && world.sent().is_empty(), "{:?}", world.commands());
    assert_eq!(world.commands(), ["version", "plugin list", "configure list"]);
    world.assert_clean();
}

#[test]
fn without_aliyun_it_reports_that_and_exits_like_a_send() {
    let world = World::with_alimsg_alone();
    let ran = doctor(&world, &[]);
    assert_eq!(ran.exit(), 3, "{ran:#?}");
    let json = ran.json();
    assert_eq!((&json["ok"], &json["data"]["usable"]), (&false.into(), &false.into()));
    assert_eq!(check(&json, "aliyun")["status"], "failed");
    assert!(check(&json, "aliyun")["fix"].as_str().expect("a fix").contains("install it"));
    assert_eq!(check(&json, "disk")["status"], "ok", "the other checks run too: {json:#}");
}

#[test]
fn it_works_in_the_sandbox() {
    let world = World::with_alimsg_alone();
    let ran = world.run(&["--sandbox", "doctor"]);
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    assert!(ran.stdout.starts_with("name\tstatus\tmessage\tfix\n"), "{ran:#?}");
    assert!(ran.stdout.contains("\ncredentials\tok\t"), "{ran:#?}");
    world.assert_off_in_sandbox_or_never_on();
}

#[test]
fn a_dry_run_starts_nothing() {
    let world = World::new();
    let ran = world.run(&["doctor", "--dry-run"]);
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    assert!(ran.stdout.contains("aliyun version\n"), "{ran:#?}");
    assert!(world.commands().is_empty());
}

#[test]
fn failed_checks_have_the_exit_code_of_a_send() {
    let cases = [("version", 3), ("credentials", 4), ("safety_policy", 3), ("record", 3)];
    for (name, code) in cases {
        let world = World::new();
        match name {
            "version" => drop(world.version("3.3.2")),
            "credentials" => drop(world.profiles(&[Profile { valid: false, ..Profile::DEFAULT }])),
            "safety_policy" => drop(world.file(
                "home/.aliyun/safety-policy.json",
                r#"{"enabled":true,"rules":[{"pattern":"*","action":"deny"}]}"#,
            )),
            _ => drop(world.file("state/store.sqlite3", "not a database")),
        }
        let ran = doctor(&world, &[]);
        assert_eq!(ran.exit(), code, "{name}: {ran:#?}");
        assert_eq!(check(&ran.json(), name)["status"], "failed", "{name}: {ran:#?}");
        world.assert_clean();
    }
}

#[test]
fn a_missing_plugin_is_installed_only_with_fix() {
    let world = World::new();
    world.plugins(&["aliyun-cli-cams"]);
    let json = doctor(&world, &[]).json();
    assert_eq!(check(&json, "plugin_cams")["status"], "ok", "{json:#}");
    assert_eq!(check(&json, "plugin_dysmsapi")["status"], "warning", "{json:#}");
    assert_eq!(world.count("plugin install"), 0);
    let json = doctor(&world, &["--fix"]).json();
    assert_eq!(check(&json, "plugin_dysmsapi")["status"], "ok", "{json:#}");
    assert_eq!(world.count("plugin install"), 1, "{:?}", world.commands());
    world.assert_clean();
}

#[test]
fn ai_mode_of_another_program_is_switched_off_only_after_a_confirmation() {
    let world = World::new();
    world.set_ai_mode(true, "mine");
    let json = doctor(&world, &[]).json();
    assert_eq!(check(&json, "ai_mode")["status"], "warning", "{json:#}");
    assert_eq!(check(&json, "ai_mode")["fix"], "alimsg doctor --fix");
    assert_eq!(world.ai_mode(), Some(true), "without --fix nothing is changed");

    let ran = doctor(&world, &["--fix"]);
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    assert!(world.ai_mode() == Some(true) && ran.stderr.contains("--yes"), "{ran:#?}");

    let ran = doctor(&world, &["--fix", "--yes"]);
    assert_eq!(check(&ran.json(), "ai_mode")["status"], "ok", "{ran:#?}");
    assert_eq!(world.agent().as_deref(), Some("mine"), "the agent stays");
    world.assert_clean();
}

#[test]
fn ai_mode_of_a_running_send_stays_on() {
    let world = World::new();
    world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
    let send = ["sms", "send", "-p", "13800001000", "-s", "Acme", "-t", "SMS_100003", "--yes"];
    let running = world.start(&send);
    world.wait_for_command("dysmsapi send-sms");
    let ran = doctor(&world, &["--fix", "--yes"]);
    assert_eq!(check(&ran.json(), "ai_mode")["status"], "ok", "{ran:#?}");
    assert_eq!(world.ai_mode(), Some(true), "the send still needs it");
    world.release();
    assert_eq!(running.wait().exit(), 0);
    world.assert_clean();
}

#[test]
fn a_terminal_gets_one_line_for_each_check_and_is_asked_before_a_repair() {
    let world = World::new();
    world.set_ai_mode(true, "mine");
    let mut terminal = world.terminal(&["doctor", "--fix"]);
    terminal.answer("switch ai-mode off", "no");
    assert_eq!(terminal.wait().exit(), 9);
    assert_eq!(world.ai_mode(), Some(true), "not confirmed");

    let mut terminal = world.terminal(&["doctor", "--fix"]);
    terminal.answer("switch ai-mode off", "yes");
    terminal.expect("ok       ai_mode");
    terminal.expect("alimsg sms qualifications list");
    assert_eq!(terminal.wait().exit(), 0);
    assert_eq!(world.ai_mode(), Some(false));
}

#[test]
fn stale_files_are_removed_and_leases_of_live_runs_stay() {
    let world = World::new();
    // A used store has the folder of the leases.
    let send = ["sms", "send", "-p", "13800001000", "-s", "Acme", "-t", "SMS_100003", "--yes"];
    assert_eq!(world.run(&[&send[..], &["--idempotency-key", "k"]].concat()).exit(), 0);
    let folder = world.path("state/ledger/alive");
    fs::create_dir_all(&folder).expect("a folder");
    let stale = folder.join("0197-dead");
    let file = fs::File::create(&stale).expect("a lease");
    file.set_modified(SystemTime::now() - Duration::from_secs(3600)).expect("an old lease");
    drop(file);
    let held = folder.join("0197-a11e");
    let live = fs::File::create(&held).expect("a lease");
    live.set_modified(SystemTime::now() - Duration::from_secs(3600)).expect("an old lease");
    live.lock().expect("held");

    let json = doctor(&world, &[]).json();
    assert_eq!(check(&json, "stale_files")["status"], "warning", "{json:#}");
    assert!(stale.exists());
    doctor(&world, &["--fix"]);
    assert!(!stale.exists() && held.exists());
}
