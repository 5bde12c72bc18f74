//! Tasks in plain words are solved from `alimsg --help` in two steps: the page of a command that
//! this page names, and the command. The tasks and their solutions are in `tests/tasks.tsv`.

use std::collections::BTreeMap;

use crate::help::fresh_machine;
use crate::help::pages::{PAGES, Page, TOPICS};
use crate::support::World;

const TASKS: &str = include_str!("../tasks.tsv");

/// The tasks with their commands.
fn tasks() -> impl Iterator<Item = (&'static str, &'static str)> {
    TASKS.lines().skip(1).filter_map(|line| line.split_once('\t'))
}

/// The page of the command in a line.
fn page(line: &str) -> &'static Page {
    let words: Vec<&str> = line.split(' ').filter(|word| *word != "--sandbox").collect();
    let pages = (1..words.len()).rev().map(|length| words[..=length].join(" "));
    let mut pages = pages.filter_map(|name| PAGES.iter().find(|page| page.name == name));
    pages.next().unwrap_or_else(|| panic!("no command in {line}"))
}

/// Whether the first page names the command or the group that lists it directly.
fn is_named_by_the_first_page(page: &Page) -> bool {
    let words: Vec<&str> = page.name.split(' ').skip(1).collect();
    let overview = &PAGES[0].text;
    (words.len().saturating_sub(1).max(1)..=words.len())
        .any(|length| overview.contains(&format!("\n  {} ", words[..length].join(" "))))
}

#[test]
fn each_task_is_solved_in_two_steps_from_the_first_page() {
    assert!(tasks().count() >= 20, "the issue asks for twenty tasks");
    let everywhere = TOPICS.iter().find(|(name, _)| name.ends_with("flags"));
    let (_, everywhere) = everywhere.expect("the topic");
    for (task, line) in tasks() {
        let page = page(line);
        assert!(is_named_by_the_first_page(page), "{task}: {}", page.name);
        for flag in line.split(' ').filter(|word| word.starts_with('-')) {
            let is_listed = !page.entry(flag).is_empty() || everywhere.contains(flag);
            let is_listed = is_listed || page.text.contains(&format!("  {flag}, "));
            assert!(is_listed, "{task}: {flag} is not on the page of {}", page.name);
        }
    }
}

#[test]
fn each_solution_succeeds_in_the_sandbox() {
    let mut failures = BTreeMap::new();
    for (task, line) in tasks() {
        let world = fresh_machine();
        let ran = world.type_line(&line.replace("INBOUND", &inbound(&world)));
        if ran.exit() != 0 {
            failures.insert(task, format!("$ {line}\n{}{}", ran.stdout, ran.stderr));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// The ID of a message that a customer sent.
fn inbound(world: &World) -> String {
    let line = "alimsg sandbox inbound --from 8613800001000 --to 8613800000001 \
                --text 'Where is my parcel?' --json";
    let answer = world.type_line(line).exits(0).json();
    answer["data"]["message_id"].as_str().expect("an ID").to_owned()
}
