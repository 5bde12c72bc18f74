//! Output that is closed, huge, truncated or missing: that of alimsg and that of its children.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::guard::kills::kill_host;
use crate::guard::messages::*;
use crate::support::{Running, World, can_be_listed, is_alive};

/// Exactly one message was sent, and ai-mode is off.
#[track_caller]
fn assert_sent_once(world: &World) {
    assert_eq!(world.sent().len(), 1, "{:#?}", world.sent());
    assert_on_during_calls(world);
    world.assert_clean();
}

/// A world in which this rule changes the product call.
fn with_rule(rule: serde_json::Value) -> World {
    let world = World::new();
    let mut rule = rule;
    rule["match"] = json!(["dysmsapi"]);
    world.script(json!([rule]));
    world
}

#[test]
fn a_closed_stdout_sends_once_and_exits_with_0() {
    for closing in [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
        let world = World::new();
        let ran = run(world.shell(&format!(r#"exec "$0" "$@" {closing}"#), &SMS));
        assert_eq!(ran.exit(), 0, "{closing}: {ran:#?}");
        assert_sent_once(&world);
    }
}

#[test]
fn a_broken_pipe_on_stdout_reports_the_sent_message_on_stderr() {
    for json in [true, false] {
        let world = World::new();
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = world.alimsg(&SMS[..SMS.len() - usize::from(!json)]);
        let ended = command.stdout(writer).stderr(Stdio::piped()).output().expect("it runs");
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(0), "{stderr}");
        // stdout is lost, and a user who sees no result may send again, so stderr reports it.
        assert!(stderr.contains("cannot write to stdout"), "{stderr}");
        assert!(stderr.contains("accepted") && stderr.contains("biz_id"), "{stderr}");
        assert_sent_once(&world);
    }
}

#[test]
fn a_broken_pipe_on_stderr_does_not_stop_the_run() {
    let world = World::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = world.alimsg(&with(&SMS, &["-v"]));
    let ended = command.stderr(writer).stdout(Stdio::piped()).output().expect("it runs");
    assert_eq!(ended.status.code(), Some(0));
    assert_sent_once(&world);
}

#[test]
fn a_huge_stdout_is_limited_and_the_outcome_is_unknown() {
    let world = with_rule(json!({
        "flood_stdout_bytes": 64 * 1024 * 1024, "stdout": r#"{"Code":"OK","BizId":"1^0"}"#,
    }));
    let mut running = world.start(&SMS);
    let mut peak = 0;
    while !running.has_ended() {
        peak = peak_memory_mib(running.pid()).unwrap_or(0).max(peak);
        thread::sleep(Duration::from_millis(10));
    }
    assert!(peak < 160, "{peak} MiB");
    assert_unknown(&running.wait());
    assert_sent_once(&world);
}

/// The peak memory of the process in MiB; `None` where the system does not report it.
fn peak_memory_mib(pid: i32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

#[test]
fn a_huge_stderr_does_not_hide_the_reply() {
    let world = warm();
    world.script(json!([{ "match": ["dysmsapi"], "stderr": "a note\n".repeat(1_500_000) }]));
    assert_accepted(&world.run(&SMS));
    assert_eq!(world.sent().len(), 2);
    world.assert_clean();
}

#[test]
fn huge_output_of_a_guard_step_does_not_stop_the_run() {
    let world = World::new();
    world.script(json!([
        { "match": ["plugin", "update"], "flood_stdout_bytes": 4 * 1024 * 1024 },
        { "match": ["configure", "ai-mode", "set-user-agent"], "stderr": "x".repeat(200_000) },
    ]));
    assert_accepted(&world.run(&SMS));
    assert_sent_once(&world);
}

#[test]
fn an_unreadable_reply_leaves_the_outcome_unknown() {
    for rule in [
        json!({ "truncate": 20 }),
        json!({ "raw_stdout_hex": "fffe7b22436f6465" }),
        json!({ "stdout": "" }),
        json!({ "stdout": "Good day\n" }),
        json!({ "stdout": "[]" }),
        json!({ "stdout": "{}" }),
        json!({ "stdout": r#"{"Code":"OK"}"# }),
        json!({ "stdout": "", "exit": 1 }),
        json!({ "kill_self": 11 }),
        json!({ "kill_self": 9 }),
    ] {
        let world = with_rule(rule.clone());
        let ran = world.run(&with(&SMS, &["--out-id", "order-7"]));
        let json = assert_unknown(&ran);
        let next = json["error"]["next"][0].as_str().unwrap_or_default();
        assert!(next.contains("order-7"), "{rule}: {json:#}");
        assert_sent_once(&world);
    }
}

#[test]
fn invalid_utf8_around_the_reply_does_not_hide_it() {
    let reply = r#"{"Code":"OK","BizId":"1^0","RequestId":"A1B2C3D4"}"#;
    let world = with_rule(json!({ "stdout": reply, "raw_stdout_hex": "0afffe00" }));
    assert_accepted(&world.run(&SMS));
    assert_sent_once(&world);
}

#[test]
fn a_help_page_instead_of_a_reply_is_not_a_success() {
    let world = with_rule(json!({
        "sent": false, "stdout": "Usage:\n  aliyun dysmsapi send-sms\n\nFlags:\n  --help\n",
    }));
    let json = assert_not_sent(&world, &world.run(&SMS), 1);
    assert!(json["error"]["message"].to_string().contains("help page"), "{json:#}");
    world.assert_clean();
}

#[test]
fn a_hanging_call_and_its_plugin_end_at_the_timeout() {
    let world =
        with_rule(json!({ "delay_ms": 120_000, "grandchild": true, "ignore_sigterm": true }));
    let ran = world.run(&with(&SMS, &["--timeout", "1"]));
    assert_unknown(&ran);
    let calls = calls(&world);
    assert_eq!(calls.len(), 2, "{calls:#?}");
    assert!(calls.iter().all(|call| !is_alive(call.pid)), "{calls:#?}");
    assert_sent_once(&world);
}

#[test]
fn a_hanging_guard_step_ends_at_the_timeout() {
    for (step, exit) in [("version", 3), ("plugin", 3), ("configure", 3)] {
        let world = World::bare();
        world.profiles(&[crate::support::Profile::DEFAULT]);
        let rule = match step {
            "version" => json!({ "match": ["version"], "delay_ms": 120_000 }),
            "plugin" => json!({ "match": ["plugin", "install"], "delay_ms": 120_000 }),
            _ => json!({ "match": ["configure", "ai-mode", "enable"], "delay_ms": 120_000 }),
        };
        world.script(json!([rule]));
        let json = assert_not_sent(&world, &world.run(&with(&SMS, &["--timeout", "1"])), exit);
        let hint = json["error"]["hint"].to_string();
        assert_eq!(hint.contains("--timeout"), step == "plugin", "{hint}");
        world.assert_clean();
    }
}

#[test]
fn the_plugin_of_a_killed_host_has_time_to_reply() {
    // Longer than the time that remaining processes have after a normal end.
    let world = with_rule(json!({ "delay_ms": 3_000, "grandchild": true }));
    let running = world.start(&SMS);
    wait_for_plugin(&world);
    kill_host(&world);
    assert_accepted(&running.wait());
    assert_sent_once(&world);
}

#[test]
fn a_plugin_that_outlives_its_killed_host_too_long_is_killed() {
    let world = with_rule(json!({ "delay_ms": 120_000, "grandchild": true }));
    let running = world.start(&with(&SMS, &["--timeout", "2"]));
    wait_for_plugin(&world);
    kill_host(&world);
    assert_unknown(&running.wait());
    assert_sent_once(&world);
}

#[test]
fn an_ignored_sigchld_does_not_hide_the_end_of_children() {
    let world = World::new();
    // Some shells cannot ignore SIGCHLD. alimsg inherits ignored signals.
    let line = r#"exec bash -c 'trap "" CHLD; exec "$0" "$@"' "$0" "$@""#;
    let ran = run(world.shell(line, &SMS));
    assert_accepted(&ran);
    assert_sent_once(&world);
    if can_be_listed() {
        assert!(world.running().is_empty(), "{:#?}", world.running());
    }
}

#[test]
fn a_surviving_process_does_not_keep_the_output_open() {
    let world = World::new();
    // A watchdog that is still trying must not keep `$(alimsg …)` open.
    world.script(json!([{
        "match": ["configure", "ai-mode", "disable"], "times": 3, "exit": 1,
    }]));
    let running = Running::start(world.shell(r#"output=$("$0" "$@" 2>&1); echo "$output""#, &SMS));
    let ran = running.wait();
    assert!(ran.stdout.contains(r#""ai_mode_disabled":false"#), "{ran:#?}");
    world.wait_until("ai-mode is off", || world.ai_mode() == Some(false));
    assert_sent_once(&world);
}
