//! Every page of `--help` has examples, and every example runs.

pub mod pages;
mod reference;

use std::sync::Mutex;
use std::{fs, thread};

use crate::support::World;
use pages::{PAGES, Page, TOPICS};

/// Maximum width of a help page, in columns.
const MAX_COLUMNS: usize = 80;

/// Commands that neither send nor ask the services, so that `--sandbox` makes no difference.
const LOCAL: [&str; 3] = ["alimsg completions", "alimsg help", "alimsg man"];

/// Examples that cannot be run in the sandbox, by a part of their text, and why. Like all others,
/// they must succeed as dry runs.
const SKIPPED: [(&str, &str); 1] = [("--follow", "runs until it is interrupted")];

/// The files that examples read: name and content.
const FILES: [(&str, &[u8]); 9] = [
    (
        "customers.csv",
        b"phone,name,First name,order\n8613800001000,Alice Chen,Alice,42\n8613800001001,Bob Li,Bob,43\n",
    ),
    (
        "photo.png",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89",
    ),
    ("invoice.pdf", b"%PDF-1.4\n%%EOF\n"),
    ("clip.mp4", b"\0\0\0\x18ftypmp42"),
    ("greeting.mp3", b"ID3\x03"),
    ("thanks.webp", b"RIFF\0\0\0\0WEBPVP8 ........"),
    (
        "contacts.json",
        br#"[{"name":{"formatted_name":"Alice Chen"},"phones":[{"phone":"+8613800000001"}]}]"#,
    ),
    (
        "menu.json",
        br#"{"type":"button","body":{"text":"Tomorrow?"},
            "action":{"buttons":[{"type":"reply","reply":{"id":"yes","title":"Yes"}}]}}"#,
    ),
    (
        "order_update.toml",
        br#"name = "order_ready"
category = "UTILITY"
language = "en"
body = "Hello $(name)"
example = { name = "Alice" }
"#,
    ),
];

/// Whether the example uses the sandbox, so that it can be run unchanged.
fn is_sandbox_example(example: &str) -> bool {
    example.contains("--sandbox")
        || example.starts_with("alimsg sandbox ")
        || LOCAL.iter().any(|command| example.starts_with(command))
}

fn reason_not_to_run(example: &str) -> Option<&'static str> {
    let known = SKIPPED.iter().find(|(part, _)| example.contains(part));
    known.map(|(_, reason)| *reason)
}

/// The example with `--yes` and `--dry-run`; a flag must not be given twice.
fn as_dry_run(example: &str) -> String {
    let words: Vec<&str> = example.split_whitespace().collect();
    let missing = ["--dry-run", "--yes"].into_iter().filter(|flag| !words.contains(flag));
    missing.fold(example.to_owned(), |example, flag| format!("{example} {flag}"))
}

/// A fresh machine with the files that the examples read.
pub fn fresh_machine() -> World {
    let world = World::with_alimsg_alone();
    for (name, content) in FILES {
        fs::write(world.path("tmp").join(name), content).expect("a file for the examples");
    }
    world
}

/// Runs the lines of each page, every page on its own machine, and reports all failures at once.
fn run_all(lines_of: impl Fn(&Page) -> Vec<String> + Sync) {
    let failures = Mutex::new(Vec::new());
    let run = |page: &Page| {
        let world = fresh_machine();
        for line in lines_of(page) {
            let ran = world.type_line(&line);
            let output = format!("{}{}", ran.stdout, ran.stderr);
            if !ran.status.success() || output.contains("error:") {
                let status = ran.status;
                let report = format!("{}: {status}\n$ {line}\n{output}", page.name);
                failures.lock().expect("the list").push(report);
            }
        }
    };
    // Two threads: the processes mostly wait for one another.
    thread::scope(|scope| {
        for half in PAGES.chunks(PAGES.len().div_ceil(2)) {
            let run = &run;
            scope.spawn(move || half.iter().for_each(run));
        }
    });
    let failures = failures.into_inner().expect("the list");
    assert!(failures.is_empty(), "{} examples fail:\n\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_page_has_an_example_for_the_sandbox() {
    assert!(PAGES.len() > 30, "commands are missing");
    for page in PAGES.iter() {
        let examples = page.examples();
        let own = page.name.strip_prefix("alimsg").unwrap_or_default();
        assert!(
            LOCAL.contains(&&*page.name)
                || examples.iter().any(|example| {
                    example.contains("--sandbox") && reason_not_to_run(example).is_none()
                }),
            "`{} --help` has no example for the sandbox: {examples:#?}",
            page.name
        );
        assert!(
            examples.iter().any(|example| example.contains(own)),
            "no example of `{} --help` is about it: {examples:#?}",
            page.name
        );
        for example in examples {
            assert!(example.contains("alimsg "), "`{} --help`: {example}", page.name);
        }
    }
}

#[test]
fn every_example_for_the_sandbox_succeeds_on_a_fresh_machine() {
    run_all(|page| {
        let examples = page.examples().into_iter().filter(|example| is_sandbox_example(example));
        examples.filter(|example| reason_not_to_run(example).is_none()).collect()
    });
}

#[test]
fn every_other_example_succeeds_as_a_dry_run() {
    run_all(|page| {
        let examples = page
            .examples()
            .into_iter()
            .filter(|example| !is_sandbox_example(example) || reason_not_to_run(example).is_some());
        examples.map(|example| as_dry_run(&example)).collect()
    });
}

#[test]
fn every_page_fits_the_width_and_explains_its_flags() {
    for page in PAGES.iter() {
        for line in page.text.lines() {
            let columns = line.chars().count();
            assert!(columns <= MAX_COLUMNS, "`{} --help`, {columns} columns: {line}", page.name);
        }
        let unexplained = page.unexplained();
        assert!(unexplained.is_empty(), "`{} --help`: {unexplained:#?}", page.name);
    }
    for (topic, text) in TOPICS.iter() {
        for line in text.lines() {
            assert!(line.chars().count() <= MAX_COLUMNS, "`{topic}`: {line}");
        }
    }
}

#[test]
fn the_flags_of_all_commands_are_only_in_their_topic() {
    let flags = ["--json", "--sandbox", "--profile", "--ai-mode"];
    let (_, topic) = TOPICS.iter().find(|(name, _)| name.ends_with("flags")).expect("the topic");
    for flag in flags {
        assert!(topic.contains(&format!("{flag} ")), "{flag}: {topic}");
    }
    for page in PAGES.iter().filter(|page| page.name != "alimsg") {
        let options = page.text.lines().filter(|line| line.trim_start().starts_with('-'));
        let own: Vec<&str> = options.take_while(|line| *line != "Examples:").collect();
        for flag in flags {
            let is_listed = own.iter().any(|line| line.contains(&format!("{flag} ")));
            assert!(!is_listed, "`{} --help` lists {flag}", page.name);
        }
        let last = page.text.lines().last().unwrap_or_default();
        assert!(last.contains("alimsg help flags"), "{}: {last}", page.name);
    }
}

#[test]
fn every_way_to_ask_for_help_prints_the_same_page() {
    let world = World::with_alimsg_alone();
    for page in PAGES.iter() {
        let words: Vec<&str> = page.name.split(' ').skip(1).collect();
        let ran = world.run(&[&words[..], &["-h"]].concat()).exits(0);
        assert_eq!(ran.stdout, page.text, "{words:?}");
        // `alimsg help sandbox` is a topic.
        if words != ["sandbox"] {
            let ran = world.run(&[&["help"], &words[..]].concat()).exits(0);
            assert_eq!(ran.stdout, page.text, "help {words:?}");
        }
    }
}

#[test]
fn a_group_without_a_command_prints_its_page() {
    let world = World::with_alimsg_alone();
    let groups = PAGES.iter().filter(|page| {
        let prefix = format!("{} ", page.name);
        PAGES.iter().any(|other| other.name.starts_with(&prefix))
    });
    for page in groups {
        let words: Vec<&str> = page.name.split(' ').skip(1).collect();
        let ran = world.run(&words);
        // A script that forgot the command must not take this for a success.
        assert_eq!((ran.exit(), ran.stdout.as_str(), ran.stderr.as_str()), (2, &*page.text, ""));
        let json = world.run(&[&words[..], &["--json"]].concat()).exits(2).json();
        assert_eq!(json["error"]["kind"], "usage", "{words:?}");
    }
}

#[test]
fn the_page_of_the_program_lists_every_command_by_task() {
    let overview = &PAGES[0].text;
    for page in PAGES.iter().skip(1) {
        let words: Vec<&str> = page.name.split(' ').skip(1).collect();
        let is_listed = (1..=words.len()).any(|length| {
            let entry = format!("\n  {} ", words[..length].join(" "));
            overview.contains(&entry)
        });
        assert!(is_listed, "{} is not in {overview}", page.name);
    }
    assert!(overview.lines().count() <= 60, "the first page is short");
    for (topic, _) in TOPICS.iter() {
        let name = topic.rsplit(' ').next().expect("a name");
        assert!(overview.contains(&format!("\n  {name} ")), "{topic} is not in {overview}");
    }
}

/// The flags that a command reports as missing, without and with its positional arguments. The
/// second value: another error hid those that are missing with them.
fn missing_flags(world: &World, page: &Page) -> (Vec<String>, bool) {
    let words: Vec<&str> = page.name.split(' ').skip(1).collect();
    let usage = page.text.lines().find(|line| line.starts_with("Usage:")).unwrap_or_default();
    let positional = usage.split(' ').filter(|word| word.starts_with('<')).map(|word| match word {
        "<FILE>" => "tmp/photo.png",
        "<N>" => "8613800000001",
        _ => "1",
    });
    let with_positional = [&words[..], &positional.collect::<Vec<_>>()].concat();
    let mut missing: Vec<String> = Vec::new();
    let mut is_hidden = false;
    for line in [words, with_positional] {
        let ran = world.run(&[&line[..], &["--json", "--sandbox", "--dry-run"]].concat());
        let error = ran.json()["error"].take();
        let flags = error["missing"].as_array().cloned().unwrap_or_default();
        is_hidden = ran.exit() != 0 && flags.is_empty();
        missing.extend(flags.iter().filter_map(|flag| flag.as_str().map(String::from)));
    }
    missing.retain(|flag| flag.starts_with("--") && !flag.contains('|'));
    missing.sort();
    missing.dedup();
    (missing, is_hidden)
}

#[test]
fn exactly_the_required_flags_are_marked() {
    let world = fresh_machine();
    let mut failures = Vec::new();
    for page in PAGES.iter().filter(|page| !page.text.contains("\nCommands:\n")).skip(1) {
        let marked = page.marked_as_required();
        let (missing, is_hidden) = missing_flags(&world, page);
        let explained = |flag: &String| page.entry(flag).contains("required");
        let is_missing = |flag| is_hidden || missing.contains(flag);
        if !marked.iter().all(is_missing) || !missing.iter().all(explained) {
            failures.push(format!("{}: marked {marked:?}, missing {missing:?}", page.name));
        }
    }
    assert!(failures.is_empty(), "src/cli/help/required.rs differs: {failures:#?}");
}

#[test]
fn a_topic_can_be_printed_as_json() {
    let world = World::with_alimsg_alone();
    let answer = world.run(&["help", "exit-codes", "--json"]).exits(0).json();
    assert_eq!((&answer["ok"], &answer["command"]), (&true.into(), &"help".into()));
    assert!(answer["data"]["text"].as_str().is_some_and(|text| text.contains("outcome unknown")));
    let error = world.run(&["help", "nothing", "--json"]).exits(2).json()["error"].take();
    assert_eq!(error["next"][0], "alimsg help topics", "{error:#}");
}
