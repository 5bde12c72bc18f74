//! The tools, derived from the command tree: one for each command without subcommands.

use clap::Command;
use rmcp::model::{JsonObject, ToolAnnotations};
use serde_json::Value;

use crate::cli::mcp::consent;
use crate::cli::mcp::effects::{self, Effect};
use crate::cli::schema;
use crate::cli::schema::inputs::{self, Input};

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
    let commands = schema::leaves(program).into_iter();
    let tools = commands.filter_map(|(path, command)| {
        let inputs = inputs::of_command(command, &path).into_iter().filter(is_for_agents);
        let for_tools = |input: Input| Input { about: without_terminal(input.about), ..input };
        Some(Tool {
            name: path.replace([' ', '-'], "_"),
            effect: effects::of(&path)?,
            inputs: inputs.map(for_tools).collect(),
            about: command.get_about().map(ToString::to_string).unwrap_or_default(),
            path: path.split(' ').map(ToString::to_string).collect(),
        })
    });
    tools.collect()
}

fn is_for_agents(input: &Input) -> bool {
    !input.is_path && !input.long.as_deref().is_some_and(|long| WITHHELD.contains(&long))
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
        let mut schema = inputs::object_schema(&self.inputs);
        if self.effect != Effect::Read
            && let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut)
        {
            properties.insert(consent::TOKEN.into(), consent::schema());
        }
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::tree;

    #[test]
    fn every_command_has_an_effect() {
        let program = tree::all();
        let paths = schema::leaves(&program).into_iter().map(|(path, _)| path);
        let forgotten: Vec<_> = paths.filter(|path| effects::of(path).is_none()).collect();
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
