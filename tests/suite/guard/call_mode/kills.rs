//! Signals, kills and several runs with `--ai-mode call`.

use std::fs;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use super::{leases, sms};
use crate::guard::kills::kill_host;
use crate::guard::messages::*;
use crate::support::{Ran, Running, World, can_be_listed, is_alive};

#[test]
fn a_stale_lease_of_another_run_is_recovered() {
    let world = warm();
    world.set_ai_mode(true, SMS_AGENT);
    fs::write(world.path("home/.aliyun/.alimsg/leases/a-run-that-is-gone"), "1\n")
        .expect("a lease");
    let before = world.processes().len();
    let ran = world.run(&sms());
    assert_accepted(&ran);
    assert_eq!(commands_after(&world, before), ["ai-mode disable", "dysmsapi send-sms"]);
    assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
    assert_eq!((world.ai_mode(), leases(&world)), (Some(false), 0));
    world.assert_clean();
}

#[test]
fn a_first_signal_lets_the_call_finish() {
    let world = warm();
    world.script(json!([{ "match": ["dysmsapi"], "held": true, "grandchild": true }]));
    let running = world.start(&sms());
    world.wait_until("the plugin waits", || world.sent().len() == 2);
    running.signal(Signal::TERM);
    running.wait_for_stderr("waiting for the running call");
    world.release();
    let ran = running.wait();
    assert_ended_by_sigterm(&world, &ran);
    assert_eq!(ran.json()["data"]["status"], "accepted", "{ran:#?}");
}

#[test]
fn a_second_signal_ends_the_group_of_the_call() {
    let world = warm();
    world.script(json!([{ "match": ["dysmsapi"], "delay_ms": 120_000, "grandchild": true }]));
    let running = world.start(&sms());
    world.wait_until("the plugin waits", || world.sent().len() == 2);
    let ran = running.signal_until_ended(Signal::TERM);
    assert_ended_by_sigterm(&world, &ran);
    assert_eq!(ran.json()["error"]["outcome"], "unknown", "{ran:#?}");
}

#[track_caller]
fn assert_ended_by_sigterm(world: &World, ran: &Ran) {
    assert_eq!(ran.signal(), Some(Signal::TERM.as_raw()), "{ran:#?}");
    assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
    assert!(calls(world).iter().all(|call| !is_alive(call.pid)), "{ran:#?}");
    assert_eq!(world.sent().len(), 2);
    world.assert_clean();
}

#[test]
fn no_watchdog_runs_and_a_killed_run_leaves_nothing_on() {
    if !can_be_listed() {
        return;
    }
    let world = warm();
    world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
    let running = world.start(&sms());
    world.wait_until("the call is in flight", || calls(&world).len() == 2);
    assert!(world.watchdogs().is_empty(), "{:#?}", world.running());
    assert_eq!(leases(&world), 0);
    running.signal(Signal::KILL);
    running.wait();
    world.release();
    world.wait_for_quiet();
    assert_eq!((world.ai_mode(), world.sent().len()), (Some(false), 2));
    let before = world.processes().len();
    assert_accepted(&world.run(&sms()));
    assert_eq!(commands_after(&world, before), ["dysmsapi send-sms"]);
    world.assert_clean();
}

#[test]
fn a_killed_host_leaves_the_outcome_to_its_plugin() {
    let world = World::new();
    world.script(json!([{ "match": ["dysmsapi"], "held": true, "grandchild": true }]));
    let running = world.start(&sms());
    wait_for_plugin(&world);
    kill_host(&world);
    world.release();
    let ran = running.wait();
    let json = ran.json();
    assert!(json["ok"] == true || json["error"]["outcome"] == "unknown", "{json:#}");
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn runs_in_both_modes_at_once_send_one_message_each() {
    let world = fresh();
    world.write_delay_ms(5);
    world.script(json!([{ "match": ["cams"], "delay_ms": 150 }]));
    let runs: Vec<Running> = (0..12)
        .map(|number| {
            let message = if number % 2 == 0 { SMS.as_slice() } else { &WHATSAPP };
            let mode = if number % 3 == 0 { "switch" } else { "call" };
            world.start(&with(message, &["--ai-mode", mode]))
        })
        .collect();
    for running in runs {
        let ran = running.wait();
        assert_accepted(&ran);
        assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
    }
    assert_eq!(world.sent().len(), 12);
    assert_on_during_calls(&world);
    world.assert_clean();
}

#[test]
fn first_runs_at_once_store_the_agent_string_once() {
    let world = World::new();
    world.write_delay_ms(5);
    let runs: Vec<Running> = (0..8).map(|_| world.start(&sms())).collect();
    for running in runs {
        assert_accepted(&running.wait());
    }
    let agents = world.commands();
    assert_eq!(agents.iter().filter(|name| *name == "ai-mode set-user-agent").count(), 1);
    assert!(!agents.iter().any(|name| name == "ai-mode enable"));
    let agent = format!("AlibabaCloud-AIMode/enabled {SMS_AGENT}");
    assert!(world.sent().iter().all(|sent| sent["ai_user_agent"] == agent), "{:#?}", world.sent());
    world.assert_clean();
}

#[test]
fn kills_at_random_moments_leave_nothing_on_and_never_send_twice() {
    if !can_be_listed() {
        return;
    }
    let world = warm();
    world.write_delay_ms(4);
    let mut random = fastrand::Rng::with_seed(0x5EED_0030);
    for round in 0..24 {
        let before = world.sent().len();
        let mode = if round % 3 == 0 { "switch" } else { "call" };
        let running = world.start(&with(&SMS, &["--ai-mode", mode]));
        thread::sleep(Duration::from_micros(random.u64(..60_000)));
        running.signal(Signal::KILL);
        running.wait();
        world.wait_for_quiet();
        assert_ne!(world.ai_mode(), Some(true), "round {round}: {:?}", world.commands());
        assert!(world.sent().len() <= before + 1, "round {round}");
    }
    assert_on_during_calls(&world);
    world.assert_clean();
}
