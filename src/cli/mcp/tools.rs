//! The tools, derived from the command tree: one for each command without subcommands.

use std::any::TypeId;
use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, Command};
use rmcp::model::{JsonObject, ToolAnnotations};
use serde_json::{Map, Value, json};

use crate::cli::help::required;
use crate::cli::mcp::consent;
use crate::cli::mcp::effects::{self, Effect};

/// Which tools a person has allowed when starting the server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Permissions {
    pub send: bool,
    pub change: bool,
}

/// A command as a tool.
#[derive(Debug, Clone)]
pub struct Tool {
    /// The words of the command, joined with `_`.
    pub name: String,
    pub path: Vec<String>,
    pub effect: Effect,
    pub inputs: Vec<Input>,
    about: String,
}

/// A flag or a positional argument as an input of a tool.
#[derive(Debug, Clone)]
pub struct Input {
    /// The long flag in snake_case, or the name of the positional argument in lower case.
    pub name: String,
    /// The long flag; `None` for a positional argument.
    pub long: Option<String>,
    pub form: Form,
    required: bool,
    about: String,
    default: Option<String>,
    choices: Vec<String>,
}

/// The JSON type of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A flag without a value.
    Switch,
    /// A flag with the value true or false.
    Boolean,
    Integer,
    Number,
    Text,
    Texts,
}

/// Flags that an agent must not have: they lift a promise, repair this machine, show personal data, or
/// never end.
const WITHHELD: [&str; 6] =
    ["allow-duplicate", "retry-unknown", "follow", "interval", "fix", "show-personal-data"];

impl Permissions {
    pub const fn allow(self, effect: Effect) -> bool {
        match effect {
            Effect::Read => true,
            Effect::Send => self.send,
            Effect::Change => self.change,
            Effect::Person => false,
        }
    }
}

/// One tool for each command, also those that need a permission.
pub fn from_commands(program: &Command) -> Vec<Tool> {
    let mut tools = Vec::new();
    collect(program, &mut Vec::new(), &mut tools);
    tools
}

fn collect(command: &Command, path: &mut Vec<String>, tools: &mut Vec<Tool>) {
    let mut is_leaf = true;
    for subcommand in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        is_leaf = false;
        path.push(subcommand.get_name().to_string());
        collect(subcommand, path, tools);
        path.pop();
    }
    let words = path.join(" ");
    let Some(effect) = effects::of(&words).filter(|_| is_leaf && !path.is_empty()) else { return };
    let marked = required::mark(command.clone(), &words);
    let inputs: Vec<Input> = marked.get_arguments().filter_map(input).collect();
    tools.push(Tool {
        name: path.join("_").replace('-', "_"),
        path: path.clone(),
        effect,
        inputs,
        about: command.get_about().map(ToString::to_string).unwrap_or_default(),
    });
}

/// The input of a flag; `None` if agents cannot use it.
fn input(arg: &Arg) -> Option<Input> {
    let long = arg.get_long();
    let is_withheld = long.is_some_and(|long| WITHHELD.contains(&long));
    if arg.is_global_set() || arg.is_hide_set() || is_withheld || reads_file(arg) {
        return None;
    }
    let form = form(arg)?;
    let choices = match form {
        Form::Switch | Form::Boolean => Vec::new(),
        _ => arg.get_possible_values().iter().map(|value| value.get_name().to_string()).collect(),
    };
    let default = arg.get_default_values().first();
    Some(Input {
        name: long.unwrap_or_else(|| arg.get_id().as_str()).replace('-', "_").to_lowercase(),
        long: long.map(ToString::to_string),
        form,
        required: arg.is_required_set(),
        about: without_terminal(arg.get_help().map(ToString::to_string).unwrap_or_default()),
        default: default.map(|value| value.to_string_lossy().into_owned()),
        choices,
    })
}

/// The help of a flag without what only applies to the command line.
fn without_terminal(mut help: String) -> String {
    for part in ["; or @FILE, or - for stdin (@@ begins a text with @)", ", @FILE, or - for stdin"]
    {
        help = help.replace(part, "");
    }
    if let Some(start) = help.find(" [default: ")
        && let Some(length) = help[start..].find(']')
        && help[start..start + length].ends_with("at a terminal")
    {
        help.replace_range(start..=start + length, "");
    }
    help
}

fn reads_file(arg: &Arg) -> bool {
    is_type::<PathBuf>(arg.get_value_parser())
        || arg.get_value_names().is_some_and(|names| names.iter().any(|name| name == "FILE"))
}

fn is_type<T: 'static>(parser: &ValueParser) -> bool {
    parser.type_id() == TypeId::of::<T>()
}

fn form(arg: &Arg) -> Option<Form> {
    let parser = arg.get_value_parser();
    let several = arg.get_num_args().is_some_and(|range| range.max_values() > 1);
    match arg.get_action() {
        ArgAction::SetTrue => Some(Form::Switch),
        ArgAction::Append => Some(Form::Texts),
        ArgAction::Set if several || arg.get_value_delimiter().is_some() => Some(Form::Texts),
        ArgAction::Set => Some(match () {
            () if is_type::<bool>(parser) => Form::Boolean,
            () if is_type::<f64>(parser) => Form::Number,
            () if [
                is_type::<u64>(parser),
                is_type::<u32>(parser),
                is_type::<u16>(parser),
                is_type::<u8>(parser),
                is_type::<i64>(parser),
                is_type::<usize>(parser),
            ]
            .contains(&true) =>
            {
                Form::Integer
            }
            () => Form::Text,
        }),
        _ => None,
    }
}

impl Tool {
    /// The tool as the protocol describes it.
    pub fn described(&self) -> rmcp::model::Tool {
        let is_read = self.effect == Effect::Read;
        let annotations = ToolAnnotations::new()
            .read_only(is_read)
            .destructive(!is_read)
            .idempotent(is_read)
            .open_world(true);
        let mut about = format!("{} (alimsg {})", self.about, self.path.join(" "));
        if let Effect::Send | Effect::Change = self.effect {
            about += &format!("\n{}", self.explanation());
        }
        rmcp::model::Tool::new(self.name.clone(), about, self.schema())
            .with_annotations(annotations)
    }

    /// How a tool that sends or changes something is used.
    pub const fn explanation(&self) -> &'static str {
        match self.effect {
            Effect::Send => consent::SEND,
            Effect::Change | Effect::Read | Effect::Person => consent::CHANGE,
        }
    }

    /// The JSON Schema of the inputs.
    fn schema(&self) -> JsonObject {
        let mut properties: Map<String, Value> =
            self.inputs.iter().map(|input| (input.name.clone(), input.schema())).collect();
        if self.effect != Effect::Read {
            properties.insert(consent::TOKEN.into(), consent::schema());
        }
        let required: Vec<&str> = self
            .inputs
            .iter()
            .filter(|input| input.required)
            .map(|input| input.name.as_str())
            .collect();
        let mut schema = Map::new();
        schema.insert("type".into(), "object".into());
        schema.insert("properties".into(), Value::Object(properties));
        schema.insert("required".into(), json!(required));
        schema.insert("additionalProperties".into(), false.into());
        schema
    }
}

impl Input {
    fn schema(&self) -> Value {
        let mut schema = Map::new();
        let name = match self.form {
            Form::Switch | Form::Boolean => "boolean",
            Form::Integer => "integer",
            Form::Number => "number",
            Form::Text => "string",
            Form::Texts => "array",
        };
        schema.insert("type".into(), name.into());
        let mut text = Map::new();
        if !self.choices.is_empty() {
            text.insert("enum".into(), json!(self.choices));
        }
        if self.form == Form::Texts {
            text.insert("type".into(), "string".into());
            schema.insert("items".into(), Value::Object(text));
        } else {
            schema.extend(text);
        }
        schema.insert("description".into(), self.about.clone().into());
        if let Some(default) = &self.default {
            let number = serde_json::from_str::<serde_json::Number>(default);
            let value = match (self.form, number) {
                (Form::Switch | Form::Boolean, _) => Value::Bool(default == "true"),
                (Form::Integer | Form::Number, Ok(number)) => Value::Number(number),
                (Form::Texts, _) => json!([default]),
                _ => default.clone().into(),
            };
            schema.insert("default".into(), value);
        }
        Value::Object(schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::tree;

    fn leaves(command: &Command, path: &str, found: &mut Vec<String>) {
        let mut is_leaf = true;
        for subcommand in command.get_subcommands() {
            is_leaf = false;
            leaves(subcommand, format!("{path} {}", subcommand.get_name()).trim(), found);
        }
        if is_leaf {
            found.push(path.to_string());
        }
    }

    #[test]
    fn every_command_has_an_effect() {
        let mut found = Vec::new();
        leaves(&tree::all(), "", &mut found);
        let forgotten: Vec<_> = found.iter().filter(|path| effects::of(path).is_none()).collect();
        assert!(forgotten.is_empty(), "add these to EFFECTS: {forgotten:?}");
    }

    #[test]
    fn without_permission_every_tool_only_reads() {
        for (permissions, effects) in [
            (Permissions::default(), &[Effect::Read][..]),
            (Permissions { send: true, change: false }, &[Effect::Read, Effect::Send]),
            (Permissions { send: false, change: true }, &[Effect::Read, Effect::Change]),
        ] {
            for effect in [Effect::Read, Effect::Send, Effect::Change, Effect::Person] {
                assert_eq!(permissions.allow(effect), effects.contains(&effect), "{effect:?}");
            }
        }
    }

    #[test]
    fn no_tool_has_an_input_that_lifts_a_promise_or_reads_a_file() {
        let tools = from_commands(&tree::all());
        for input in tools.iter().flat_map(|tool| &tool.inputs) {
            for withheld in
                ["allow_duplicate", "retry_unknown", "yes", "aliyun", "profile", "store"]
            {
                assert_ne!(input.name, withheld);
            }
            for absent in ["@FILE", "stdin", "terminal"] {
                assert!(!input.about.contains(absent), "{input:?}");
            }
        }
    }
}
