//! The final `disable`: its effect is checked; it is repeated if it was killed, then left to the
//! watchdog.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::guard::messages::*;
use crate::support::{World, can_be_listed};

const DISABLE: [&str; 3] = ["configure", "ai-mode", "disable"];

fn disables(world: &World) -> usize {
    world.count("ai-mode disable")
}

#[test]
fn a_killed_disable_is_repeated_once() {
    for signal in [9, 15] {
        let world = warm();
        let before = disables(&world);
        world.script(json!([{ "match": DISABLE, "times": 1, "kill_self": signal }]));
        let ran = world.run(&SMS);
        assert_accepted(&ran);
        assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
        assert_eq!(ran.json()["warnings"], json!([]), "{ran:#?}");
        assert_eq!(world.ai_mode(), Some(false));
        assert_eq!(disables(&world) - before, 2);
        world.assert_clean();
    }
}

#[test]
fn a_disable_killed_twice_is_left_to_the_watchdog() {
    let world = warm();
    world.script(json!([{ "match": DISABLE, "times": 2, "kill_self": 15 }]));
    let ran = world.run(&SMS);
    assert_accepted(&ran);
    let json = ran.json();
    assert_eq!(json["ai_mode_disabled"], false, "{json:#}");
    let warning = json["warnings"][0].as_str().unwrap_or_default();
    assert!(warning.contains("a watchdog keeps trying"), "{json:#}");
    world.wait_until("the watchdog has switched ai-mode off", || world.ai_mode() == Some(false));
    world.assert_clean();
}

#[test]
fn a_disable_without_effect_is_detected() {
    let world = warm();
    world.script(json!([{ "match": DISABLE, "times": 1, "exit": 0 }]));
    let ran = world.run(&SMS);
    assert_accepted(&ran);
    let json = ran.json();
    assert_eq!(json["ai_mode_disabled"], false, "{json:#}");
    let warning = json["warnings"][0].as_str().unwrap_or_default();
    assert!(warning.contains("had no effect"), "{json:#}");
    world.wait_until("the watchdog has switched ai-mode off", || world.ai_mode() == Some(false));
    world.assert_clean();
}

#[test]
fn an_unreadable_ai_mode_file_after_disable_is_checked_with_the_cli() {
    let world = warm();
    world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
    let before = world.processes().len();
    let running = world.start(&SMS);
    world.wait_until("the call has made its request", || world.sent().len() == 2);
    // As if another program had been killed during a write, and `disable` does not write.
    std::fs::write(world.path("home/.aliyun/ai-mode.json"), "{").expect("ai-mode.json");
    world.script(json!([{ "match": DISABLE, "exit": 0 }]));
    world.release();
    let ran = running.wait();
    assert_accepted(&ran);
    assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
    let ended = commands_after(&world, before);
    assert_eq!(ended[ended.len() - 2..], ["ai-mode disable", "ai-mode show"], "{ended:?}");
    world.assert_clean();
}

#[test]
fn an_effective_disable_counts_whatever_its_exit_status() {
    let world = warm();
    world.write_delay_ms(0);
    // Killed after its write. The rule replaces the write of the stand-in, so the test writes.
    world.script(json!([{ "match": DISABLE, "held": true, "kill_self": 9 }]));
    let before = disables(&world);
    let running = world.start(&SMS);
    world.wait_until("disable runs", || disables(&world) == before + 1);
    world.set_ai_mode(false, SMS_AGENT);
    world.release();
    let ran = running.wait();
    assert_accepted(&ran);
    assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
    assert_eq!(disables(&world), before + 1);
    world.assert_clean();
}

#[test]
fn a_sigterm_to_all_processes_leaves_ai_mode_off() {
    if !can_be_listed() {
        return;
    }
    let world = warm();
    world.write_delay_ms(20);
    let mut random = fastrand::Rng::with_seed(0x5EED_0020);
    for round in 0..30 {
        let before = world.sent().len();
        let running = world.start(&SMS);
        std::thread::sleep(std::time::Duration::from_micros(random.u64(..140_000)));
        for process in world.running() {
            if let Some(pid) = Pid::from_raw(process.pid) {
                // It may already have ended.
                let _ = kill_process(pid, Signal::TERM);
            }
        }
        let ran = running.wait();
        world.wait_for_quiet();
        assert_ne!(world.ai_mode(), Some(true), "round {round}: {ran:#?}");
        assert!(world.sent().len() <= before + 1, "round {round}");
        if !ran.stdout.is_empty() {
            // One signal kills one `disable`; the second one switches ai-mode off.
            assert_eq!(ran.json()["ai_mode_disabled"], true, "round {round}: {ran:#?}");
        }
    }
    world.assert_clean();
}

#[test]
fn a_failed_enable_leaves_nothing_behind() {
    let world = warm();
    world.script(json!([{
        "match": ["configure", "ai-mode", "enable"], "exit": 1, "stderr": "ERROR: disk full\n",
    }, {
        "match": DISABLE, "exit": 1, "stderr": "ERROR: disk full\n",
    }]));
    for _ in 0..5 {
        let ran = world.run(&SMS);
        assert_eq!(ran.exit(), 3, "{ran:#?}");
        assert_eq!(ran.json()["warnings"], json!([]), "{ran:#?}");
        assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
        assert!(world.running().is_empty(), "{:#?}", world.running());
    }
    let leases = std::fs::read_dir(world.path("home/.aliyun/.alimsg/leases"));
    assert_eq!(leases.expect("the leases").count(), 0);
    world.assert_clean();
}

#[test]
fn an_enable_with_an_unknown_effect_is_undone() {
    // It hangs, or it reports a failure after its write.
    for mut rule in [
        json!({ "delay_ms": 60_000 }),
        json!({ "held": true, "exit": 1, "stderr": "ERROR: disk full\n" }),
    ] {
        let world = warm();
        rule["match"] = json!(["configure", "ai-mode", "enable"]);
        world.script(json!([rule]));
        let before = world.processes().len();
        let running = world.start(&with(&SMS, &["--timeout", "2"]));
        world.wait_until("enable runs", || world.processes().len() == before + 1);
        world.set_ai_mode(true, SMS_AGENT);
        world.release();
        let ran = running.wait();
        assert_eq!(ran.exit(), 3, "{ran:#?}");
        assert_eq!(commands_after(&world, before), ["ai-mode enable", "ai-mode disable"]);
        assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
        assert_eq!(world.ai_mode(), Some(false));
        world.assert_clean();
    }
}
