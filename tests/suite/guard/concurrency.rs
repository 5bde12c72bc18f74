//! Concurrent runs share ai-mode, and none switches it off during a call of another.

use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::guard::messages::*;
use crate::support::{Running, World};

/// Starts eight runs at once, SMS and WhatsApp in turn.
fn start_eight(world: &World) -> Vec<Running> {
    let message = |number: usize| if number.is_multiple_of(2) { SMS.as_slice() } else { &WHATSAPP };
    (0..8).map(|number| world.start(message(number))).collect()
}

#[test]
fn eight_first_runs_at_once_send_one_message_each_and_check_once() {
    let world = fresh();
    world.write_delay_ms(5);
    for running in start_eight(&world) {
        assert_accepted(&running.wait());
    }
    assert_eq!(world.sent().len(), 8);
    assert_eq!(world.count("version"), 1);
    assert_eq!(world.count("configure set"), 1);
    let installs = world.processes().into_iter().filter(|seen| seen.command() == "plugin install");
    let mut installed: Vec<String> =
        installs.filter_map(|seen| seen.argv.last().cloned()).collect();
    installed.sort();
    assert_eq!(installed, ["aliyun-cli-cams", "aliyun-cli-dysmsapi"]);
    assert_on_during_calls(&world);
    world.assert_clean();
}

#[test]
fn eight_warm_runs_at_once_keep_ai_mode_on_for_each_other() {
    let world = World::new();
    assert_accepted(&world.run(&SMS));
    assert_accepted(&world.run(&WHATSAPP));
    world.write_delay_ms(5);
    // Long calls beside short ones: a run that ends early must leave ai-mode on.
    world.script(json!([{ "match": ["cams"], "delay_ms": 200 }]));
    for running in start_eight(&world) {
        let ran = running.wait();
        assert_accepted(&ran);
        assert_eq!(ran.json()["ai_mode_disabled"], true);
    }
    assert_eq!(world.sent().len(), 10);
    assert_on_during_calls(&world);
    assert!(world.count("ai-mode disable") <= 10);
    world.assert_clean();
}

#[test]
fn a_run_beside_others_writes_nothing_during_their_calls() {
    let world = warm();
    assert_accepted(&world.run(&WHATSAPP));
    let before = world.processes().len();
    world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
    let first = world.start(&SMS);
    world.wait_until("the call is in flight", || calls(&world).len() == 3);
    let joining = world.processes().len();
    let ran = world.run(&WHATSAPP);
    assert_accepted(&ran);
    assert_eq!(ran.json()["ai_mode_disabled"], true);
    // The CLI rewrites the file in place: a call that reads it at that moment has ai-mode off.
    assert_eq!(commands_after(&world, joining), ["cams send-chatapp-message"]);
    assert_eq!(world.ai_mode(), Some(true), "the first one still uses it");
    world.release();
    assert_accepted(&first.wait());
    assert_eq!(commands_after(&world, before).len(), 5);
    assert_on_during_calls(&world);
    world.assert_clean();
}

#[test]
fn a_run_beside_others_asks_the_cli_if_the_file_proves_nothing() {
    let world = warm();
    world.script(json!([{ "match": ["dysmsapi"], "times": 1, "held": true }]));
    let first = world.start(&SMS);
    world.wait_until("the call is in flight", || world.sent().len() == 2);
    // A field of a later version of the CLI.
    let stored = json!({ "enabled": true, "user_agent": SMS_AGENT, "later": 1 });
    world.file("home/.aliyun/ai-mode.json", &stored.to_string());
    let joining = world.processes().len();
    assert_accepted(&world.run(&SMS));
    assert_eq!(commands_after(&world, joining), ["ai-mode show", "dysmsapi send-sms"]);
    world.release();
    assert_accepted(&first.wait());
    assert_on_during_calls(&world);
    world.assert_clean();
}

#[test]
fn a_run_beside_others_switches_ai_mode_on_if_another_program_switched_it_off() {
    let world = warm();
    world.script(json!([{ "match": ["dysmsapi"], "times": 1, "held": true }]));
    let first = world.start(&SMS);
    // The stand-in has checked ai-mode when it records the message.
    world.wait_until("the message is recorded", || world.sent().len() == 2);
    world.set_ai_mode(false, "someone else's");
    assert_accepted(&world.run(&SMS));
    world.release();
    assert_accepted(&first.wait());
    assert_eq!(world.sent().len(), 3);
    world.assert_clean();
}

#[test]
fn runs_with_different_state_folders_share_ai_mode() {
    let world = fresh();
    world.write_delay_ms(10);
    world.script(json!([{ "match": ["cams"], "delay_ms": 300 }]));
    let running: Vec<Running> = (0..4)
        .map(|number| {
            let mut command = world.alimsg(if number % 2 == 0 { &SMS } else { &WHATSAPP });
            command.env("ALIMSG_STATE_DIR", world.path(&format!("state-{number}")));
            Running::start(command)
        })
        .collect();
    for running in running {
        assert_accepted(&running.wait());
    }
    assert_eq!(world.sent().len(), 4);
    assert_on_during_calls(&world);
    world.assert_clean();
}

#[test]
fn kills_among_eight_runs_harm_none_of_the_others() {
    let mut random = fastrand::Rng::with_seed(0x5EED_0004);
    for round in 0..4 {
        // Cold and warm in turn.
        let world = if round % 2 == 0 { fresh() } else { warm() };
        let before = world.sent().len();
        world.write_delay_ms(4);
        let mut runs = start_eight(&world);
        let mut killed = 0;
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(random.u64(..80)));
            let at = random.usize(..runs.len());
            let victim = runs.swap_remove(at);
            victim.signal(Signal::KILL);
            killed += usize::from(victim.wait().signal() == Some(9));
        }
        for running in runs {
            assert_accepted(&running.wait());
        }
        world.wait_for_quiet();
        let sent = world.sent().len() - before;
        assert!((8 - killed..=8).contains(&sent), "round {round}: {sent} sent, {killed} killed");
        assert_on_during_calls(&world);
        world.assert_clean();
    }
}

#[test]
fn a_signal_to_one_of_many_runs_leaves_ai_mode_on_for_the_others() {
    let world = warm();
    world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
    let runs: Vec<Running> = (0..3).map(|_| world.start(&SMS)).collect();
    world.wait_until("all calls are in flight", || calls(&world).len() == 4);
    runs[0].signal(Signal::TERM);
    runs[0].wait_for_stderr("waiting for the running call");
    world.release();
    for (number, running) in runs.into_iter().enumerate() {
        let ran = running.wait();
        assert_eq!(ran.json()["data"]["status"], "accepted", "{ran:#?}");
        assert_eq!(ran.signal(), (number == 0).then_some(15), "{ran:#?}");
    }
    assert_eq!(world.sent().len(), 4);
    assert_on_during_calls(&world);
    world.assert_clean();
}
