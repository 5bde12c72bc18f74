//! Replies of every shape: those that are documented somewhere come to the same, and those that are
//! documented nowhere end without a panic, with an outcome that is true.

use serde_json::{Value, json};

use super::known::{Command, Service};
use super::support::{Ran, World};
use super::{for_each, world};

/// Values that no field is documented to have.
fn strange() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(u64::MAX),
        json!(""),
        json!("\u{1b}[2J\t\n\u{202e}"),
        json!([null, 5, "x", [], {}]),
        json!({ "a": { "b": [] } }),
    ]
}

/// What is no reply at all, or one without a body.
fn hollow() -> Vec<Value> {
    let printed = ["", "\n", "null", "5", "[]", "[{}]", "{", "{\"Code\":\"OK\",", "<html></html>"];
    let objects = [json!({}), json!({ "Code": "OK" }), json!({ "Code": "OK", "Data": [[[]]] })];
    printed.map(Value::from).into_iter().chain(objects).collect()
}

/// The value with one thing in it changed, for each thing and each change: a field that is missing,
/// a value of a strange type.
fn changed(value: &Value) -> Vec<Value> {
    let places: Vec<Value> = match value {
        Value::Object(fields) => fields.keys().map(|name| json!(name)).collect(),
        Value::Array(items) => (0..items.len()).map(|at| json!(at)).collect(),
        _ => Vec::new(),
    };
    let mut all = Vec::new();
    for place in places {
        let mut with = |inner: Option<Value>| {
            let mut whole = value.clone();
            match (&mut whole, &place, inner) {
                (Value::Object(fields), Value::String(name), Some(inner)) => {
                    fields.insert(name.clone(), inner);
                }
                (Value::Object(fields), Value::String(name), None) => {
                    fields.shift_remove(name);
                }
                (Value::Array(items), Value::Number(at), Some(inner)) => {
                    items[at.as_u64().map_or(0, |at| at as usize)] = inner;
                }
                _ => return,
            }
            all.push(whole);
        };
        with(None);
        strange().into_iter().for_each(|value| with(Some(value)));
        let inner = match &place {
            Value::String(name) => &value[name],
            at => &value[at.as_u64().map_or(0, |at| at as usize)],
        };
        match inner {
            // Rows do not disturb one another: all changes fit into one list.
            Value::Array(rows) => {
                with(Some(rows.iter().chain(&changed(inner)).flat_map(elements).collect()));
            }
            Value::Object(_) => changed(inner).into_iter().for_each(|inner| with(Some(inner))),
            _ => {}
        }
    }
    all
}

/// The elements of a list that stands among the changes of a list; anything else as it is.
fn elements(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    }
}

/// The kinds of message differ in nothing that comes after the call.
fn is_one_of_its_kind(command: &Command) -> bool {
    !command.sends() || matches!(command.words[2].as_str(), "template" | "text")
}

fn run(world: &World, command: &Command, more: &[&str]) -> Ran {
    let repeated = command.sends() && command.words[2] != "template";
    let repeated: &[&str] = if repeated { &["--allow-duplicate"] } else { &[] };
    world.run(&command.line(&[more, repeated].concat()))
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
fn strange_replies_end_without_a_panic_and_with_a_true_outcome() {
    for_each(|command| {
        if !is_one_of_its_kind(command) {
            return;
        }
        let world = world();
        let documented = Service::documented();
        for name in command.operations() {
            let good = documented.reply(&name);
            for (number, reply) in hollow().into_iter().chain(changed(good)).enumerate() {
                world.script(documented.with(&name, reply.clone()).rules());
                let before = world.sent().len();
                let more: &[&str] = if number % 2 == 0 { &["--json"] } else { &[] };
                let ran = run(&world, command, more);
                let told = format!("{} when {name} says {reply}: {ran:#?}", command.shown);
                assert_sane(command, &name, &ran, &told);
                assert_eq!(world.sent().len() - before, usize::from(command.sends()), "{told}");
            }
        }
        world.assert_clean();
    });
}

fn assert_sane(command: &Command, name: &str, ran: &Ran, told: &str) {
    let only_reads = [" get-", " list-", " query-"].iter().any(|verb| name.contains(verb));
    let allowed: &[i32] = if only_reads { &[0, 3, 6] } else { &[0, 6, 7] };
    assert!(allowed.contains(&ran.exit()), "{told}");
    assert!(!ran.stderr.contains("panicked"), "{told}");
    let shown = ran.stdout.chars().chain(ran.stderr.chars());
    let is_safe = |c: char| matches!(c, '\t' | '\n') || !(c.is_control() || c == '\u{202e}');
    assert!(shown.into_iter().all(is_safe), "{told}");
    if !ran.stdout.starts_with('{') {
        return;
    }
    let json = ran.json();
    assert_eq!((&json["ok"], &json["ai_mode_disabled"]), (&(ran.exit() == 0).into(), &json!(true)));
    if ran.exit() == 0 {
        let is_named = json["data"]["message_id"].as_str().is_some_and(|id| !id.is_empty());
        assert_eq!(is_named, command.sends(), "{told}");
    } else {
        let outcome = if ran.exit() == 7 { "unknown" } else { "not_sent" };
        assert_eq!(json["error"]["outcome"], outcome, "{told}");
    }
}

#[test]
fn every_documented_shape_of_a_reply_comes_to_the_same() {
    let documented = Service::documented();
    for_each(|command| {
        let data = |service: &Service| {
            let world = world();
            world.script(service.rules());
            let ran = world.run(&command.line(&["--json"]));
            assert_eq!(ran.exit(), 0, "{}: {ran:#?}", command.shown);
            without_its_own(ran.json()["data"].clone())
        };
        for name in command.operations() {
            for other in Service::other_shapes(&name) {
                let same = data(&documented.with(&name, other.clone()));
                assert_eq!(same, data(&documented), "{} when {name} says {other}", command.shown);
            }
        }
    });
}

/// Without the period that ends now and the ID that only one of the shapes names.
fn without_its_own(mut data: Value) -> Value {
    for name in ["start", "end", "request_id", "metrics"] {
        data.as_object_mut().expect("facts").shift_remove(name);
    }
    data
}
