//! Checks the JSON of every run in every test against the document that `alimsg schema` prints. The
//! document allows fields that later versions add; the check does not.

use std::collections::HashMap;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Value, json};

/// The document, in which objects have only the fields that it names.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut command = Command::new(env!("CARGO_BIN_EXE_alimsg"));
    command.args(["schema"]).env_clear();
    let output = command.output().expect("alimsg runs");
    let mut document = serde_json::from_slice(&output.stdout).expect("JSON");
    close(&mut document, false);
    document
});

/// The validators of a command: of its result and of its events.
static VALIDATORS: LazyLock<Mutex<HashMap<(String, &str), Arc<Validator>>>> =
    LazyLock::new(Mutex::default);

/// Forbids fields that the schema does not name. `is_part`: the schema is one of several for the
/// same object.
fn close(schema: &mut Value, is_part: bool) {
    match schema {
        Value::Array(schemas) => schemas.iter_mut().for_each(|one| close(one, is_part)),
        Value::Object(fields) => {
            let is_object = match fields.get("type") {
                Some(Value::Array(names)) => names.contains(&"object".into()),
                name => name.is_some_and(|name| name == "object"),
            };
            for (name, part) in fields.iter_mut() {
                let parts = ["allOf", "anyOf", "oneOf"].contains(&name.as_str());
                close(part, parts && is_object);
            }
            if is_object && !is_part && !fields.contains_key("additionalProperties") {
                fields.insert("unevaluatedProperties".into(), false.into());
            }
        }
        _ => {}
    }
}

/// The entry of a command; `None` if the command line did not name one.
pub fn entry(command: &str) -> Option<&'static Value> {
    let commands = DOCUMENT["commands"].as_array().expect("commands");
    commands.iter().find(|entry| entry["command"] == command)
}

/// A validator for a part of the entry of a command.
pub fn validator(command: &str, part: &'static str) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (command.to_owned(), part);
    let validator = validators.entry(key).or_insert_with(|| {
        let mut schema = match entry(command) {
            Some(entry) => entry[part].clone(),
            None => json!({ "$ref": "#/$defs/envelope" }),
        };
        schema["$schema"] = DOCUMENT["$schema"].clone();
        schema["$defs"] = DOCUMENT["$defs"].clone();
        Arc::new(jsonschema::validator_for(&schema).expect("a valid schema"))
    });
    Arc::clone(validator)
}

/// Checks the output of a run with these arguments.
#[track_caller]
pub fn check(arguments: &[String], stdout: &str, exit: Option<i32>) {
    if !stdout.starts_with('{') {
        return;
    }
    // These change the object.
    let is_selected =
        arguments.iter().any(|word| word.starts_with("--jq") || word.starts_with("--fields"));
    let objects: Vec<Value> = match serde_json::from_str(stdout) {
        Ok(object) => vec![object],
        Err(_) => stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
    };
    for object in objects.iter().filter(|object| object["ok"].is_boolean() && !is_selected) {
        let command = object["command"].as_str().unwrap_or_default();
        // Only a result has warnings.
        let part = if object.get("warnings").is_some() { "output" } else { "event" };
        let validator = validator(command, part);
        let errors: Vec<String> = validator
            .iter_errors(object)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{arguments:?} differs from the schema: {errors:#?} {object:#}");
        if let (Some(entry), Some(code @ 0..=99)) = (entry(command), exit) {
            let codes = entry["exit_codes"].as_array().expect("exit codes");
            assert!(codes.contains(&code.into()), "{arguments:?}: {code} is not in {codes:?}");
        }
    }
}
