//! Twenty tasks in plain words and their solutions, which start with the page of `alimsg --help`:
//! `tests/tasks.toml`.

use serde::Deserialize;

use crate::support::World;
use crate::support::tasks::{Sent, Task, assert_sent, prepare, sent_messages, terms};

const TASKS: &str = include_str!("../tasks.toml");
const COMMANDS: &str = include_str!("../../references/commands.md");

#[derive(Debug, Deserialize)]
struct Tasks {
    task: Vec<Task<Sent>>,
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
        let world = prepare(World::new(), &files, &before);
        let earlier = sent_messages(&world).len();
        let mut pages = world.run(&["--help"]).exits(0).stdout;
        let mut output = String::new();
        for step in steps {
            let words = shell_words::split(&step).expect("words");
            assert_eq!(words[0], "alimsg", "{task}");
            for name in names(&words) {
                let is_explained = terms(&pages).any(|term| term.eq_ignore_ascii_case(name));
                assert!(is_explained, "{task} No page explains {name} of `{step}`.");
            }
            let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
            output = world.run_with_env(&words, &[("ALIMSG_SANDBOX", "1")]).exits(0).stdout;
            pages += &output;
        }
        for text in shows {
            assert!(output.contains(&text), "{task} {text:?} is not in {output}");
        }
        assert_sent(&task, &sent_messages(&world).split_off(earlier), &sent);
    }
}
