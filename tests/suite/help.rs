//! Every page of `--help` has examples, and every example runs.

mod pages;
mod reference;

use std::sync::Mutex;
use std::{fs, thread};

use crate::support::World;
use pages::{PAGES, Page};

/// Maximum width of a help page, in columns.
const MAX_COLUMNS: usize = 100;

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
    example.contains("--sandbox") || example.starts_with("alimsg sandbox ")
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
fn fresh_machine() -> World {
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
            examples.iter().any(|example| {
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
}
