//! Batch commands at a terminal: the plan and the confirmations.

use super::sandboxed::{OPTIONS, Sandboxed, count, refused, result};

const ROWS: &str = "phone,name,order,out_id\n13800001000,Al,1,a\n13800009004,Bo,2,b\n";

#[test]
fn the_plan_is_shown_and_only_yes_sends() {
    let world = Sandboxed::with("rows.csv", ROWS.replace("9004", "1001"));
    let words = [&["--sandbox", "sms", "batch", "rows.csv"], &OPTIONS[..]].concat();
    for (answer, exit, sent) in [("no", 9, 0), ("", 9, 0), ("y", 9, 0), ("yes", 0, 2)] {
        let mut terminal = world.world.terminal(&words);
        terminal.expect("About to send 2 SMS");
        for line in
            ["billed SMS", "calls", "example 1", "【Acme】Hello Al, your order 1", "account"]
        {
            terminal.expect(line);
        }
        terminal.answer("\"yes\"", answer);
        terminal.wait().exits(exit);
        assert_eq!(world.sent_to().len(), sent, "{answer}");
        let listed = result(&world.run(&["batches", "list"]).exits(0));
        assert_eq!(count(&listed, "total"), u64::from(sent > 0), "{answer}");
    }
    // Without a terminal, consent needs --yes.
    refused(world.run(&[&["sms", "batch", "rows.csv", "--name=2"], &OPTIONS[..]].concat()));
    world.world.assert_off_in_sandbox();
}

#[test]
fn unknown_messages_are_sent_again_only_after_the_whole_sentence() {
    let world = Sandboxed::with("rows.csv", ROWS);
    world.batch("rows.csv", &["--name=lost"]).exits(7);
    // The stored number stays lost, so the messages are counted by the calls.
    let words = ["--sandbox", "batches", "resume", "lost", "--retry-unknown", "--yes"];
    for (typed, exit) in [("yes", 9), ("send 2 again", 9), ("", 9)] {
        let mut terminal = world.world.terminal(&words);
        terminal.expect("1 message of 1 call may have been sent already");
        terminal.answer("send 1 again", typed);
        if typed.is_empty() {
            terminal.expect("send 1 again");
            terminal.write("\u{4}");
        }
        let ran = terminal.wait();
        assert_eq!(ran.exit(), exit, "{ran:#?}");
        let shown = result(&world.run(&["batches", "show", "lost"]).exits(0));
        assert_eq!((count(&shown, "unknown"), count(&shown, "remaining")), (1, 0));
    }
    let mut terminal = world.world.terminal(&words);
    terminal.answer("send 1 again", "send 1 again");
    terminal.expect("About to send 1 SMS");
    terminal.wait().exits(7);
    let shown = result(&world.run(&["batches", "show", "lost"]).exits(0));
    assert_eq!((count(&shown, "unknown"), count(&shown, "accepted")), (1, 1));
    // Without unknown messages, nothing is asked.
    let world = Sandboxed::with("rows.csv", ROWS.replace("9004", "1001"));
    world.batch("rows.csv", &["--name=done"]).exits(0);
    world.run(&["batches", "resume", "done", "--retry-unknown", "--yes"]).exits(0);
    assert_eq!(world.sent_to().len(), 2);
}

#[test]
fn the_outcome_of_a_batch_is_about_several_messages() {
    let world = Sandboxed::with("rows.csv", ROWS);
    let run = |name: &str| {
        let words = ["--sandbox", "sms", "batch", "rows.csv", "--yes", "--name", name];
        world.world.run(&[&words, &OPTIONS[..]].concat())
    };
    let ran = run("lost").exits(7);
    let line = "\n  outcome unknown: some messages may have been sent; check before you send them";
    assert!(ran.stderr.contains(line), "{}", ran.stderr);
    world.write("rows.csv", ROWS.replace("9004", "9001"));
    let ran = run("failed").exits(8);
    assert!(ran.stderr.contains("\n  some messages were sent\n"), "{}", ran.stderr);
}
