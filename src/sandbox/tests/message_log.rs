//! The log of sent messages: complete calls only, cheap calls, and the faults of every n-th call.

use std::io::Write as _;

use serde_json::json;

use crate::sandbox::tests::{Sandbox, batch_sms, changed, mass_chat, sms_to};
use crate::sandbox::{Faults, change_faults, reset};

#[test]
fn a_torn_last_line_is_ignored_and_removed() {
    let sandbox = Sandbox::ready();
    assert_eq!(sandbox.code(&batch_sms()), "OK");
    let path = sandbox.path().join("messages.jsonl");
    let complete = std::fs::read(&path).unwrap();
    for length in [1, complete.len() / 2, complete.len() - 1] {
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(&complete[..length]).unwrap();
        let before = sandbox.messages().len();
        assert_eq!(sandbox.code(&sms_to("13800001234")), "OK");
        assert_eq!(sandbox.messages().len(), before + 1);
    }
    assert_eq!(sandbox.messages().len(), 5);
}

#[test]
fn a_file_with_only_a_torn_line_is_empty() {
    let sandbox = Sandbox::ready();
    std::fs::write(sandbox.path().join("messages.jsonl"), "{\"shared\"").unwrap();
    assert!(sandbox.messages().is_empty());
    assert_eq!(sandbox.code(&sms_to("13800001234")), "OK");
    assert_eq!(sandbox.messages().len(), 1);
}

#[test]
fn messages_that_version_0_1_0_stored_are_still_known() {
    let sandbox = Sandbox::ready();
    assert_eq!(sandbox.code(&sms_to("13800001234")), "OK");
    let path = sandbox.path().join("service.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut state: serde_json::Value = serde_json::from_str(&text).unwrap();
    state["messages"] = json!(sandbox.messages());
    state.as_object_mut().unwrap().remove("faults");
    std::fs::write(&path, state.to_string()).unwrap();
    std::fs::remove_file(sandbox.path().join("messages.jsonl")).unwrap();
    assert_eq!(sandbox.code(&sms_to("13800005678")), "OK");
    let messages = sandbox.messages();
    assert_eq!(messages[0]["recipient"], "13800001234");
    assert_eq!(messages[1]["recipient"], "13800005678");
}

#[test]
fn a_call_only_appends_to_the_log() {
    let sandbox = Sandbox::ready();
    assert_eq!(sandbox.code(&mass_chat()), "OK");
    let path = sandbox.path().join("messages.jsonl");
    let line = std::fs::read_to_string(&path).unwrap().replace("8613800001234", "8613800009999");
    // A line that no call may need to read.
    let unread = "not JSON\n".repeat(100) + &line.repeat(1_000);
    std::fs::write(&path, &unread).unwrap();
    for args in [sms_to("13800001234"), batch_sms(), mass_chat()] {
        assert_eq!(sandbox.code(&args), "OK");
    }
    let log = std::fs::read_to_string(&path).unwrap();
    assert!(log.starts_with(&unread), "the stored messages are unchanged");
    assert_eq!(log.lines().count(), unread.lines().count() + 3);
    assert!(sandbox.path().join("service.json").metadata().unwrap().len() < 20_000);
}

#[test]
fn reset_deletes_messages_and_faults() {
    let sandbox = Sandbox::ready();
    assert_eq!(sandbox.code(&sms_to("13800001234")), "OK");
    set(&sandbox, |faults| faults.throttle_every = Some(1));
    assert_eq!(sandbox.run(&sms_to("13800001234")).exit, 1);
    reset(&sandbox.path()).unwrap();
    assert!(sandbox.messages().is_empty());
    assert_eq!(sandbox.code(&sms_to("13800001234")), "OK");
}

fn set(sandbox: &Sandbox, change: impl FnOnce(&mut Faults)) -> Faults {
    change_faults(&sandbox.path(), Some(change)).unwrap()
}

#[test]
fn every_nth_call_fails_as_its_fault_demands() {
    let sandbox = Sandbox::ready();
    let day = sandbox.day();
    // Error text, and whether the third and sixth of six calls are sent.
    type Change = fn(&mut Faults);
    let cases: [(Change, &str, usize); 3] = [
        (|faults| faults.throttle_every = Some(3), "Throttling.User", 4),
        (|faults| faults.lose_request_every = Some(3), "context deadline exceeded", 4),
        (|faults| faults.lose_reply_every = Some(3), "context deadline exceeded", 6),
    ];
    for (change, error, sent) in cases {
        set(&sandbox, |faults| {
            *faults = Faults::default();
            change(faults);
        });
        let before = sandbox.messages().len();
        for call in 1..=6 {
            // A read does not count.
            let query = ["dysmsapi", "query-send-details", "--phone-number=13800001234"];
            sandbox.run(&[&query[..], &[&day, "--current-page=1", "--page-size=1"]].concat());
            let answer = sandbox.run(&sms_to(&format!("1380000100{call}")));
            assert_eq!(answer.exit != 0, call % 3 == 0, "{call}: {answer:?}");
            assert!(answer.exit == 0 || answer.stderr.contains(error), "{answer:?}");
        }
        assert_eq!(sandbox.messages().len() - before, sent, "{error}");
    }
    assert_eq!(set(&sandbox, |faults| *faults = Faults::default()), Faults::default());
    assert_eq!(sandbox.code(&sms_to("13800001234")), "OK");
}

#[test]
fn a_fault_hits_calls_with_many_recipients_and_other_calls_keep_the_special_numbers() {
    let sandbox = Sandbox::ready();
    set(&sandbox, |faults| faults.lose_reply_every = Some(2));
    assert_eq!(sandbox.code(&batch_sms()), "OK");
    assert!(sandbox.run(&mass_chat()).stderr.contains("deadline"));
    assert_eq!(sandbox.messages().len(), 4);
    assert!(sandbox.run(&sms_to("13800009002")).stderr.contains("Throttling"));
    assert!(sandbox.run(&changed(&batch_sms(), "--out-id=x")).stderr.contains("deadline"));
    assert_eq!(sandbox.messages().len(), 6);
}

#[test]
fn concurrent_calls_share_one_count() {
    let sandbox = Sandbox::ready();
    set(&sandbox, |faults| faults.throttle_every = Some(5));
    let failed: usize = std::thread::scope(|scope| {
        let calls = || (0..10).filter(|_| sandbox.run(&batch_sms()).exit != 0).count();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(calls)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(failed, 8);
    assert_eq!(sandbox.messages().len(), 64);
}
