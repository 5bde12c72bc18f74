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
    /// There is a folder for files.
    pub files: bool,
    /// The server runs in the sandbox.
    pub sandbox: bool,
}

/// A command as a tool.
#[derive(Debug, Clone)]
pub struct Tool {
    /// The words of the command, joined with `_`.
    pub name: String,
    pub path: Vec<String>,
    pub effect: Effect,
    pub inputs: Vec<Input>,
    /// It cannot be used without files.
    needs_files: bool,
    about: String,
}

/// Flags that an agent must not have: they lift a promise, repair this machine, show personal data, or
/// never end.
const WITHHELD: [&str; 6] =
    ["allow-duplicate", "retry-unknown", "follow", "interval", "fix", "show-personal-data"];

impl Permissions {
    /// Why there is no such tool; `None` if there is one.
    pub fn refusal(self, tool: &Tool) -> Option<String> {
        let missing = |flag: &str| Some(format!("the server runs without {flag}"));
        match tool.effect {
            Effect::Person(reason) => {
                let command = tool.path.join(" ");
                Some(format!("only a person can use `alimsg {command}`, because {reason}"))
            }
            Effect::Send if !self.send => missing("--allow-send"),
            Effect::Change | Effect::Simulate if !self.change => missing("--allow-change"),
            Effect::Simulate if !self.sandbox => missing("--sandbox"),
            _ if tool.needs_files && !self.files => missing("--files"),
            Effect::Read | Effect::Export | Effect::Send | Effect::Change | Effect::Simulate => {
                None
            }
        }
    }
}

/// One tool for each command, also those that need a permission. Without `with_files`, they have no
/// inputs for files.
pub fn from_commands(program: &Command, with_files: bool) -> Vec<Tool> {
    let commands = schema::leaves(program).into_iter();
    let tools = commands.filter_map(|(path, command)| {
        let effect = effects::of(&path)?;
        let mut inputs = inputs::of_command(command, &path);
        inputs.retain(|input| !input.long.as_deref().is_some_and(|long| WITHHELD.contains(&long)));
        for input in &mut inputs {
            input.about = without_terminal(std::mem::take(&mut input.about));
            // Without a terminal, an export needs a file to write.
            input.required |= input.is_path && effect == Effect::Export;
        }
        let needs_files = inputs.iter().any(|input| input.is_path && input.required);
        inputs.retain(|input| with_files || !input.is_path);
        Some(Tool {
            name: path.replace([' ', '-'], "_"),
            effect,
            inputs,
            needs_files,
            about: command.get_about().map(ToString::to_string).unwrap_or_default(),
            path: path.split(' ').map(ToString::to_string).collect(),
        })
    });
    tools.collect()
}

/// The help of a flag without what only applies to the command line.
fn without_terminal(mut help: String) -> String {
    for part in [
        "; or @FILE, or - for stdin (@@ begins a text with @)",
        ", @FILE, or - for stdin",
        ", or - for stdin",
        " [default: the path of the first run]",
    ] {
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
        let (is_read, needs_consent) = (self.effect == Effect::Read, self.effect.needs_consent());
        let annotations = ToolAnnotations::new()
            .read_only(is_read)
            .destructive(needs_consent)
            .idempotent(is_read)
            .open_world(true);
        let mut about = format!("{} (alimsg {})", self.about, self.path.join(" "));
        if needs_consent {
            about += &format!("\n{}", self.explanation());
        }
        if self.inputs.iter().any(|input| input.is_path) {
            about += "\nPaths of files are relative to the folder of --files.";
        }
        rmcp::model::Tool::new(self.name.clone(), about, self.schema())
            .with_annotations(annotations)
    }

    /// How a tool that sends or changes something is used.
    pub fn explanation(&self) -> String {
        let is_batch = self.path.last().is_some_and(|word| word == "batch" || word == "resume");
        match self.effect {
            Effect::Send if is_batch => format!("{} {}", consent::SEND, consent::BATCH),
            Effect::Send => consent::SEND.into(),
            _ => consent::CHANGE.into(),
        }
    }

    /// Whether the command writes the file of this input.
    pub fn writes(&self, input: &Input) -> bool {
        self.effect == Effect::Export && input.name == "to"
    }

    /// The JSON Schema of the inputs.
    fn schema(&self) -> JsonObject {
        let mut schema = inputs::object_schema(&self.inputs);
        if self.effect.needs_consent()
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
    fn each_permission_adds_the_tools_of_its_effect() {
        let none = Permissions::default();
        let tools = from_commands(&tree::all(), true);
        let effects = |permissions: Permissions| {
            let allowed = tools.iter().filter(|tool| permissions.refusal(tool).is_none());
            let effects: Vec<Effect> = allowed.map(|tool| tool.effect).collect();
            let has = |effect| effects.contains(&effect);
            assert!(has(Effect::Read) && !effects.iter().any(|e| matches!(e, Effect::Person(_))));
            [Effect::Send, Effect::Change, Effect::Simulate, Effect::Export].map(has)
        };
        assert_eq!(effects(none), [false; 4]);
        assert_eq!(effects(Permissions { send: true, ..none }), [true, false, false, false]);
        let change = Permissions { change: true, ..none };
        assert_eq!(effects(change), [false, true, false, false]);
        assert_eq!(effects(Permissions { sandbox: true, ..change }), [false, true, true, false]);
        assert_eq!(effects(Permissions { files: true, ..none }), [false, false, false, true]);
        let named = |name: &str| tools.iter().find(|tool| tool.name == name).expect(name);
        let send = Permissions { send: true, ..none };
        for (name, permissions, part) in [
            ("sms_batch", send, "--files"),
            ("sms_batch", Permissions { files: true, ..none }, "--allow-send"),
            ("whatsapp_media_upload", change, "--files"),
            ("sandbox_reset", change, "--sandbox"),
            ("keys_resolve", Permissions { files: true, sandbox: true, ..change }, "find out"),
        ] {
            let refusal = permissions.refusal(named(name)).expect(name);
            assert!(refusal.contains(part), "{name}: {refusal}");
        }
        assert!(Permissions { files: true, ..send }.refusal(named("sms_batch")).is_none());
    }

    #[test]
    fn no_tool_has_an_input_that_lifts_a_promise_or_reads_a_file() {
        let tools = from_commands(&tree::all(), false);
        assert!(tools.iter().flat_map(|tool| &tool.inputs).all(|input| !input.is_path));
        let with_files = from_commands(&tree::all(), true);
        let is_person = |tool: &&Tool| matches!(tool.effect, Effect::Person(_));
        let tools = tools.iter().chain(&with_files).filter(|tool| !is_person(tool));
        for input in tools.flat_map(|tool| &tool.inputs) {
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
