//! Commands that continue a batch, or a part of it, do not send again what another run has sent.

use serde_json::Value;

use super::sandboxed::{OPTIONS, Sandboxed, count, refused, result, rows};
use crate::support::Ran;

fn numbers(rows: &[u64]) -> Vec<String> {
    rows.iter().map(|row| (13_800_010_000 + row).to_string()).collect()
}

/// The warnings of a run, as one text.
fn warnings(ran: &Ran) -> String {
    result(ran)["warnings"].as_array().expect("warnings").iter().map(Value::to_string).collect()
}

fn id(ran: &Ran) -> String {
    result(ran)["data"]["id"].as_str().expect("an ID").to_owned()
}

#[test]
fn resume_continues_only_the_parts_that_this_machine_sends() {
    let world = Sandboxed::with("rows.csv", rows(8));
    let first = world.batch("rows.csv", &["--shard=1/4", "--limit=1"]).exits(0);
    let id = id(&first);
    // The other parts may have been sent by other machines.
    let resume = || world.run(&["batches", "resume", &id, "--yes"]).exits(0);
    let resumed = resume();
    assert!(resumed.stderr.contains("parts      1/4"), "{resumed:#?}");
    assert_eq!(world.sent_to(), numbers(&[0, 4]));
    let dry = [&["sms", "batch", "rows.csv", "--dry-run"], &OPTIONS[..]].concat();
    let dry = world.run(&dry).exits(0);
    assert!(warnings(&dry).contains("sent only part 1/4"), "{dry:#?}");
    let export = |file: &str| {
        let words = ["batches", "export", &id, "--remaining", "--to", file];
        count(&result(&world.run(&words).exits(0)), "rows")
    };
    assert_eq!(export("none.csv"), 0);
    // A second part on the same machine.
    world.batch("rows.csv", &["--shard=3/4", "--limit=3"]).exits(0);
    assert_eq!((world.sent_to(), export("one.csv")), (numbers(&[0, 2, 4]), 1));
    resume();
    assert_eq!(world.sent_to(), numbers(&[0, 2, 4, 6]));
    // The user asks for all rows.
    let all = world.batch("rows.csv", &[]).exits(0);
    assert!(warnings(&all).contains("1/4, 3/4"), "{all:#?}");
    assert_eq!(world.sent_to(), numbers(&[0, 1, 2, 3, 4, 5, 6, 7]));
    assert_eq!(warnings(&world.batch("rows.csv", &[]).exits(0)), "");
}

#[test]
fn exported_remaining_rows_have_no_repeated_and_no_excluded_row() {
    let text = "phone,name,order\n13800010000,Al,1\n+8613800010000,Al,1\n13800010001,Bo,2\n\
                138-0001-0002,Cy,3\n13800010003,Di,4\n";
    let world = Sandboxed::with("rows.csv", text);
    world.write("unsubscribed.txt", "008613800010001\n");
    let words = ["--name=a", "--limit=1", "--skip-invalid", "--exclude=unsubscribed.txt"];
    world.batch("rows.csv", &words).exits(0);
    world.run(&["batches", "cancel", "a", "--yes"]).exits(0);
    world.run(&["batches", "export", "a", "--remaining", "--to", "new.csv"]).exits(0);
    assert_eq!(world.read("new.csv"), "phone,name,order\n13800010003,Di,4\n");
    world.batch("new.csv", &[]).exits(0);
    assert_eq!(world.sent_to(), numbers(&[0, 3]));
}

#[test]
fn the_same_input_as_another_batch_is_a_warning_that_names_the_first_one() {
    let world = Sandboxed::with("rows.csv", rows(2));
    let first = id(&world.batch("rows.csv", &["--name=news", "--limit=1"]).exits(0));
    // Without the name, and with another default of the configuration.
    let dry = [&["sms", "batch", "rows.csv", "--dry-run"], &OPTIONS[..]].concat();
    let signed = ["sms", "batch", "rows.csv", "--dry-run", "-t", "SMS_100002", "-s", "Acme Store"];
    for words in [&dry[..], &signed] {
        let found = warnings(&world.run(words).exits(0));
        let expected = format!("alimsg batches resume {first}");
        assert!(found.contains(&expected) && found.contains("1 message of it was"), "{found}");
    }
    let same = [&dry[..], &["--name=news"]].concat();
    assert_eq!(warnings(&world.run(&same).exits(0)), "");
    // A batch of which nothing was sent causes no warning.
    let queued = Sandboxed::with("rows.csv", rows(2));
    queued.batch("rows.csv", &["--enqueue", "--name=later"]).exits(0);
    assert_eq!(warnings(&queued.run(&dry).exits(0)), "");
}

#[test]
fn the_order_of_mappings_does_not_make_another_batch() {
    let world = Sandboxed::with("rows.csv", "phone,n,o\n13800010000,Al,1\n");
    let first = world.batch("rows.csv", &["--map=name=n", "--map=order=o"]).exits(0);
    let again = world.batch("rows.csv", &["--map=order=o", "--map=name=n"]).exits(0);
    assert_eq!((id(&first), count(&result(&again), "calls")), (id(&again), 0));
    assert_eq!(world.sent_to().len(), 1);
}

#[test]
fn a_run_without_the_exclusions_of_the_last_one_is_a_warning() {
    let world = Sandboxed::with("rows.csv", rows(3));
    world.write("unsubscribed.txt", "13800010001\n");
    world.batch("rows.csv", &["--exclude=unsubscribed.txt", "--limit=1"]).exits(0);
    let dry = [&["sms", "batch", "rows.csv", "--dry-run"], &OPTIONS[..]].concat();
    let without = warnings(&world.run(&dry).exits(0));
    assert!(without.contains("unsubscribed.txt"), "{without}");
    let with = [&dry[..], &["--exclude=unsubscribed.txt"]].concat();
    assert_eq!(warnings(&world.run(&with).exits(0)), "");
}

#[test]
fn unknown_messages_are_not_sent_again_in_part() {
    let world = Sandboxed::with("rows.csv", rows(3));
    refused(world.batch("rows.csv", &["--retry-unknown", "--limit=1"]));
    assert!(world.sent_to().is_empty());
}
