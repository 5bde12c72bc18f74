//! The document: the tree of commands without groups, each command with its schemas.

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::cli::policy::{self, Calls};
use crate::cli::schema::inputs::{self, Form, Input};
use crate::cli::schema::outputs;
use crate::error::Kind;
use crate::output::envelope::{Envelope, SCHEMA};

/// The commands of this version.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    #[serde(rename = "$schema")]
    dialect: &'static str,
    /// The version of alimsg.
    version: &'static str,
    /// The version of the output: the field `schema` of every result.
    schema: u32,
    /// What an exit code means, for every command.
    exit_codes: Vec<ExitCode>,
    /// The JSON Schema of the inputs that every command has.
    global_inputs: Map<String, Value>,
    pub commands: Vec<CommandSchema>,
    /// The schemas that the commands refer to.
    #[serde(rename = "$defs")]
    definitions: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExitCode {
    code: u8,
    /// The `error.kind` of a failure with it.
    kinds: Vec<Kind>,
    meaning: &'static str,
}

/// One command.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CommandSchema {
    /// Its words.
    pub command: String,
    about: String,
    /// The calls to the service that it can make.
    calls: Calls,
    /// The exit codes that it can have.
    exit_codes: Vec<u8>,
    /// The JSON Schema of its inputs, named like the long flags in snake_case.
    inputs: Map<String, Value>,
    /// The JSON Schema of the one object that it prints with `--json`, also on failure.
    output: Value,
    /// The JSON Schema of the objects that it prints before the result, one on each line.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Value>,
    #[serde(skip)]
    flags: Vec<Input>,
    /// The names of the fields of the data.
    #[serde(skip)]
    fields: Vec<String>,
}

/// The short form.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Overview {
    version: &'static str,
    schema: u32,
    commands: Vec<ShortCommand>,
}

/// A command in the short form.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShortCommand {
    command: String,
    about: String,
    required: Vec<String>,
    optional: Vec<String>,
    /// The names of the fields of the data.
    data: Vec<String>,
}

/// The exit codes with their kinds. `references/exit-codes.md` explains them.
const EXIT_CODES: &[(u8, &[Kind], &str)] = &[
    (0, &[], "done; a message was accepted, and is not yet delivered"),
    (1, &[Kind::Internal], "internal error; nothing was sent"),
    (2, &[Kind::Usage, Kind::Limit], "bad or missing input, or a limit; nothing was sent"),
    (
        3,
        &[Kind::Environment],
        "aliyun, its plugin, a file or the service is not available; nothing was sent",
    ),
    (4, &[Kind::Credentials], "no valid credentials; nothing was sent"),
    (5, &[Kind::Permission], "permission denied; the missing policy is printed; nothing was sent"),
    (
        6,
        &[Kind::Rejected, Kind::Throttled],
        "rejected or throttled by the service; nothing was sent, except with ok true and outcome \
         sent: accepted, but every receipt reports a failure",
    ),
    (7, &[Kind::UnknownOutcome], "outcome unknown: do not repeat it before checking"),
    (8, &[Kind::Partial], "partly done"),
    (9, &[Kind::Cancelled], "cancelled at a prompt; nothing was sent"),
];

impl Document {
    /// The document for the command or the group with this name; for all commands if it is empty.
    pub fn new(program: &clap::Command, name: &str) -> Self {
        let mut generator = outputs::generator();
        let mut definitions = Map::new();
        definitions.insert("envelope".into(), envelope(&mut generator));
        let mut commands = Vec::new();
        for (path, command) in leaves(program) {
            let rest = path.strip_prefix(name);
            if rest.is_some_and(|rest| name.is_empty() || rest.is_empty() || rest.starts_with(' '))
            {
                commands.push(CommandSchema::new(path, command, &mut generator));
            }
        }
        Self {
            dialect: "https://json-schema.org/draft/2020-12/schema",
            version: env!("CARGO_PKG_VERSION"),
            schema: SCHEMA,
            exit_codes: EXIT_CODES
                .iter()
                .map(|(code, kinds, meaning)| ExitCode {
                    code: *code,
                    kinds: kinds.to_vec(),
                    meaning,
                })
                .collect(),
            global_inputs: inputs::object_schema(&inputs::of_all_commands(program)),
            commands,
            definitions,
        }
    }
}

/// The object around every result.
fn envelope(generator: &mut SchemaGenerator) -> Value {
    let mut schema = outputs::record::<Envelope<'_>>(generator);
    // Fields without a value are left out.
    for property in schema["properties"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        outputs::forbid_null(property);
    }
    schema["properties"]["schema"] = json!({ "const": SCHEMA });
    schema
}

/// The commands without subcommands, each with its words.
pub fn leaves(program: &clap::Command) -> Vec<(String, &clap::Command)> {
    fn collect<'c>(
        command: &'c clap::Command,
        path: &str,
        found: &mut Vec<(String, &'c clap::Command)>,
    ) {
        if !command.has_subcommands() {
            found.push((path.trim_start().to_string(), command));
        }
        for child in command.get_subcommands() {
            collect(child, &format!("{path} {}", child.get_name()), found);
        }
    }
    let mut found = Vec::new();
    collect(program, "", &mut found);
    found
}

impl CommandSchema {
    fn new(path: String, command: &clap::Command, generator: &mut SchemaGenerator) -> Self {
        let flags = inputs::of_command(command, &path);
        let data = data(&path, generator);
        let event = outputs::event(&path, generator);
        let with_data = |data: &Value| json!({ "properties": { "data": data } });
        let reference = json!({ "$ref": "#/$defs/envelope" });
        let event = event.map(|event| json!({ "allOf": [reference, with_data(&event)] }));
        // A result has data or the commands of a dry run. A failure has an error, and data as well
        // if a part of the work was done.
        let output = json!({
            "allOf": [
                reference,
                { "properties": { "command": { "const": path }, "data": data } },
            ],
            "if": { "properties": { "ok": { "const": true } } },
            "then": { "anyOf": [{ "required": ["data"] }, { "required": ["dry_run", "commands"] }] },
            "else": { "required": ["error"] },
        });
        Self {
            about: command.get_about().map(ToString::to_string).unwrap_or_default(),
            calls: policy::calls(&path),
            exit_codes: exit_codes(&path),
            inputs: inputs::object_schema(&flags),
            output,
            event,
            fields: fields(&data),
            flags,
            command: path,
        }
    }
}

/// The schema of the data of a command.
fn data(path: &str, generator: &mut SchemaGenerator) -> Value {
    if path != "schema" {
        return outputs::data(path, generator);
    }
    let forms = [outputs::record::<Document>(generator), outputs::record::<Overview>(generator)];
    json!({ "anyOf": forms })
}

/// The exit codes of a command, by what it does.
fn exit_codes(path: &str) -> Vec<u8> {
    let (calls, is_about_sends) = (policy::calls(path), path.starts_with("keys "));
    let mut codes = vec![0, 1, 2, 3];
    // Doctor fails as a send would.
    if calls != Calls::None || path == "doctor" {
        codes.extend([4, 5, 6]);
    }
    if matches!(calls, Calls::Change | Calls::Send) || is_about_sends {
        codes.push(7);
    }
    if matches!(calls, Calls::Change | Calls::Send) {
        codes.push(8);
    }
    codes.push(9);
    codes
}

/// The names of the fields of an object, of all its forms.
fn fields(schema: &Value) -> Vec<String> {
    let own = schema["properties"].as_object().into_iter().flat_map(Map::keys).cloned();
    let forms = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|name| schema[name].as_array());
    let mut names: Vec<String> = own.chain(forms.flatten().flat_map(fields)).collect();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

impl Overview {
    pub fn new(document: &Document) -> Self {
        let commands = document.commands.iter().map(|command| {
            let (required, optional) =
                command.flags.iter().partition::<Vec<_>, _>(|one| one.required);
            let shown = |inputs: Vec<&Input>| inputs.into_iter().map(shown).collect();
            ShortCommand {
                command: command.command.clone(),
                about: command.about.clone(),
                required: shown(required),
                optional: shown(optional),
                data: command.fields.clone(),
            }
        });
        Self { version: document.version, schema: document.schema, commands: commands.collect() }
    }
}

/// A flag as it is typed: `--to N`.
fn shown(input: &Input) -> String {
    let value = input.value_name.as_deref().unwrap_or("VALUE");
    let repeated = if input.form == Form::Texts { "…" } else { "" };
    match &input.long {
        None => format!("<{value}>{repeated}"),
        Some(long) if input.form == Form::Switch => format!("--{long}"),
        Some(long) if input.is_value_optional => format!("--{long}[={value}]"),
        Some(long) => format!("--{long} {value}{repeated}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::tree;

    #[test]
    fn every_command_has_a_schema() {
        let document = Document::new(&tree::all(), "");
        let is_missing =
            |command: &&CommandSchema| command.output["allOf"][1]["properties"]["data"].is_null();
        let missing = document.commands.iter().filter(is_missing);
        let missing: Vec<&String> = missing.map(|command| &command.command).collect();
        assert!(missing.is_empty(), "add them to src/cli/schema/outputs.rs: {missing:?}");
    }
}
