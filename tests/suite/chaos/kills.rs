//! One run at a time: killed or signalled at a random moment, with a random reply; then the same
//! command again.

use std::thread;
use std::time::Duration;

use fastrand::Rng;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::chaos::Plan;
use crate::chaos::world::{
    assert_true, in_any_mode, outcome, recipient, sent_to, sms, warm, words,
};
use crate::support::{Running, World};

/// Rounds per world: each round reads the whole log of its world.
const ROUNDS_PER_WORLD: u64 = 25;

/// Repeats the trial; returns the figures.
pub fn run(plan: &Plan) -> String {
    let mut world = warm();
    let (mut killed, mut sent, mut unknown) = (0, 0, 0);
    for round in 0..plan.rounds {
        if round > 0 && round % ROUNDS_PER_WORLD == 0 {
            world = warm();
        }
        let mut random = plan.random(round);
        let context = |text: &str| format!("seed {} round {round}: {text}", plan.seed);
        let phone = recipient(round);
        let line = sms(&phone, Some(&format!("key-{round}")));
        world.write_delay_ms(random.u64(0..6));
        world.script(json!([reply(&mut random)]));

        let running = world.start(&words(&in_any_mode(line.clone(), &mut random)));
        interrupt(&world, running, &mut random, |first| {
            world.wait_for_quiet();
            killed += u32::from(first.status.code().is_none());
            let reported = outcome(first);
            unknown += u32::from(reported.as_deref() == Some("unknown"));
            assert_true(
                reported.as_deref(),
                sent_to(&world, &phone),
                &context(&format!("{first:#?}")),
            );
        });

        // The same command again never sends a second time, and leaves ai-mode off.
        world.script(json!([]));
        let before = sent_to(&world, &phone);
        let again = world.run(&words(&in_any_mode(line, &mut random)));
        assert!([0, 7].contains(&again.exit()), "{}", context(&format!("{again:#?}")));
        world.wait_for_quiet();
        let after = sent_to(&world, &phone);
        assert!(after <= 1 && (before == 0 || after == before), "{}", context("sent twice"));
        assert_true(outcome(&again).as_deref(), after, &context(&format!("{again:#?}")));
        sent += after;
        assert_ne!(world.ai_mode(), Some(true), "{}", context("ai-mode was left on"));
        let violations = world.violations();
        assert!(violations.is_empty(), "{}", context(&format!("{violations:#?}")));
    }
    format!(
        "{} rounds, {killed} runs killed, {unknown} unknown, {sent} sent, none twice",
        plan.rounds
    )
}

/// Ends the run in one of several ways at a random moment, and returns how it ended.
fn interrupt(
    world: &World,
    running: Running,
    random: &mut Rng,
    check: impl FnOnce(&crate::support::Ran),
) {
    thread::sleep(Duration::from_micros(random.u64(0..90_000)));
    let mut running = running;
    let signal = [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT][random.usize(0..4)];
    let everything = |signal| {
        for process in world.running() {
            if let Some(pid) = Pid::from_raw(process.pid) {
                // It may already have ended.
                let _ = kill_process(pid, signal);
            }
        }
    };
    if !running.has_ended() {
        match random.u8(0..8) {
            0 => {}
            1 => running.signal(signal),
            2 => {
                running.signal(signal);
                thread::sleep(Duration::from_millis(random.u64(0..20)));
                if !running.has_ended() {
                    running.signal(signal);
                }
            }
            3 | 4 => running.signal(Signal::KILL),
            5 => {
                world.watchdogs().iter().for_each(|watchdog| watchdog.kill());
                if !running.has_ended() {
                    running.signal(Signal::KILL);
                }
            }
            6 => everything(Signal::TERM),
            _ => everything(Signal::KILL),
        }
    }
    check(&running.wait());
}

/// A rule for the send: whether the service accepts it, and the reply.
fn reply(random: &mut Rng) -> Value {
    let mut rule = json!({
        "match": ["dysmsapi", "send-sms"],
        "delay_ms": random.u64(0..40),
        "grandchild": random.bool(),
    });
    let more = match random.u8(0..9) {
        0 => {
            json!({ "exit": 1, "stderr": "Error: read tcp 10.0.0.2:40000->203.0.113.7:443: read: connection reset by peer\n" })
        }
        1 => json!({ "truncate": random.u64(0..60) }),
        2 => json!({ "delay_ms": 4_000 }),
        3 => {
            json!({ "sent": false, "stdout": "{\"Code\":\"isv.SMS_TEMPLATE_ILLEGAL\",\"Message\":\"no\",\"RequestId\":\"R-1\"}" })
        }
        4 => {
            json!({ "sent": false, "exit": 1, "stderr": "Error: dial tcp 203.0.113.7:443: connect: connection refused\n" })
        }
        5 => json!({ "kill_self": 9 }),
        _ => json!({}),
    };
    if let (Value::Object(rule), Value::Object(more)) = (&mut rule, more) {
        rule.extend(more);
    }
    rule
}
