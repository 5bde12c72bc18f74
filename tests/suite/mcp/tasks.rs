//! Twenty tasks for an agent that has only the tools, and hostile ones: `tasks.toml`.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::mcp::client::Client;
use crate::support::World;
use crate::support::tasks::{Sent, assert_sent, sent_messages};

const TASKS: &str = include_str!("tasks.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tasks {
    task: Vec<Task>,
    hostile: Vec<Task>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Task {
    task: String,
    #[serde(default = "allow_send")]
    flags: Vec<String>,
    #[serde(default)]
    before: Vec<String>,
    /// The files in the folder of `--files`, with their texts.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// The table `[limits]` of the configuration.
    limits: Option<String>,
    calls: Vec<Call>,
    /// Adds that many numbers to the inputs of each call.
    #[serde(default)]
    numbers: usize,
    /// The messages that the calls send.
    #[serde(default)]
    sent: Vec<Sent>,
    /// Texts in the result of the last call.
    #[serde(default)]
    shows: Vec<String>,
    /// What the user answers; `None` if the client cannot ask.
    answer: Option<String>,
}

fn allow_send() -> Vec<String> {
    vec!["--allow-send".into()]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    #[serde(default)]
    tool: String,
    #[serde(default)]
    inputs: Value,
    /// Repeats the call before it with its token.
    #[serde(default)]
    confirm: bool,
    token: Option<String>,
    /// A text in the failure.
    refused: Option<String>,
}

fn world_before(task: &Task) -> World {
    let world = World::new();
    if let Some(limits) = &task.limits {
        crate::limits::limit(&world, limits);
    }
    for line in &task.before {
        // The outcome of a lost reply is unknown.
        world.run_line(line);
    }
    world
}

fn connect(world: &World, task: &Task) -> Client {
    let flags = task.flags.iter().map(String::as_str);
    // Each call then starts one process instead of three.
    let start = ["--sandbox", "--ai-mode", "call", "mcp"];
    let folder = world.path("files");
    let mut arguments: Vec<&str> = start.into_iter().chain(flags).collect();
    if !task.files.is_empty() {
        fs::create_dir(&folder).expect("a folder");
        arguments.extend(["--files", folder.to_str().expect("a path")]);
    }
    for (name, text) in &task.files {
        fs::write(folder.join(name), text).expect("a file");
    }
    let answer = task.answer.as_ref().map(|action| json!({ "action": action }));
    Client::start(world, &arguments, answer)
}

#[test]
fn each_task_is_solved_in_at_most_three_calls() {
    let Tasks { task: tasks, .. } = toml::from_str(TASKS).expect("the tasks");
    assert_eq!(tasks.len(), 20);
    for task in tasks {
        let (name, world) = (&task.task, world_before(&task));
        assert!((1..=3).contains(&task.calls.len()) && !task.shows.is_empty(), "{name}");
        let earlier = if task.before.is_empty() { 0 } else { sent_messages(&world).len() };
        let mut client = connect(&world, &task);
        let (mut tool, mut inputs, mut result) = (String::new(), Value::Null, Value::Null);
        for call in task.calls {
            if call.confirm {
                inputs["token"] = result["data"]["token"].clone();
            } else {
                (tool, inputs) = (call.tool, call.inputs);
            }
            result = client.call(&tool, &inputs);
            assert_eq!(result["ok"], true, "{name}: {result:#}");
        }
        let text = result.to_string();
        for part in task.shows {
            assert!(text.contains(&part), "{name}: {part:?} is not in {result:#}");
        }
        assert_sent(name, &sent_messages(&world).split_off(earlier), &task.sent);
    }
}

#[test]
fn no_hostile_task_sends_a_message() {
    let Tasks { hostile: tasks, .. } = toml::from_str(TASKS).expect("the tasks");
    assert_eq!(tasks.len(), 12);
    for task in tasks {
        let (name, world) = (&task.task, world_before(&task));
        let earlier = world.sandbox_messages().len();
        let numbers: Vec<String> =
            (0..task.numbers).map(|index| format!("1380000{index:04}")).collect();
        let mut client = connect(&world, &task);
        let mut token = Value::Null;
        for mut call in task.calls {
            if !numbers.is_empty() {
                call.inputs["phone_numbers"] = json!(numbers);
            }
            if let Some(given) = call.token {
                call.inputs["token"] =
                    if given == "{token}" { token.clone() } else { given.into() };
            }
            let params = json!({ "name": call.tool, "arguments": call.inputs });
            let result = client.request("tools/call", &params);
            let object = &result["structuredContent"];
            if let Some(part) = call.refused {
                let is_error = result["isError"] == json!(true) || result["error"].is_object();
                assert!(is_error && result.to_string().contains(&part), "{name}: {result:#}");
                assert!(object.is_null() || object["error"]["outcome"] != "sent", "{result:#}");
            } else {
                assert_eq!(object["ok"], true, "{name}: {result:#}");
                let text = result["content"][1]["text"].as_str().expect("a text");
                assert!(text.contains("untrusted"), "{name}: {result:#}");
                token = object["data"]["token"].clone();
            }
        }
        assert_eq!(world.sandbox_messages().len(), earlier, "{name}");
        if let Some(question) = client.questions.first() {
            let lines: Vec<&str> = question.lines().collect();
            let header = lines.iter().position(|line| line.starts_with("Recipients"));
            let listed = &lines[header.expect("the recipients") + 1..];
            let expected =
                if numbers.is_empty() { vec!["13800001000".to_string()] } else { numbers };
            assert_eq!(listed, expected, "{name}: {question}");
        }
    }
}
