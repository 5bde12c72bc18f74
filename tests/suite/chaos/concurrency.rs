//! Concurrent runs that share a few keys, some of them killed.

use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::chaos::Plan;
use crate::chaos::world::{
    assert_true, in_any_mode, outcome, recipient, sent_to, sms, warm, words,
};
use crate::support::Running;

const RUNS: usize = 8;
const KEYS: u64 = 3;

/// Repeats the trial; returns the figures.
pub fn run(plan: &Plan) -> String {
    let (mut killed, mut sent) = (0, 0);
    for round in 0..plan.rounds {
        let mut random = plan.random(round);
        let context = |text: &str| format!("seed {} round {round}: {text}", plan.seed);
        let world = warm();
        world.write_delay_ms(random.u64(0..5));
        world.script(json!([
            { "match": ["dysmsapi"], "times": random.u32(0..3), "exit": 1, "stderr": "Error: unexpected EOF\n" },
            { "match": ["dysmsapi"], "delay_ms": random.u64(0..60), "grandchild": random.bool() },
        ]));
        let line = |key: u64| sms(&recipient(key), Some(&format!("key-{key}")));
        let mut runs: Vec<(u64, Running)> = Vec::new();
        for _ in 0..RUNS {
            let key = random.u64(0..KEYS);
            let line = in_any_mode(line(key), &mut random);
            runs.push((key, world.start(&words(&line))));
            thread::sleep(Duration::from_millis(random.u64(0..10)));
        }
        let victims = random.usize(0..4);
        for _ in 0..victims {
            thread::sleep(Duration::from_millis(random.u64(0..40)));
            let victim = &mut runs[random.usize(0..RUNS)].1;
            if !victim.has_ended() {
                victim.signal(if random.bool() { Signal::KILL } else { Signal::TERM });
            }
        }
        let mut reports = Vec::new();
        for (key, running) in runs {
            let ran = running.wait();
            killed += u32::from(ran.status.code().is_none());
            reports.push((key, ran));
        }
        world.wait_for_quiet();
        for (key, ran) in &reports {
            // A run that reported `not_sent` may be followed by one that sends, so only acceptance
            // can be checked against the count.
            let accepted = outcome(ran).filter(|outcome| outcome == "sent");
            let count = sent_to(&world, &recipient(*key));
            assert_true(accepted.as_deref(), count, &context(&format!("{ran:#?}")));
        }
        world.script(json!([]));
        for key in 0..KEYS {
            let before = sent_to(&world, &recipient(key));
            let again = world.run(&words(&in_any_mode(line(key), &mut random)));
            assert!([0, 7].contains(&again.exit()), "{}", context(&format!("{again:#?}")));
            let after = sent_to(&world, &recipient(key));
            assert!(before == 0 || after == before, "{}", context("sent twice"));
            assert_true(outcome(&again).as_deref(), after, &context(&format!("{again:#?}")));
            sent += after;
        }
        world.assert_clean();
    }
    let runs = plan.rounds * (RUNS as u64 + KEYS);
    format!("{runs} runs in {} rounds, {killed} killed, {sent} sent, none twice", plan.rounds)
}
