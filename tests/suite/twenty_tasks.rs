//! Twenty tasks in plain words and their solutions, which start with the page of `alimsg --help`:
//! `tests/tasks.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::support::World;

const TASKS: &str = include_str!("../tasks.toml");
const COMMANDS: &str = include_str!("../../references/commands.md");

#[derive(Debug, Deserialize)]
struct Tasks {
    task: Vec<Task>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Task {
    task: String,
    given: String,
    /// What happened before, as command lines without `alimsg`.
    #[serde(default)]
    before: Vec<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    steps: Vec<String>,
    /// The messages that the steps send.
    #[serde(default)]
    sent: Vec<Sent>,
    /// Texts in the output of the last step.
    #[serde(default)]
    shows: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    channel: String,
    to: String,
    /// A part of the text or of the content.
    text: String,
}

fn sent_messages(world: &World) -> Vec<Value> {
    let json = world.run(&["sandbox", "messages", "--json"]).exits(0).json();
    json["data"]["messages"].as_array().expect("messages").clone()
}

/// Whether the pages have this word: a command or a flag.
fn mentions(pages: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    pages.split(|letter| !is_part(letter)).any(|found| found.eq_ignore_ascii_case(word))
}

/// The words of a step that its reader has to know: the command and the flags.
fn names(words: &[String]) -> Vec<&str> {
    let is_command =
        |count: &usize| COMMANDS.contains(&format!("\n## {}\n", words[..*count].join(" ")));
    let count = (1..=words.len()).rev().find(is_command).expect("a command");
    let commands = words[1..count].iter().map(String::as_str);
    let is_flag = |word: &&String| word.starts_with('-') && !word.contains(' ');
    let flags = words[count..].iter().filter(is_flag);
    commands.chain(flags.map(|flag| flag.split('=').next().unwrap_or(flag))).collect()
}

#[test]
fn each_task_is_solved_in_at_most_two_steps_from_the_help_page() {
    let Tasks { task: tasks } = toml::from_str(TASKS).expect("the tasks");
    assert_eq!(tasks.len(), 20);
    for Task { task, given, before, files, steps, sent, shows } in tasks {
        assert!(!given.is_empty() && (1..=2).contains(&steps.len()), "{task}");
        assert!(!sent.is_empty() || !shows.is_empty(), "{task}");
        let world = World::new();
        for (name, text) in files {
            std::fs::write(world.path(&name), text).expect("a file");
        }
        for line in before {
            world.run_line(&line).exits(0);
        }
        let earlier = sent_messages(&world).len();
        let mut pages = world.run(&["--help"]).exits(0).stdout;
        let mut output = String::new();
        for step in steps {
            let words = shell_words::split(&step).expect("words");
            assert_eq!(words[0], "alimsg", "{task}");
            for name in names(&words) {
                assert!(mentions(&pages, name), "{task} No page explains {name} of `{step}`.");
            }
            let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
            output = world.run_with_env(&words, &[("ALIMSG_SANDBOX", "1")]).exits(0).stdout;
            pages += &output;
        }
        for text in shows {
            assert!(output.contains(&text), "{task} {text:?} is not in {output}");
        }
        let messages = sent_messages(&world).split_off(earlier);
        assert_eq!(messages.len(), sent.len(), "{task} {messages:?}");
        for (message, expected) in messages.iter().zip(sent) {
            assert_eq!(message["channel"], expected.channel, "{task}");
            assert_eq!(message["to"], expected.to, "{task}");
            let text = message["text"].as_str().expect("a text");
            assert!(text.contains(&expected.text), "{task} {text}");
        }
    }
}
