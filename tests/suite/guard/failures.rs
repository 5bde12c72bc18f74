//! Steps of the guard that fail: what stops a run, what is only said, and that ai-mode is off.

use std::fs;

use serde_json::json;

use crate::guard::messages::*;
use crate::support::{Profile, World, can_be_listed};

#[test]
fn an_aliyun_that_is_too_old_or_says_nothing_ends_with_3_and_the_install_command() {
    for version in ["3.3.2", "2.9.9", "dev", "not a version", ""] {
        let world = World::new();
        world.version(version);
        let json = assert_not_sent(&world, &world.run(&SMS), 3);
        let hint = json["error"]["hint"].as_str().unwrap_or_default();
        assert!(hint.contains("upgrade it: "), "{version}: {json:#}");
        assert!(hint.contains("brew") || hint.contains("install.sh"), "{version}: {json:#}");
        assert_eq!(world.commands(), ["version"], "{version}");
        world.assert_clean();
    }
}

#[test]
fn the_oldest_good_version_is_good_enough() {
    for version in ["3.3.3", "v3.3.3", "4.0.0"] {
        let world = World::new();
        // The stand-in takes the bare number for its own behaviour.
        world.version(version.trim_start_matches('v'));
        world.script(json!([{ "match": ["version"], "stdout": format!("{version}\n") }]));
        assert_accepted(&world.run(&SMS));
        world.assert_clean();
    }
}

#[test]
fn without_aliyun_the_install_command_is_printed() {
    let world = World::new();
    fs::remove_file(world.path("bin/aliyun")).expect("the stand-in goes away");
    let mut command = world.alimsg(&SMS);
    command.env("PATH", world.path("bin"));
    let json = assert_not_sent(&world, &run(command), 3);
    let hint = json["error"]["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("brew") || hint.contains("install.sh"), "{json:#}");
}

#[test]
fn a_plugin_that_cannot_be_installed_ends_with_3() {
    let world = fresh();
    world.script(json!([{
        "match": ["plugin", "install"], "exit": 1,
        "stderr": "ERROR: failed to fetch the catalog: no such host\n",
    }]));
    let json = assert_not_sent(&world, &world.run(&SMS), 3);
    let message = json["error"]["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("aliyun-cli-dysmsapi") && message.contains("no such host"),
        "{json:#}"
    );
    assert_eq!(world.ai_mode(), None);
    world.assert_clean();
    // Nothing of that is remembered as proven.
    world.script(json!([]));
    assert_accepted(&world.run(&SMS));
}

#[test]
fn a_plugin_that_needs_a_newer_aliyun_ends_with_3_and_the_install_command() {
    let world = fresh();
    world.script(json!([{
        "match": ["plugin", "install"], "exit": 1,
        "stderr": "ERROR: plugin aliyun-cli-dysmsapi version 0.9.0 requires CLI version 3.5.0 or \
                   higher, but you have 3.4.11\n",
    }]));
    let json = assert_not_sent(&world, &world.run(&SMS), 3);
    let hint = json["error"]["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("brew") || hint.contains("install.sh"), "{json:#}");
    world.assert_clean();
}

#[test]
fn plugins_that_cannot_be_updated_are_a_warning() {
    let world = World::new();
    world.script(json!([{
        "match": ["plugin", "update"], "exit": 1, "stderr": "ERROR: catalogue not reachable\n",
    }]));
    let ran = world.run(&SMS);
    assert_accepted(&ran);
    let json = ran.json();
    let warning = json["warnings"][0].as_str().unwrap_or_default();
    assert!(warning.contains("catalogue not reachable"), "{json:#}");
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1), "{json:#}");
    world.assert_clean();
}

#[test]
fn auto_install_that_cannot_be_set_is_tolerated() {
    let world = World::new();
    world.script(json!([{
        "match": ["configure", "set"], "exit": 1, "stderr": "ERROR: region can't be empty\n",
    }]));
    assert_accepted(&world.run(&SMS));
    world.assert_clean();
}

#[test]
fn profiles_that_cannot_be_listed_end_with_4() {
    let world = World::new();
    world.script(json!([{
        "match": ["configure", "list"], "exit": 1, "stderr": "ERROR: load configure failed\n",
    }]));
    assert_not_sent(&world, &world.run(&SMS), 4);
    assert_eq!(world.ai_mode(), None);
    world.assert_clean();
}

/// The CLI then does nothing, for any command, and its exit code is 0.
fn break_the_configuration(world: &World, text: &str) {
    fs::write(world.path("home/.aliyun/config.json"), text).expect("config.json");
}

#[test]
fn a_configuration_that_cannot_be_read_ends_with_4() {
    for broken in ["", "{\"current\":", r#"{"current":"gone","profiles":[{"name":"default"}]}"#] {
        for world in [World::new(), warm()] {
            let before = world.sent().len();
            break_the_configuration(&world, broken);
            let ran = world.run(&SMS);
            assert_eq!(ran.exit(), 4, "{ran:#?}");
            let json = ran.json();
            let message = json["error"]["message"].as_str().unwrap_or_default();
            assert!(message.contains("load current configuration failed"), "{json:#}");
            assert_eq!(json["error"]["outcome"], "not_sent", "{json:#}");
            assert_eq!(world.sent().len(), before);
            world.assert_clean();
            world.profiles(&[Profile::DEFAULT]);
            assert_accepted(&world.run(&SMS));
        }
    }
}

#[test]
fn a_disable_that_did_nothing_though_it_ended_with_0_is_not_believed() {
    let world = warm();
    world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
    let running = world.start(&SMS);
    world.wait_until("the call has made its request", || world.sent().len() == 2);
    break_the_configuration(&world, "{");
    world.release();
    let ran = running.wait();
    assert_accepted(&ran);
    let json = ran.json();
    assert_eq!(json["ai_mode_disabled"], false, "{json:#}");
    let warning = json["warnings"][0].as_str().unwrap_or_default();
    assert!(warning.contains("ai-mode may still be on: load current"), "{json:#}");
    assert_eq!(world.ai_mode(), Some(true));
    world.profiles(&[Profile::DEFAULT]);
    world.wait_until("the watchdog has switched ai-mode off", || world.ai_mode() == Some(false));
    world.assert_clean();
}

#[test]
fn ai_mode_that_cannot_be_switched_on_sends_nothing_and_is_off() {
    for step in ["enable", "set-user-agent"] {
        let world = warm();
        world.set_ai_mode(false, "");
        let before = world.sent().len();
        world.script(json!([{
            "match": ["configure", "ai-mode", step], "exit": 1, "stderr": "ERROR: disk full\n",
        }]));
        let ran = world.run(&SMS);
        assert_eq!(ran.exit(), 3, "{ran:#?}");
        let json = ran.json();
        assert_eq!(json["error"]["outcome"], "not_sent", "{json:#}");
        assert!(json["error"]["message"].as_str().is_some_and(|m| m.contains("disk full")));
        assert_eq!(json["ai_mode_disabled"], true, "{json:#}");
        assert_eq!(world.sent().len(), before);
        // Where `enable` failed there is nothing to switch off.
        let last = if step == "enable" { "ai-mode enable" } else { "ai-mode disable" };
        assert_eq!(world.commands().last().map(String::as_str), Some(last));
        assert_eq!(json["warnings"], json!([]), "{json:#}");
        assert!(world.running().is_empty(), "{:#?}", world.running());
        world.assert_clean();
    }
}

/// `disable` fails that often, then works.
fn disable_fails(world: &World, times: u32) {
    world.script(json!([{
        "match": ["configure", "ai-mode", "disable"], "times": times, "exit": 1,
        "stderr": "ERROR: disk full\n",
    }]));
}

#[test]
fn ai_mode_that_cannot_be_switched_off_is_reported_and_the_watchdog_keeps_trying() {
    let world = warm();
    disable_fails(&world, 2);
    let ran = world.run(&SMS);
    // The message is out: a script must not send it again.
    assert_accepted(&ran);
    let json = ran.json();
    assert_eq!(json["ai_mode_disabled"], false, "{json:#}");
    let warning = json["warnings"][0].as_str().unwrap_or_default();
    assert!(warning.contains("disk full") && warning.contains("ai-mode disable"), "{json:#}");
    assert!(ran.stderr.contains("ai-mode may still be on"), "{ran:#?}");
    world.wait_until("the watchdog has switched ai-mode off", || world.ai_mode() == Some(false));
    assert_eq!(world.sent().len(), 2);
    world.assert_clean();
}

#[test]
fn steps_killed_by_the_out_of_memory_killer_leave_ai_mode_off() {
    for step in ["enable", "set-user-agent", "disable"] {
        let world = World::new();
        world.script(json!([{
            "match": ["configure", "ai-mode", step], "times": 1, "kill_self": 9,
        }]));
        let ran = world.run(&SMS);
        if step == "disable" {
            // It is run once more.
            assert_accepted(&ran);
        } else {
            assert_not_sent(&world, &ran, 3);
        }
        // A step that was killed may have been carried out before.
        assert_eq!(world.commands().last().map(String::as_str), Some("ai-mode disable"));
        assert_eq!(ran.json()["ai_mode_disabled"], true);
        assert_eq!(world.ai_mode(), Some(false));
        world.assert_clean();
    }
}

#[test]
fn the_exit_code_of_a_failed_send_outlives_a_failed_disable() {
    let world = warm();
    world.script(json!([
        { "match": ["configure", "ai-mode", "disable"], "times": 1, "exit": 1 },
        {
            "match": ["dysmsapi"], "sent": false,
            "stdout": r#"{"Code":"isv.SMS_TEMPLATE_ILLEGAL","Message":"no","RequestId":"A1B2C3D4"}"#,
        },
    ]));
    let ran = world.run(&SMS);
    assert_eq!(ran.exit(), 6, "{ran:#?}");
    assert_eq!(ran.json()["ai_mode_disabled"], false);
    world.wait_until("the watchdog has switched ai-mode off", || world.ai_mode() == Some(false));
    world.assert_clean();
}

#[test]
fn what_the_watchdog_cannot_switch_off_either_the_next_run_does() {
    if !can_be_listed() {
        return;
    }
    let world = warm();
    disable_fails(&world, 1000);
    assert_accepted(&world.run(&SMS));
    world.watchdogs().iter().for_each(|watchdog| watchdog.kill());
    world.wait_for_quiet();
    assert_eq!(world.ai_mode(), Some(true));

    world.script(json!([]));
    let before = world.processes().len();
    let ran = world.run(&SMS);
    assert_accepted(&ran);
    assert_eq!(ran.json()["ai_mode_disabled"], true);
    let healed = commands_after(&world, before);
    assert_eq!(healed[0], "ai-mode disable", "{healed:?}");
    assert_eq!(healed[1..], WARM_SMS);
    world.assert_clean();
}

#[test]
fn leases_deleted_during_a_run_do_not_leave_ai_mode_on() {
    let world = World::new();
    world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
    let running = world.start(&SMS);
    world.wait_for_command("dysmsapi send-sms");
    fs::remove_dir_all(world.path("home/.aliyun/.alimsg")).expect("the leases");
    world.release();
    let ran = running.wait();
    assert_accepted(&ran);
    assert_eq!(ran.json()["ai_mode_disabled"], true);
    assert_eq!(world.ai_mode(), Some(false));
    world.assert_clean();
}

#[test]
fn a_debt_is_paid_even_by_a_run_that_sends_nothing() {
    let world = warm();
    world.set_ai_mode(true, SMS_AGENT);
    // The lease of a run that lost its power supply.
    let leases = world.path("home/.aliyun/.alimsg/leases");
    fs::write(leases.join("a-run-that-is-gone"), "1\n").expect("a lease");
    assert_eq!(world.run(&with(&SMS, &["--profile", "nobody"])).exit(), 4);
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
    assert!(fs::read_dir(leases).expect("the leases").next().is_none());
}
