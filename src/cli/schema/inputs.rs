//! The inputs of a command: its flags and arguments with their JSON types, and the JSON Schema of
//! them together. Inputs have the names of the long flags in snake_case.

use std::any::TypeId;
use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, Command};
use serde_json::{Map, Value, json};

use crate::cli::help::required;
use crate::settings::defaults::Key;

/// A flag or a positional argument.
#[derive(Debug, Clone)]
pub struct Input {
    /// The long flag in snake_case, or the name of the positional argument in lower case.
    pub name: String,
    /// The long flag without `--`; `None` for a positional argument.
    pub long: Option<String>,
    pub form: Form,
    /// The flag can be given without a value: as `true`.
    pub is_value_optional: bool,
    /// The value is the path of a file.
    pub is_path: bool,
    /// What the help shows for the value, such as `N`; `None` for a switch.
    pub value_name: Option<String>,
    /// A run without a terminal needs it.
    pub required: bool,
    /// The key of the configuration that can give the required value instead.
    pub config_key: Option<&'static str>,
    pub about: String,
    pub default: Option<String>,
    /// All possible values; empty for any.
    pub choices: Vec<String>,
}

/// The JSON type of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A flag without a value: `true`, or `false` for its absence.
    Switch,
    /// A flag with the value `true` or `false`.
    Boolean,
    Integer,
    Number,
    Text,
    /// A flag that can be repeated, as an array of strings.
    Texts,
}

/// The inputs of a built command, in the order of its help; without the flags of all commands.
/// `path` has the words of the command.
pub fn of_command(command: &Command, path: &str) -> Vec<Input> {
    let needed = required::unconditional(command, path);
    let own = command.get_arguments().filter(|arg| !arg.is_global_set());
    own.filter_map(|arg| input(arg, &needed)).collect()
}

/// The flags that every command has.
pub fn of_all_commands(program: &Command) -> Vec<Input> {
    let globals = program.get_arguments().filter(|arg| arg.is_global_set());
    globals.filter_map(|arg| input(arg, &[])).collect()
}

/// `None` for a flag that prints a page, such as `--help`.
fn input(arg: &Arg, needed: &[&str]) -> Option<Input> {
    let form = form(arg)?;
    let long = arg.get_long();
    let name = long.unwrap_or_else(|| arg.get_id().as_str()).replace('-', "_").to_lowercase();
    let choices = match form {
        Form::Switch | Form::Boolean => Vec::new(),
        _ => arg.get_possible_values().iter().map(|value| value.get_name().to_string()).collect(),
    };
    let is_needed = long.is_some_and(|long| needed.contains(&long));
    let config_key = long.filter(|_| is_needed && !arg.is_required_set());
    let config_key = config_key.and_then(|long| Key::from_flag(&format!("--{long}")));
    Some(Input {
        name,
        long: long.map(ToString::to_string),
        form,
        is_value_optional: form != Form::Switch && takes(arg, |range| range.min_values() == 0),
        is_path: is_path(arg),
        value_name: arg
            .get_value_names()
            .and_then(|names| names.first())
            .filter(|_| form != Form::Switch)
            .map(ToString::to_string),
        required: arg.is_required_set() || is_needed,
        config_key: config_key.map(Key::name),
        about: arg.get_help().map(ToString::to_string).unwrap_or_default(),
        default: arg
            .get_default_values()
            .first()
            .filter(|_| form != Form::Switch)
            .map(|value| value.to_string_lossy().into_owned()),
        choices,
    })
}

fn takes(arg: &Arg, is_so: impl Fn(clap::builder::ValueRange) -> bool) -> bool {
    arg.get_num_args().is_some_and(is_so)
}

fn is_path(arg: &Arg) -> bool {
    let names = arg.get_value_names().unwrap_or_default();
    is_type::<PathBuf>(arg.get_value_parser())
        || names.iter().any(|name| ["FILE", "DIR", "PATH"].contains(&name.as_str()))
}

fn is_type<T: 'static>(parser: &ValueParser) -> bool {
    parser.type_id() == TypeId::of::<T>()
}

fn form(arg: &Arg) -> Option<Form> {
    let parser = arg.get_value_parser();
    let is_integer = is_type::<u64>(parser)
        || is_type::<u32>(parser)
        || is_type::<u16>(parser)
        || is_type::<u8>(parser)
        || is_type::<i64>(parser)
        || is_type::<usize>(parser);
    let has_several =
        takes(arg, |range| range.max_values() > 1) || arg.get_value_delimiter().is_some();
    match arg.get_action() {
        ArgAction::SetTrue => Some(Form::Switch),
        ArgAction::Append => Some(Form::Texts),
        ArgAction::Set if has_several => Some(Form::Texts),
        ArgAction::Set if is_type::<bool>(parser) => Some(Form::Boolean),
        ArgAction::Set if is_type::<f64>(parser) => Some(Form::Number),
        ArgAction::Set if is_integer => Some(Form::Integer),
        ArgAction::Set => Some(Form::Text),
        _ => None,
    }
}

impl Form {
    pub const fn json_type(self) -> &'static str {
        match self {
            Self::Switch | Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Text => "string",
            Self::Texts => "array",
        }
    }
}

impl Input {
    /// The JSON Schema of the value.
    pub fn schema(&self) -> Value {
        let mut schema = Map::new();
        let is_also_switch = self.is_value_optional && self.form != Form::Boolean;
        let types = match self.form.json_type() {
            json_type if is_also_switch => json!([json_type, "boolean"]),
            json_type => json_type.into(),
        };
        schema.insert("type".into(), types);
        let mut about = self.about.clone();
        if self.form == Form::Texts {
            let mut item = Map::from_iter([("type".to_string(), "string".into())]);
            if !self.choices.is_empty() {
                item.insert("enum".into(), json!(self.choices));
            }
            schema.insert("items".into(), Value::Object(item));
        } else if !self.choices.is_empty() {
            schema.insert("enum".into(), json!(self.choices));
        }
        if self.is_path && self.form == Form::Text {
            schema.insert("format".into(), "path".into());
        }
        if is_also_switch {
            about += " (true: without a value)";
        }
        if let Some(key) = self.config_key {
            about += &format!(" (required, unless the configuration has {key})");
        }
        schema.insert("description".into(), about.into());
        if let Some(default) = &self.default {
            schema.insert("default".into(), self.default_value(default));
        }
        Value::Object(schema)
    }

    fn default_value(&self, text: &str) -> Value {
        match self.form {
            Form::Switch | Form::Boolean => (text == "true").into(),
            Form::Integer | Form::Number => {
                text.parse::<serde_json::Number>().map_or_else(|_| text.into(), Value::Number)
            }
            Form::Text => text.into(),
            Form::Texts => json!([text]),
        }
    }
}

/// The JSON Schema of an object with these inputs. `required` has those that no configuration can
/// give.
pub fn object_schema<'i>(inputs: impl IntoIterator<Item = &'i Input>) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required: Vec<&str> = Vec::new();
    for input in inputs {
        properties.insert(input.name.clone(), input.schema());
        if input.required && input.config_key.is_none() {
            required.push(&input.name);
        }
    }
    let mut schema = Map::from_iter([
        ("type".to_string(), "object".into()),
        ("properties".to_string(), Value::Object(properties)),
    ]);
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    schema.insert("additionalProperties".into(), false.into());
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::tree;

    fn inputs(path: &str) -> Vec<Input> {
        let words: Vec<&str> = path.split(' ').collect();
        of_command(&tree::command(&words).expect(path), path)
    }

    fn schema(path: &str) -> Value {
        Value::Object(object_schema(&inputs(path)))
    }

    #[test]
    fn flags_become_inputs_with_their_types() {
        let send = schema("sms send");
        let types = |name: &str| send["properties"][name]["type"].clone();
        assert_eq!(types("phone_numbers"), "array");
        assert_eq!(types("param"), "array");
        assert_eq!(types("template_code"), "string");
        assert_eq!(types("verify"), "boolean");
        assert_eq!(types("wait"), json!(["integer", "boolean"]));
        assert_eq!(types("look_up"), "integer");
        assert!(
            send["properties"].get("json").is_none() && send["properties"].get("help").is_none()
        );
        let location = schema("whatsapp send location");
        assert_eq!(location["properties"]["latitude"]["type"], "string");
        let list = schema("templates list");
        assert_eq!(list["properties"]["channel"]["enum"], json!(["whatsapp", "viber", "sms"]));
        assert_eq!(list["properties"]["page_index"]["default"], 1);
        let welcome = schema("whatsapp automation set");
        assert_eq!(welcome["properties"]["enable_welcome_message"]["type"], "boolean");
    }

    #[test]
    fn what_a_command_always_needs_is_required() {
        assert_eq!(schema("sms send")["required"], json!(["phone_numbers", "template_code"]));
        let sign = &schema("sms send")["properties"]["sign_name"]["description"];
        assert!(sign.as_str().expect("text").contains("the configuration has sign_name"), "{sign}");
        // What these need depends on other flags.
        assert!(schema("templates create").get("required").is_none());
        assert!(schema("whatsapp send contacts").to_string().contains(r#""required":["to"]"#));
        assert_eq!(schema("keys show")["required"], json!(["key"]));
    }

    #[test]
    fn the_flags_of_all_commands_are_apart() {
        let all = of_all_commands(&tree::all());
        let find = |name: &str| all.iter().find(|input| input.name == name).expect("a flag");
        assert_eq!(find("json").form, Form::Switch);
        assert_eq!(find("timeout").default.as_deref(), Some("60"));
        assert_eq!(find("fields").form, Form::Texts);
        assert!(find("aliyun").is_path && !all.iter().any(|input| input.required));
    }

    /// The inputs of a command line, as clap parses it.
    fn given(line: &str) -> (String, Value) {
        let words = shell_words::split(line).expect("words");
        let program = tree::all();
        let matches = program.clone().try_get_matches_from(&words).expect(line);
        let (mut command, mut matches, mut path) = (&program, &matches, Vec::new());
        while let Some((name, below)) = matches.subcommand() {
            command = command.find_subcommand(name).expect("a command");
            (matches, path) = (below, [path, vec![name]].concat());
        }
        let path = path.join(" ");
        let mut inputs = Map::new();
        for arg in command.get_arguments().filter(|arg| !arg.is_global_set()) {
            let id = arg.get_id().as_str();
            let Some(input) = input(arg, &[]) else { continue };
            if matches.value_source(id) != Some(clap::parser::ValueSource::CommandLine) {
                continue;
            }
            let raw = matches.get_raw(id).into_iter().flatten();
            // Some values are accepted in any case; the schema has one form.
            let same = |text: String| {
                let mut choices = input.choices.iter();
                let same = choices.find(|choice| choice.eq_ignore_ascii_case(&text));
                same.filter(|_| arg.is_ignore_case_set()).cloned().unwrap_or(text)
            };
            let texts = raw.map(|text| same(text.to_string_lossy().into_owned()));
            let texts: Vec<String> = texts.collect();
            let value = match input.form {
                Form::Texts => json!(texts),
                Form::Text => json!(texts[0]),
                Form::Switch => json!(true),
                _ => serde_json::from_str(&texts[0]).expect("a value"),
            };
            inputs.insert(input.name, value);
        }
        (path, Value::Object(inputs))
    }

    #[test]
    fn the_inputs_of_valid_command_lines_are_valid() {
        let recorded = [
            include_str!("../../../tests/suite/every_command/commands.txt"),
            include_str!("../../../tests/suite/every_command/every_flag.txt"),
        ];
        let lines = recorded.iter().flat_map(|text| text.lines());
        for line in lines.filter_map(|line| line.strip_prefix("$ ")) {
            let (path, inputs) = given(line);
            let validator = jsonschema::validator_for(&schema(&path)).expect("a schema");
            let errors: Vec<String> =
                validator.iter_errors(&inputs).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{line}: {errors:?}");
        }
    }
}
