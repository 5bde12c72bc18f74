//! Tasks in plain words, with a solution that runs in the sandbox.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::World;

/// A task and its solution. `S` describes a sent message.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task<S> {
    pub task: String,
    pub given: String,
    /// What happened before, as command lines without `alimsg`.
    #[serde(default)]
    pub before: Vec<String>,
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    pub steps: Vec<String>,
    /// The messages that the steps send.
    #[serde(default = "Vec::new")]
    pub sent: Vec<S>,
    /// Texts in the output of the last step.
    #[serde(default)]
    pub shows: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    channel: String,
    to: String,
    /// A part of the text or of the content.
    text: String,
}

/// The world with these files in its working folder, after these commands.
pub fn prepare(world: World, files: &BTreeMap<String, String>, before: &[String]) -> World {
    for (name, text) in files {
        world.file(name, text);
    }
    for line in before {
        world.run_line(line).exits(0);
    }
    world
}

/// The words of a text; a flag is one word.
pub fn terms(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
}

/// All messages of the sandbox, as `sandbox messages` lists them.
pub fn sent_messages(world: &World) -> Vec<Value> {
    let json = world.run(&["sandbox", "messages", "--json"]).exits(0).json();
    json["data"]["messages"].as_array().expect("messages").clone()
}

/// Asserts that exactly these messages were sent.
#[track_caller]
pub fn assert_sent(task: &str, messages: &[Value], expected: &[Sent]) {
    assert_eq!(messages.len(), expected.len(), "{task} {messages:?}");
    for (message, expected) in messages.iter().zip(expected) {
        assert_eq!(message["channel"], expected.channel, "{task}");
        assert_eq!(message["to"], expected.to, "{task}");
        let text = message["text"].as_str().expect("a text");
        assert!(text.contains(&expected.text), "{task} {text}");
    }
}
