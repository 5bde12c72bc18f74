//! Replies of every shape: all documented shapes give the same result, and undocumented ones cause
//! no panic and report a true outcome.

use serde_json::{Value, json};

use super::recorded::{Command, Service};
use super::world;
use crate::support::failpoints::for_each_on;
use crate::support::{Ran, World};

/// Undocumented values for a field: null, a list, an object, and a plain value that depends on the
/// place.
fn unexpected_values(place: usize) -> Vec<Value> {
    let plain = [json!(true), json!(u64::MAX), json!(""), json!("\u{1b}[2J\t\n\u{202e}")];
    let nested = [Value::Null, json!([null, 5, "x", [], {}]), json!({ "a": { "b": [] } })];
    nested.into_iter().chain([plain[place % plain.len()].clone()]).collect()
}

/// Texts that are not a reply, and replies without a body.
fn empty_replies() -> Vec<Value> {
    let printed = ["", "\n", "null", "5", "[]", "[{}]", "{", "{\"Code\":\"OK\",", "<html></html>"];
    let objects = [json!({}), json!({ "Code": "OK" }), json!({ "Code": "OK", "Data": [[[]]] })];
    printed.map(Value::from).into_iter().chain(objects).collect()
}

/// The value with one change at a time, for each field: the field is missing, or has a value of an
/// unexpected type.
fn changed(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(fields) => {
            let mut all = Vec::new();
            for (place, (name, inner)) in fields.iter().enumerate() {
                let mut without = fields.clone();
                without.shift_remove(name);
                all.push(Value::Object(without));
                for other in unexpected_values(place).into_iter().chain(changed(inner)) {
                    let mut with = fields.clone();
                    with.insert(name.clone(), other);
                    all.push(Value::Object(with));
                }
            }
            all
        }
        // Rows are independent: one list contains all changes.
        Value::Array(rows) => {
            let odd_rows = (0..4).flat_map(unexpected_values);
            let changes = rows.iter().flat_map(changed);
            vec![rows.iter().cloned().chain(odd_rows).chain(changes).collect()]
        }
        _ => Vec::new(),
    }
}

/// Kinds of message do not differ after the call, so one of them is enough.
fn is_one_of_its_kind(command: &Command) -> bool {
    !command.sends() || matches!(command.words[2].as_str(), "template" | "text")
}

fn run(world: &World, command: &Command, more: &[&str]) -> Ran {
    world.forget_messages();
    world.run(&command.line(more))
}

#[test]
fn the_changes_reach_every_field() {
    let reply = json!({ "Code": "OK", "Data": { "List": [{ "A": 1 }] } });
    let all = changed(&reply);
    assert!(all.contains(&json!({ "Data": { "List": [{ "A": 1 }] } })));
    assert!(all.contains(&json!({ "Code": "OK", "Data": { "List": true } })));
    let rows = all.iter().filter_map(|reply| reply["Data"]["List"].as_array());
    let longest = rows.max_by_key(|rows| rows.len()).expect("rows");
    assert!(longest.contains(&json!({})) && longest.contains(&json!({ "A": true })), "{longest:?}");
}

#[test]
fn odd_replies_cause_no_panic_and_a_true_outcome() {
    for_each_on(2, &Command::all(), |command| {
        if !is_one_of_its_kind(command) {
            return;
        }
        let world = world();
        let documented = Service::documented();
        for name in command.operations() {
            let good = documented.reply(&name);
            for (number, reply) in empty_replies().into_iter().chain(changed(good)).enumerate() {
                world.script(documented.with(&name, reply.clone()).rules());
                let before = world.sent().len();
                let more: &[&str] = if number % 2 == 0 { &["--json"] } else { &[] };
                let ran = run(&world, command, more);
                let context = format!("{} with {reply} from {name}: {ran:#?}", command.shown);
                assert_consistent(command, &name, &ran, &context);
                assert_eq!(world.sent().len() - before, usize::from(command.sends()), "{context}");
            }
        }
        world.assert_clean();
    });
}

fn assert_consistent(command: &Command, name: &str, ran: &Ran, context: &str) {
    let only_reads = [" get-", " list-", " query-", " generate-presigned-url"]
        .iter()
        .any(|verb| name.contains(verb));
    let allowed: &[i32] = if only_reads { &[0, 3, 6] } else { &[0, 6, 7] };
    assert!(allowed.contains(&ran.exit()), "{context}");
    assert!(!ran.stderr.contains("panicked"), "{context}");
    let shown = ran.stdout.chars().chain(ran.stderr.chars());
    let is_safe = |c: char| matches!(c, '\t' | '\n') || !(c.is_control() || c == '\u{202e}');
    assert!(shown.into_iter().all(is_safe), "{context}");
    if !ran.stdout.starts_with('{') {
        return;
    }
    let json = ran.json();
    assert_eq!((&json["ok"], &json["ai_mode_disabled"]), (&(ran.exit() == 0).into(), &json!(true)));
    if ran.exit() == 0 {
        let is_named = json["data"]["message_id"].as_str().is_some_and(|id| !id.is_empty());
        assert_eq!(is_named, command.sends(), "{context}");
    } else {
        let outcome = if ran.exit() == 7 { "unknown" } else { "not_sent" };
        assert_eq!(json["error"]["outcome"], outcome, "{context}");
    }
}

#[test]
fn every_documented_reply_shape_gives_the_same_data() {
    let documented = Service::documented();
    for_each_on(2, &Command::all(), |command| {
        let data = |service: &Service| {
            let world = world();
            world.script(service.rules());
            let ran = world.run(&command.line(&["--json"]));
            assert_eq!(ran.exit(), 0, "{}: {ran:#?}", command.shown);
            without_varying_fields(ran.json()["data"].clone())
        };
        for name in command.operations() {
            for other in Service::other_shapes(&name) {
                let same = data(&documented.with(&name, other.clone()));
                assert_eq!(same, data(&documented), "{} with {other} from {name}", command.shown);
            }
        }
    });
}

/// Without the period that ends now and the ID that only one of the shapes has.
fn without_varying_fields(mut data: Value) -> Value {
    for name in ["start", "end", "request_id", "metrics"] {
        data.as_object_mut().expect("facts").shift_remove(name);
    }
    data
}
