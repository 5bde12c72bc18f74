//! The cases of `replies.tsv` in whole runs. The unit test of the same table covers the cases in
//! which alimsg itself ends the call.

use std::thread;
use std::time::Duration;

use crate::support::World;
use crate::support::messages::{SMS, TEXT, and};
use crate::support::replies::{Case, cases};
use rustix::process::Signal;
use serde_json::{Value, json};

fn sms() -> Vec<&'static str> {
    and(&SMS, &["--param", "code=1234", "--json"])
}

fn whatsapp() -> Vec<&'static str> {
    and(&TEXT, &["--text=Hello", "--allow-duplicate", "--json"])
}

/// The stand-in's rule for the case; `None` where alimsg itself ends the call.
fn rule(case: &Case) -> Option<Value> {
    let (how, number) = case.end.split_once(' ')?;
    let number: i32 = number.parse().ok()?;
    let product = if case.call == "sms" { "dysmsapi" } else { "cams" };
    let mut rule = json!({
        "match": [product], "stdout": case.stdout, "stderr": case.stderr,
        "sent": case.outcome != "not_sent",
    });
    rule[if how == "exit" { "exit" } else { "kill_self" }] = json!(number);
    Some(rule)
}

fn assert_outcome(world: &World, case: &Case, rule: Value) {
    world.script(json!([rule]));
    world.forget_messages();
    let ran = world.run(&if case.call == "sms" { sms() } else { whatsapp() });
    let context = format!("{}: {case:#?}: {ran:#?}", case.name);
    assert_eq!(ran.exit(), i32::from(case.exit), "{context}");
    let json = ran.json();
    if case.outcome == "sent" {
        assert_eq!(
            (&json["ok"], &json["data"]["status"]),
            (&json!(true), &json!("accepted")),
            "{context}"
        );
    } else {
        assert_eq!(json["error"]["outcome"], case.outcome, "{context}");
    }
    assert!(!ran.stdout.contains("LTAI-leak") && !ran.stderr.contains("LTAI-leak"), "{context}");
}

#[test]
fn every_reply_of_the_table_gives_its_outcome() {
    let chosen: Vec<(Case, Value)> =
        cases().into_iter().filter_map(|case| rule(&case).map(|rule| (case, rule))).collect();
    assert!(chosen.len() > 250, "{}", chosen.len());
    thread::scope(|scope| {
        for part in chosen.chunks(chosen.len().div_ceil(4)) {
            scope.spawn(move || {
                let world = World::new();
                for (case, rule) in part {
                    assert_outcome(&world, case, rule.clone());
                }
                world.assert_clean();
            });
        }
    });
}

#[test]
fn a_crash_of_aliyun_is_reported_with_its_line_or_its_signal() {
    for (rule, part) in [
        (
            json!({ "stderr": "panic: index out of range\n\ngoroutine 1 [running]:\n", "exit": 2 }),
            "aliyun crashed: panic: index out of range",
        ),
        (json!({ "kill_self": 11 }), "aliyun was killed by SIGSEGV"),
        (
            json!({ "stderr": "ERROR: plugin aliyun-cli-dysmsapi exited unexpectedly\n", "exit": 1 }),
            "aliyun crashed: plugin aliyun-cli-dysmsapi exited unexpectedly",
        ),
    ] {
        let world = World::new();
        let mut rule = rule;
        rule["match"] = json!(["dysmsapi"]);
        world.script(json!([rule]));
        let ran = world.run(&sms()).exits(7);
        let message = ran.json()["error"]["message"].to_string();
        assert!(message.contains(part), "{message}");
        world.assert_clean();
    }
}

/// The program is stopped (Ctrl-Z, a suspended machine) while the call ends.
#[test]
fn a_complete_reply_counts_even_if_it_is_noticed_after_the_timeout() {
    for rule in [
        json!({ "match": ["dysmsapi"], "delay_ms": 700 }),
        // An error of the service is on stderr; only the end of the process proves it complete.
        json!({
            "match": ["dysmsapi"], "delay_ms": 700, "sent": false, "exit": 1,
            "stderr": "Error: SDKError:\n   StatusCode: 400\n   Code: isv.AMOUNT_NOT_ENOUGH\n   \
                       Message: no balance\n",
        }),
    ] {
        let world = World::with_script(json!([rule]));
        let running = world.start(&and(&sms(), &["--timeout", "2"]));
        world.wait_for_command("dysmsapi send-sms");
        running.signal(Signal::STOP);
        world.wait_until("the call has ended", || {
            let calls = world.processes();
            !calls.iter().any(|process| process.argv[0] == "dysmsapi" && process.is_running())
        });
        thread::sleep(Duration::from_millis(2_200));
        running.signal(Signal::CONT);
        let ran = running.wait();
        let refused = rule.get("exit").is_some();
        assert_eq!(ran.exit(), if refused { 6 } else { 0 }, "{ran:#?}");
        world.assert_clean();
    }
}

#[test]
fn a_complete_refusal_counts_even_if_aliyun_does_not_end() {
    let world = World::with_script(json!([{
        "match": ["dysmsapi"], "sent": false, "delay_ms": 30_000, "stdout": "",
        "early_stdout": r#"{"Code":"isv.AMOUNT_NOT_ENOUGH","Message":"no","RequestId":"A1B2C3D4"}"#,
    }]));
    let ran = world.run(&and(&sms(), &["--timeout", "1"])).exits(6);
    assert_eq!(ran.json()["error"]["outcome"], "not_sent", "{ran:#?}");
    world.assert_clean();
}
