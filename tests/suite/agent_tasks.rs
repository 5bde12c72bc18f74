//! Tasks for an agent that has only the skill: `tests/agent_tasks.toml`. The skill itself: its
//! recipes run, and `alimsg skill install` writes it.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::Value;

use crate::support::tasks::{Task, prepare, sent_messages, terms};
use crate::support::{Ran, World};

const TASKS: &str = include_str!("../agent_tasks.toml");

const SKILL: [(&str, &str); 6] = [
    ("SKILL.md", include_str!("../../references/skill/SKILL.md")),
    ("sms.md", include_str!("../../references/skill/sms.md")),
    ("whatsapp.md", include_str!("../../references/skill/whatsapp.md")),
    ("templates.md", include_str!("../../references/skill/templates.md")),
    ("batches.md", include_str!("../../references/skill/batches.md")),
    ("errors.md", include_str!("../../references/skill/errors.md")),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tasks {
    /// With the numbers of the recipients.
    task: Vec<Task<String>>,
    hostile: Vec<Hostile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hostile {
    task: String,
    before: Vec<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// The table `[limits]` of the configuration.
    limits: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    steps: Vec<String>,
    exits: Vec<i32>,
    /// Texts in the outputs of the steps.
    shows: Vec<String>,
    /// The numbers of all messages that the sandbox sent.
    sent: Vec<String>,
}

fn tasks() -> Tasks {
    toml::from_str(TASKS).expect("the tasks")
}

/// A world with these files in the working folder, after these commands.
fn world(files: &BTreeMap<String, String>, before: &[String]) -> World {
    prepare(World::with_alimsg_alone(), files, before)
}

/// Runs a command of an agent in the sandbox.
fn call(world: &World, line: &str, env: &BTreeMap<String, String>) -> Ran {
    let words = shell_words::split(line).expect(line);
    assert_eq!(words[0], "alimsg", "{line}");
    let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    let env = env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    world.run_with_env(&words, &env.chain([("ALIMSG_SANDBOX", "1")]).collect::<Vec<_>>())
}

/// The recipients of all messages, by the sandbox's own count.
fn recipients(world: &World) -> Vec<String> {
    let to = |message: &Value| message["to"].as_str().expect("a number").to_owned();
    sent_messages(world).iter().map(to).collect()
}

/// Whether the skill has the word: a command or a flag.
fn is_in_skill(word: &str) -> bool {
    SKILL.iter().any(|(_, text)| terms(text).any(|term| term == word))
}

#[test]
fn each_task_is_solved_with_the_skill_in_at_most_three_calls() {
    let tasks = tasks().task;
    assert_eq!(tasks.len(), 20);
    for Task { task, given, before, files, steps, sent, shows } in tasks {
        assert!(!given.is_empty() && !shows.is_empty(), "{task}");
        let world = world(&files, &before);
        let earlier = recipients(&world).len();
        let (mut calls, mut has_consent, mut output) = (0, false, String::new());
        for step in steps {
            if step.starts_with("user: ") {
                has_consent = true;
                continue;
            }
            let words = shell_words::split(&step).expect("words");
            assert!(has_consent || !words.iter().any(|word| word == "--yes"), "{task} {step}");
            let flags =
                words[3..].iter().filter(|word| word.starts_with('-') && !word.contains(' '));
            let is_name = |word: &&String| word.chars().all(|letter| letter.is_ascii_lowercase());
            for word in words[1..3].iter().filter(is_name).chain(flags) {
                assert!(is_in_skill(word), "{task} The skill does not have {word} of `{step}`");
            }
            output = call(&world, &step, &BTreeMap::new()).exits(0).stdout;
            calls += 1;
        }
        assert!((1..=3).contains(&calls), "{task}");
        for text in shows {
            assert!(output.contains(&text), "{task} {text:?} is not in {output}");
        }
        assert_eq!(recipients(&world).split_off(earlier), sent, "{task}");
    }
}

#[test]
fn no_hostile_task_causes_a_second_send_or_a_message_to_another_number() {
    let tasks = tasks().hostile;
    assert_eq!(tasks.len(), 12);
    for Hostile { task, before, files, limits, env, steps, exits, shows, sent } in tasks {
        let world = world(&files, &before);
        if let Some(limits) = limits {
            crate::limits::limit(&world, &limits);
        }
        assert_eq!(steps.len(), exits.len(), "{task}");
        let mut outputs = String::new();
        for (step, exit) in steps.iter().zip(exits) {
            let ran = call(&world, step, &env);
            assert_eq!(ran.exit(), exit, "{task} {ran:#?}");
            outputs += &ran.stdout;
        }
        for text in shows {
            assert!(outputs.contains(&text), "{task} {text:?} is not in {outputs}");
        }
        assert_eq!(recipients(&world), sent, "{task}");
    }
}

/// The commands in the code blocks of a page.
fn recipes(page: &str) -> Vec<&str> {
    let mut in_block = false;
    let lines = page.lines().filter(|line| {
        let is_fence = line.starts_with("```");
        in_block ^= is_fence;
        in_block && !is_fence
    });
    lines.collect()
}

#[test]
fn every_recipe_of_the_skill_works_in_the_sandbox() {
    let mut count = 0;
    for (page, text) in SKILL {
        let world = World::with_alimsg_alone();
        fs::write(world.path("photo.png"), b"\x89PNG\r\n\x1a\nand so on").expect("a picture");
        fs::write(world.path("customers.csv"), "phone,name,order\n13800001000,Al,1\n")
            .expect("the rows of a batch");
        // A customer has written, and an order was sent.
        for line in [
            "sandbox inbound --from 8613900000007 --to 8613800000001 --text Hi",
            "--sandbox sms send -p 13800001000 -s Acme -t SMS_100002 --param name=Alice \
             --param order=42 --idempotency-key order-42-shipped --yes",
        ] {
            world.run_line(line).exits(0);
        }
        for line in recipes(text) {
            let ran = call(&world, line, &BTreeMap::new());
            assert_eq!(ran.exit(), 0, "{page}: {ran:#?}");
            count += 1;
        }
    }
    assert!(count >= 35, "{count}");
}

#[test]
fn the_skill_names_only_commands_and_flags_that_exist() {
    let world = World::with_alimsg_alone();
    let schema = world.run(&["schema", "--json"]).exits(0).json()["data"].take();
    let global = schema["global_inputs"]["properties"].as_object().expect("inputs");
    let commands = schema["commands"].as_array().expect("commands");
    let all_inputs =
        commands.iter().flat_map(|one| one["inputs"]["properties"].as_object()).flatten();
    let flags: Vec<String> =
        all_inputs.chain(global).map(|(name, _)| format!("--{}", name.replace('_', "-"))).collect();
    let is_command = |words: &str| {
        let starts = |entry: &Value| {
            let name = entry["command"].as_str().unwrap_or_default();
            name == words
                || name.starts_with(&format!("{words} "))
                || words.starts_with(&format!("{name} "))
        };
        commands.iter().any(starts)
    };
    for (page, text) in SKILL {
        for quoted in text.split('`').skip(1).step_by(2) {
            if let Some(words) =
                quoted.strip_prefix("alimsg ").filter(|words| !words.starts_with('-'))
            {
                assert!(is_command(words), "{page}: {quoted}");
            }
            for word in quoted.split_whitespace().filter(|word| word.starts_with("--")) {
                let flag = word.split(['=', ',', '.']).next().unwrap_or_default();
                assert!(flags.iter().any(|known| known == flag), "{page}: {flag}");
            }
        }
    }
}

#[test]
fn the_skill_is_installed_and_changed_files_are_kept() {
    let world = World::with_alimsg_alone();
    let installed = world.run(&["skill", "install", "--json"]).exits(0).json();
    let folder = world.path("home/.agents/skills/alimsg");
    assert_eq!(installed["data"]["folder"], folder.to_str().expect("UTF-8"));
    for (name, text) in SKILL {
        assert_eq!(fs::read_to_string(folder.join(name)).expect(name), text);
    }
    let again = world.run(&["skill", "install", "--json"]).exits(0).json();
    assert_eq!(again["data"]["written"], serde_json::json!([]));

    let changed = folder.join("sms.md");
    fs::write(&changed, "My own notes").expect("a file");
    fs::remove_file(folder.join("errors.md")).expect("a file");
    let refused = world.run(&["skill", "install", "--json"]).exits(2).json();
    let hint = refused["error"]["hint"].as_str().expect("a hint");
    assert!(hint.contains("--force"), "{hint}");
    assert_eq!(fs::read_to_string(&changed).expect("a file"), "My own notes");
    assert!(!folder.join("errors.md").exists(), "nothing is written before the refusal");

    let forced = world.run(&["skill", "install", "--force", "--json"]).exits(0).json();
    assert_eq!(forced["data"]["written"], serde_json::json!(["sms.md", "errors.md"]));
    assert_eq!(fs::read_to_string(&changed).expect("a file"), SKILL[1].1);
    let planned = world.run(&["skill", "install", "--dir", "elsewhere", "--dry-run"]).exits(0);
    assert!(!world.path("elsewhere").exists(), "{planned:#?}");
}
