//! `alimsg schema`: its document is complete and true. The results of all tests are compared with it
//! in `support::schema`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{World, schema};

fn document() -> Value {
    World::with_alimsg_alone().run(&["schema", "--json"]).exits(0).json()["data"].take()
}

fn commands(document: &Value) -> &Vec<Value> {
    document["commands"].as_array().expect("commands")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The types of a schema: `string|null`.
fn types(schema: &Value) -> String {
    let mut types = BTreeSet::new();
    match &schema["type"] {
        Value::String(name) => drop(types.insert(name.clone())),
        Value::Array(names) => types.extend(names.iter().map(|name| text(name).to_owned())),
        _ => {}
    }
    for form in ["anyOf", "oneOf"].iter().filter_map(|name| schema[name].as_array()).flatten() {
        types.insert(types_or_any(form));
    }
    types.into_iter().collect::<Vec<_>>().join("|")
}

fn types_or_any(schema: &Value) -> String {
    match types(schema) {
        types if types.is_empty() => "any".to_owned(),
        types => types,
    }
}

/// The fields of a schema with their types, by path: `messages[].text`.
fn fields(schema: &Value, path: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        found.entry(path.clone()).or_default().insert(types_or_any(property));
        fields(property, &path, found);
    }
    if schema["items"].is_object() {
        fields(&schema["items"], &format!("{path}[]"), found);
    }
    for form in
        ["anyOf", "oneOf", "allOf"].iter().filter_map(|name| schema[name].as_array()).flatten()
    {
        fields(form, path, found);
    }
}

/// Every input and field: command, kind, name, type.
fn contract(document: &Value) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    let mut add = |command: &str, kind: &str, schema: &Value| {
        let mut found = BTreeMap::new();
        fields(schema, "", &mut found);
        for (name, types) in found {
            let types = types.into_iter().collect::<Vec<_>>().join("|");
            lines.insert(format!("{command}\t{kind}\t{name}\t{types}"));
        }
    };
    add("", "input", &document["global_inputs"]);
    add("", "output", &document["$defs"]["envelope"]);
    for entry in commands(document) {
        let command = text(&entry["command"]);
        // The schemas in the document describe themselves.
        if command != "schema" {
            add(command, "input", &entry["inputs"]);
            add(command, "output", &entry["output"]["allOf"][1]);
            add(command, "event", &entry["event"]["allOf"][1]);
        }
    }
    for entry in commands(document) {
        for name in entry["inputs"]["required"].as_array().into_iter().flatten() {
            lines.insert(format!("{}\trequired\t{}\t", text(&entry["command"]), text(name)));
        }
    }
    lines
}

/// The lines that a version with the same number must still have: all but the required inputs.
fn promised(line: &&str) -> bool {
    line.split('\t').nth(1) != Some("required")
}

const FIELDS: &str = "references/json-fields.tsv";

/// `UPDATE_REFERENCES=1` adds lines; a line that would change or disappear has to be edited by hand,
/// with another number in `schema`.
#[test]
fn inputs_and_fields_are_only_added() {
    let document = document();
    assert_eq!(document["schema"], 1, "another contract begins with an empty {FIELDS}");
    let now = contract(&document);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FIELDS);
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let lost: Vec<&str> =
        committed.lines().filter(promised).filter(|line| !now.contains(*line)).collect();
    assert!(lost.is_empty(), "these were promised in {FIELDS}: {lost:#?}");
    let known: BTreeSet<&str> =
        committed.lines().filter_map(|line| line.split('\t').next()).collect();
    let required: Vec<&String> = now
        .iter()
        .filter(|line| !promised(&line.as_str()) && !committed.lines().any(|old| old == *line))
        .filter(|line| known.contains(line.split('\t').next().unwrap_or_default()))
        .collect();
    assert!(required.is_empty(), "an input of an old command is now required: {required:?}");
    let now: String = now.into_iter().map(|line| line + "\n").collect();
    crate::references::generated::compare(FIELDS, &now);
}

#[test]
fn json_md_explains_every_field_of_the_object_and_of_the_error() {
    let Ok(page) =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("references/json.md"))
    else {
        return;
    };
    let document = document();
    let envelope = &document["$defs"]["envelope"]["properties"];
    for fields in [envelope, &envelope["error"]["properties"]] {
        for name in fields.as_object().expect("fields").keys() {
            assert!(page.contains(&format!("\n| `{name}` |")), "{name}");
        }
    }
    let kinds = envelope["error"]["properties"]["kind"]["oneOf"].as_array().expect("kinds");
    for kind in kinds.iter().flat_map(|kind| {
        [&kind["const"]].into_iter().chain(kind["enum"].as_array().into_iter().flatten())
    }) {
        assert!(kind.is_null() || page.contains(&format!("`{}`", text(kind))), "{kind}");
    }
}

#[test]
fn one_command_and_a_short_form_can_be_printed() {
    let world = World::with_alimsg_alone();
    let one: Value =
        serde_json::from_str(&world.run(&["schema", "sms send"]).exits(0).stdout).expect("JSON");
    assert_eq!(commands(&one).len(), 1);
    let send = &commands(&one)[0];
    assert_eq!((text(&send["command"]), text(&send["calls"])), ("sms send", "send"));
    assert_eq!(send["inputs"]["required"], json!(["phone_numbers", "template_code"]));
    let words = world.run(&["schema", "sms", "send"]).exits(0).stdout;
    assert_eq!(serde_json::from_str::<Value>(&words).expect("JSON"), one);
    let short = world.run(&["schema", "templates", "--short"]).exits(0).stdout;
    let short: Value = serde_json::from_str(&short).expect("JSON");
    let names: Vec<&str> = commands(&short).iter().map(|entry| text(&entry["command"])).collect();
    assert!(names.contains(&"templates list") && names.len() == 7, "{names:?}");
    let stats = commands(&short).iter().find(|entry| entry["command"] == "templates stats");
    assert_eq!(stats.map(|entry| &entry["required"]), Some(&json!(["<CODE>"])));
    let unknown = world.run(&["schema", "sms sned", "--json"]).exits(2).json();
    assert_eq!(unknown["error"]["next"], json!(["alimsg schema --short"]));
}

#[test]
fn the_output_of_every_command_is_checked_on_success_and_on_failure() {
    let world = World::with_alimsg_alone();
    let document = document();
    for entry in commands(&document) {
        let words: Vec<&str> = text(&entry["command"]).split(' ').collect();
        let failed = world.run(&[&words[..], &["--no-such-flag", "--json"]].concat());
        assert_eq!(failed.exits(2).json()["error"]["kind"], "usage", "{words:?}");
    }
    // every_command runs those of WhatsApp, of templates and of SMS.
    fs::write(world.path("rows.csv"), "phone,name,order\n13800001000,Al,1\n").expect("a file");
    let rows = world.path("rows.csv").display().to_string();
    let result = world.path("result.csv").display().to_string();
    let folder = world.path("tmp").display().to_string();
    let send = "sms send -p 13800001000 -s Acme -t SMS_100003 --yes";
    for line in [
        format!("{send} --idempotency-key k-1"),
        format!("sms batch {rows} -s Acme -t SMS_100002 --name news --enqueue --yes"),
        "batches work news".to_owned(),
        "batches list".to_owned(),
        "batches show news --receipts".to_owned(),
        format!("batches export news --all --to {result}"),
        "batches cancel news --yes".to_owned(),
        "keys list".to_owned(),
        "keys show k-1".to_owned(),
        "keys resolve k-1 --as sent --yes".to_owned(),
        "keys repair".to_owned(),
        "sandbox inbound --from 8613900000007 --to 8613800000001 --text Hi".to_owned(),
        "sandbox messages".to_owned(),
        "sandbox messages --count".to_owned(),
        "sandbox faults --throttle-every 100".to_owned(),
        "sandbox reset".to_owned(),
        "config set from 8613800000001".to_owned(),
        "config get from".to_owned(),
        "config list".to_owned(),
        "config path".to_owned(),
        "config unset from".to_owned(),
        "doctor".to_owned(),
        "explain".to_owned(),
        "explain isv.AMOUNT_NOT_ENOUGH".to_owned(),
        "policy".to_owned(),
        "completions bash".to_owned(),
        format!("man {folder}"),
        format!("skill install --dir {folder}"),
        "help sms send".to_owned(),
        "schema".to_owned(),
        "schema --short".to_owned(),
    ] {
        let words = shell_words::split(&line).expect("words");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // `World::run` compares the output with the schema.
        let ran = world.run(&[&words[..], &["--sandbox", "--json"]].concat()).exits(0);
        let last = ran.stdout.lines().last().expect("a result");
        assert!(last.contains("\"data\""), "{line}: {ran:#?}");
    }
}

#[test]
fn an_output_that_differs_is_found() {
    let world = World::new();
    let line = ["sms", "send", "-p", "13800001000", "-s", "Acme", "-t", "SMS_1", "--yes", "--json"];
    let right = world.run(&line).exits(0).json();
    let validator = schema::validator("sms send", "output");
    assert!(validator.is_valid(&right));
    let changes: [(&str, Value); 6] = [
        ("/data/biz_id", json!(7)),
        ("/data/to", Value::Null),
        ("/schema", json!(2)),
        ("/command", json!("sms batch")),
        ("/warnings", json!("none")),
        ("/data", json!({ "status": "accepted" })),
    ];
    for (field, value) in changes {
        let mut wrong = right.clone();
        *wrong.pointer_mut(field).expect(field) = value;
        assert!(!validator.is_valid(&wrong), "{field}");
    }
    let mut wrong = right.clone();
    wrong["data"]["added"] = json!(1);
    assert!(!validator.is_valid(&wrong), "an undocumented field");
}
