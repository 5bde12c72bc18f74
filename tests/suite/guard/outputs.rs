//! Outputs that are closed, flooded, cut off or never come, in both directions.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::guard::kills::kill_host;
use crate::guard::messages::*;
use crate::support::{Running, World, can_be_listed, is_alive};

/// One message went out, and ai-mode is off.
#[track_caller]
fn assert_sent_once(world: &World) {
    assert_eq!(world.sent().len(), 1, "{:#?}", world.sent());
    assert_on_during_calls(world);
    world.assert_clean();
}

/// A world in which the product call is bent that way.
fn bent(rule: serde_json::Value) -> World {
    let world = World::new();
    let mut rule = rule;
    rule["match"] = json!(["dysmsapi"]);
    world.script(json!([rule]));
    world
}

#[test]
fn a_closed_stdout_sends_once_and_ends_with_0() {
    for closing in [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
        let world = World::new();
        let ran = run(world.shell(&format!(r#"exec "$0" "$@" {closing}"#), &SMS));
        assert_eq!(ran.exit(), 0, "{closing}: {ran:#?}");
        assert_sent_once(&world);
    }
}

#[test]
fn a_reader_that_went_away_does_not_hide_that_the_message_is_out() {
    for json in [true, false] {
        let world = World::new();
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = world.alimsg(&SMS[..SMS.len() - usize::from(!json)]);
        let ended = command.stdout(writer).stderr(Stdio::piped()).output().expect("it runs");
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(0), "{stderr}");
        // Who sends again because nothing was printed would send twice: so it is said here.
        assert!(stderr.contains("cannot write to stdout"), "{stderr}");
        assert!(stderr.contains("accepted") && stderr.contains("biz_id"), "{stderr}");
        assert_sent_once(&world);
    }
}

#[test]
fn a_stderr_that_nobody_reads_stops_nothing() {
    let world = World::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = world.alimsg(&with(&SMS, &["-v"]));
    let ended = command.stderr(writer).stdout(Stdio::piped()).output().expect("it runs");
    assert_eq!(ended.status.code(), Some(0));
    assert_sent_once(&world);
}

#[test]
fn a_flood_on_stdout_is_bounded_and_the_outcome_is_unknown() {
    let world = bent(json!({
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

/// The most memory that the process has ever used, where the system tells.
fn peak_memory_mib(pid: i32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

#[test]
fn a_flood_on_stderr_does_not_hide_the_reply() {
    let world = warm();
    world.script(json!([{ "match": ["dysmsapi"], "stderr": "a note\n".repeat(1_500_000) }]));
    assert_accepted(&world.run(&SMS));
    assert_eq!(world.sent().len(), 2);
    world.assert_clean();
}

#[test]
fn a_flood_from_a_step_of_the_guard_stops_nothing() {
    let world = World::new();
    world.script(json!([
        { "match": ["plugin", "update"], "flood_stdout_bytes": 4 * 1024 * 1024 },
        { "match": ["configure", "ai-mode", "set-user-agent"], "stderr": "x".repeat(200_000) },
    ]));
    assert_accepted(&world.run(&SMS));
    assert_sent_once(&world);
}

#[test]
fn a_reply_that_cannot_be_read_leaves_the_outcome_unknown() {
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
        let world = bent(rule.clone());
        let ran = world.run(&with(&SMS, &["--out-id", "order-7"]));
        let json = assert_unknown(&ran);
        let next = json["error"]["next"][0].as_str().unwrap_or_default();
        assert!(next.contains("order-7"), "{rule}: {json:#}");
        assert_sent_once(&world);
    }
}

#[test]
fn bytes_around_the_reply_that_are_no_text_do_not_hide_it() {
    let reply = r#"{"Code":"OK","BizId":"1^0","RequestId":"A1B2C3D4"}"#;
    let world = bent(json!({ "stdout": reply, "raw_stdout_hex": "0afffe00" }));
    assert_accepted(&world.run(&SMS));
    assert_sent_once(&world);
}

#[test]
fn a_help_page_in_the_place_of_a_reply_is_no_success() {
    let world = bent(json!({
        "sent": false, "stdout": "Usage:\n  aliyun dysmsapi send-sms\n\nFlags:\n  --help\n",
    }));
    let json = assert_not_sent(&world, &world.run(&SMS), 1);
    assert!(json["error"]["message"].to_string().contains("help page"), "{json:#}");
    world.assert_clean();
}

#[test]
fn a_call_that_hangs_is_ended_with_its_plugin_at_the_time_limit() {
    let world = bent(json!({ "delay_ms": 120_000, "grandchild": true, "ignore_sigterm": true }));
    let ran = world.run(&with(&SMS, &["--timeout", "1"]));
    assert_unknown(&ran);
    let calls = calls(&world);
    assert_eq!(calls.len(), 2, "{calls:#?}");
    assert!(calls.iter().all(|call| !is_alive(call.pid)), "{calls:#?}");
    assert_sent_once(&world);
}

#[test]
fn a_step_of_the_guard_that_hangs_is_ended_at_the_time_limit() {
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
fn a_host_that_someone_killed_leaves_its_plugin_time_to_answer() {
    // Longer than stragglers of an ordinary end get.
    let world = bent(json!({ "delay_ms": 3_000, "grandchild": true }));
    let running = world.start(&SMS);
    wait_for_plugin(&world);
    kill_host(&world);
    assert_accepted(&running.wait());
    assert_sent_once(&world);
}

#[test]
fn a_plugin_that_outlives_its_killed_host_for_too_long_is_ended() {
    let world = bent(json!({ "delay_ms": 120_000, "grandchild": true }));
    let running = world.start(&with(&SMS, &["--timeout", "2"]));
    wait_for_plugin(&world);
    kill_host(&world);
    assert_unknown(&running.wait());
    assert_sent_once(&world);
}

#[test]
fn a_parent_that_ignores_its_children_does_not_keep_alimsg_from_hearing_of_its_own() {
    let world = World::new();
    // Not every sh can ignore this one, and alimsg inherits what is ignored.
    let line = r#"exec bash -c 'trap "" CHLD; exec "$0" "$@"' "$0" "$@""#;
    let ran = run(world.shell(line, &SMS));
    assert_accepted(&ran);
    assert_sent_once(&world);
    if can_be_listed() {
        assert!(world.running().is_empty(), "{:#?}", world.running());
    }
}

#[test]
fn output_that_is_held_open_by_a_straggler_does_not_hang_a_shell() {
    let world = World::new();
    // The watchdog that goes on trying must not hold `$(alimsg …)` open.
    world.script(json!([{
        "match": ["configure", "ai-mode", "disable"], "times": 3, "exit": 1,
    }]));
    let running = Running::start(world.shell(r#"said=$("$0" "$@" 2>&1); echo "$said""#, &SMS));
    let ran = running.wait();
    assert!(ran.stdout.contains(r#""ai_mode_disabled":false"#), "{ran:#?}");
    world.wait_until("ai-mode is off", || world.ai_mode() == Some(false));
    assert_sent_once(&world);
}
