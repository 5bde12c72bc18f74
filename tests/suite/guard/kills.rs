//! SIGKILL, which a program cannot handle: the watchdog or the next run cleans up.

use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::guard::messages::*;
use crate::support::{World, can_be_listed};

/// Kills the host process of the running call but not its plugin.
pub fn kill_host(world: &World) {
    let host = calls(world).into_iter().find(|call| !call.plugin).expect("a call");
    kill_process(Pid::from_raw(host.pid).expect("a pid"), Signal::KILL).expect("the host");
}

/// Kills runs at random times.
fn kill_at_random_moments(world: &World, seed: u64, times: u32, latest_ms: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..times {
        let before = world.sent().len();
        let running = world.start(if round % 2 == 0 { &SMS } else { &WHATSAPP });
        thread::sleep(Duration::from_micros(random.u64(..latest_ms * 1000)));
        running.signal(Signal::KILL);
        running.wait();
        world.wait_for_quiet();
        assert_ne!(world.ai_mode(), Some(true), "round {round}: {:?}", world.commands());
        assert!(world.sent().len() <= before + 1, "round {round}");
        assert!(world.violations().is_empty(), "round {round}: {:#?}", world.violations());
    }
    assert_on_during_calls(world);
    // Sending still works.
    assert_accepted(&world.run(&SMS));
    world.assert_clean();
}

#[test]
fn a_kill_at_any_moment_leaves_ai_mode_off() {
    if !can_be_listed() {
        return;
    }
    let world = warm();
    assert_accepted(&world.run(&WHATSAPP));
    world.write_delay_ms(8);
    kill_at_random_moments(&world, 0x5EED_0001, 40, 60);
}

#[test]
fn a_kill_of_the_first_run_at_any_moment_leaves_ai_mode_off() {
    if !can_be_listed() {
        return;
    }
    thread::scope(|scope| {
        for seed in [0x5EED_0002, 0x5EED_0003] {
            scope.spawn(move || {
                for round in 0..6 {
                    let world = fresh();
                    world.write_delay_ms(8);
                    kill_at_random_moments(&world, seed + round, 1, 120);
                }
            });
        }
    });
}

#[test]
fn a_call_that_survives_the_kill_keeps_ai_mode_on_until_it_ends() {
    for grandchild in [false, true] {
        let world = World::new();
        world.script(json!([{
            "match": ["dysmsapi"], "held": true, "grandchild": grandchild,
        }]));
        let running = world.start(&SMS);
        let processes = 1 + usize::from(grandchild);
        world.wait_until("the call is in flight", || calls(&world).len() == processes);
        running.signal(Signal::KILL);
        assert_eq!(running.wait().signal(), Some(9));
        assert_eq!(world.ai_mode(), Some(true));
        world.release();
        world.wait_until("ai-mode is off", || world.ai_mode() == Some(false));
        let calls = calls(&world);
        assert!(calls.iter().all(|call| call.ended()), "{calls:#?}");
        assert_on_during_calls(&world);
        assert_eq!(world.sent().len(), 1);
        world.assert_clean();
    }
}

#[test]
fn a_call_that_hangs_after_the_kill_ends_at_the_timeout() {
    let world = World::new();
    world.script(json!([{
        "match": ["dysmsapi"], "delay_ms": 120_000, "grandchild": true, "ignore_sigterm": true,
    }]));
    let running = world.start(&with(&SMS, &["--timeout", "1"]));
    wait_for_plugin(&world);
    running.signal(Signal::KILL);
    running.wait();
    world.wait_until("ai-mode is off", || world.ai_mode() == Some(false));
    world.assert_clean();
}

#[test]
fn after_a_kill_during_enable_the_watchdog_waits_for_the_writer() {
    for step in ["enable", "set-user-agent", "disable"] {
        let world = warm();
        world.set_ai_mode(false, "");
        let before = world.processes().len();
        // The writer is still running when its run is killed, and pauses in the middle of its write.
        world.write_delay_ms(200);
        world.script(json!([
            { "match": ["configure", "ai-mode", step], "times": 1, "held": true },
        ]));
        let running = world.start(&SMS);
        let name = format!("ai-mode {step}");
        world.wait_until(&name, || commands_after(&world, before).contains(&name));
        running.signal(Signal::KILL);
        running.wait();
        world.release();
        world.wait_until("ai-mode is switched off by the watchdog", || {
            let seen = world.processes().split_off(before);
            let own = usize::from(step == "disable");
            let offs = seen.iter().filter(|seen| seen.command() == "ai-mode disable");
            offs.filter(|seen| seen.ended()).count() == own + 1
        });
        world.assert_clean();
    }
}

#[test]
fn after_a_kill_of_run_and_watchdog_the_next_run_recovers() {
    if !can_be_listed() {
        return;
    }
    let world = warm();
    let before = world.processes().len();
    world.script(json!([{ "match": ["dysmsapi"], "times": 1, "held": true }]));
    let running = world.start(&SMS);
    world.wait_until("the call is in flight", || calls(&world).len() == 2);
    let watchdogs = world.watchdogs();
    assert_eq!(watchdogs.len(), 1, "{:#?}", world.running());
    watchdogs[0].kill();
    running.signal(Signal::KILL);
    running.wait();
    world.release();
    world.wait_for_quiet();
    assert_eq!(world.ai_mode(), Some(true), "no process was left to switch it off");

    let killed = world.processes().len();
    assert_eq!(killed, before + 2);
    assert_accepted(&world.run(&SMS));
    let recovered = commands_after(&world, killed);
    assert_eq!(recovered[0], "ai-mode disable");
    assert_eq!(recovered[1..], WARM_SMS);
    assert_eq!(world.sent().len(), 3);
    world.assert_clean();
}

#[test]
fn a_run_continues_and_cleans_up_after_a_kill_of_its_watchdog() {
    if !can_be_listed() {
        return;
    }
    let world = World::new();
    world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
    let running = world.start(&SMS);
    world.wait_for_command("dysmsapi send-sms");
    world.watchdogs().iter().for_each(|watchdog| watchdog.kill());
    world.release();
    assert_accepted(&running.wait());
    world.assert_clean();
}

#[test]
fn a_call_of_a_killed_run_is_not_cut_off_by_the_next_run() {
    if !can_be_listed() {
        return;
    }
    let world = warm();
    world.script(json!([{ "match": ["dysmsapi"], "times": 1, "held": true }]));
    let running = world.start(&SMS);
    world.wait_until("the call is in flight", || calls(&world).len() == 2);
    world.watchdogs().iter().for_each(|watchdog| watchdog.kill());
    running.signal(Signal::KILL);
    running.wait();
    // The next run starts and ends while the orphaned call still runs with ai-mode on.
    let ran = world.run(&SMS);
    assert_accepted(&ran);
    world.release();
    world.wait_for_quiet();
    assert_on_during_calls(&world);
    // The run after it finds the stale lease.
    assert_accepted(&world.run(&SMS));
    assert_eq!(world.sent().len(), 4);
    world.assert_clean();
}

#[test]
fn a_watchdog_ends_when_its_configuration_is_deleted() {
    if !can_be_listed() {
        return;
    }
    let world = World::new();
    // The watchdog waits for the call and does nothing until then.
    world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
    let running = world.start(&SMS);
    world.wait_for_command("dysmsapi send-sms");
    running.signal(Signal::KILL);
    running.wait();
    std::fs::remove_file(world.path("bin/aliyun")).expect("the stand-in is removed");
    std::fs::rename(world.path("home"), world.path("gone")).expect("the home is moved");
    world.release();
    world.wait_for_quiet();
    assert!(!world.path("home").exists(), "the watchdog must not create it again");
}

#[test]
fn a_normal_run_leaves_no_process_behind() {
    let world = World::new();
    for message in [SMS.as_slice(), &WHATSAPP] {
        assert_accepted(&world.run(message));
        // At once: the watchdog ends before the run does.
        assert!(world.running().is_empty(), "{:#?}", world.running());
    }
    let leases = world.path("home/.aliyun/.alimsg/leases");
    assert!(std::fs::read_dir(leases).expect("the leases").next().is_none());
    world.assert_clean();
}
