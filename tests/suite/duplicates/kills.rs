//! Kills and panics of runs without a key.

use rustix::process::Signal;
use serde_json::json;

use crate::duplicates::{assert_refused, assert_unresolved, hello};
use crate::support::World;
use crate::support::messages::{SMS, and};

#[test]
fn a_run_killed_during_its_call_leaves_an_unresolved_message() {
    for (message, command) in
        [(hello(&[]), "cams send-chatapp-message"), (and(&SMS, &["--json"]), "dysmsapi send-sms")]
    {
        let words: Vec<&str> = command.split(' ').collect();
        let world = World::with_script(json!([{ "match": words, "delay_ms": 1500 }]));
        let running = world.start(&message);
        world.wait_for_command(command);
        running.signal(Signal::KILL);
        running.wait();
        // The call outlives its run: the next run waits for it.
        assert_unresolved(&world.run(&message));
        assert_unresolved(&world.run(&message));
        world.wait_for_quiet();
        assert!(world.sent().len() <= 1);
    }
}

#[test]
fn a_waiting_run_sends_if_the_other_one_was_rejected() {
    let world = World::with_script(json!([{
        "match": ["dysmsapi", "send-sms"], "times": 1, "sent": false, "held": true,
        "stdout": "{\"Code\":\"isv.BUSINESS_LIMIT_CONTROL\",\"Message\":\"too many\"}",
    }]));
    let message = and(&SMS, &["--json"]);
    let first = world.start(&message);
    world.wait_for_command("dysmsapi send-sms");
    let second = world.start(&message);
    second.wait_for_stderr("waiting for its result");
    world.release();
    first.wait().exits(6);
    second.wait().exits(0);
    assert_refused(&world.run(&message));
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn many_concurrent_runs_send_one_message() {
    let world = World::with_script(json!([{ "match": ["dysmsapi"], "delay_ms": 200 }]));
    let message = and(&SMS, &["--json"]);
    let runs: Vec<_> = (0..12).map(|_| world.start(&message)).collect();
    let mut exits: Vec<i32> = runs.into_iter().map(|run| run.wait().exit()).collect();
    exits.sort_unstable();
    assert_eq!(exits, [[0].as_slice(), &[2; 11]].concat());
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

/// A kill and a panic at every failpoint of a send. The failpoints are collected from a run, so that
/// new ones are tested automatically.
#[cfg(debug_assertions)]
mod at_every_failpoint {
    use super::*;
    use crate::support::failpoints::{Crash, crash_at_every_point, send};
    use crate::support::messages::{TEXT, with};

    fn at_every_point(message: &[&str]) {
        crash_at_every_point(message, |world, crash| run_again(world, message, crash));
    }

    fn run_again(world: &World, message: &[&str], crash: &Crash) {
        let Crash { fault, is_before_the_call, ran: crashed } = crash;
        let sent_first = world.sandbox_messages().len();
        let again = send(world, message, &[]);
        let sent = world.sandbox_messages().len();
        let context = format!("{fault}: {crashed:#?}\n{again:#?}");
        match (sent_first, sent, again.exit()) {
            // The record shows it, or its receipt was found.
            (1, 1, 2) => {}
            // The record shows that the call never started, or the reply proved that it was not sent.
            (0, 1, 0) => assert!(is_before_the_call, "{context}"),
            // The call may have started, and nothing proves whether it did.
            (0, 0, 7) => assert!(!is_before_the_call, "{context}"),
            other => panic!("{other:?} {context}"),
        }
        let third = send(world, message, &[]);
        assert_eq!(world.sandbox_messages().len(), sent, "{context}\n{third:#?}");
        assert_eq!(third.exit(), if sent == 1 { 2 } else { 7 }, "{context}\n{third:#?}");
    }

    #[test]
    fn an_sms_is_sent_at_most_once() {
        at_every_point(&and(&SMS, &["--sandbox", "--json"]));
    }

    #[test]
    fn an_sms_whose_reply_is_lost_is_sent_at_most_once() {
        at_every_point(&and(&with(&SMS, "-p", "13800009003"), &["--sandbox", "--json"]));
    }

    #[test]
    fn a_whatsapp_text_is_sent_at_most_once() {
        let more = ["--sandbox", "--json", "--text=Hello", "--cust-space-id=cams-sandbox"];
        at_every_point(&and(&TEXT, &more));
    }
}
