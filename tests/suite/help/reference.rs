//! `references/commands.md` is generated from the help pages, one section per command.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::help::pages::{PAGES, TOPICS};

const INTRODUCTION: &str = "\
# Commands

The pages of `--help`, one section per command. This file is generated: the texts are in `src/cli`, \
and `UPDATE_REFERENCES=1 cargo test --test suite help` updates it.

The flags of all commands are described once, under \
[`alimsg help flags`](#alimsg-help-flags); the other topics of `alimsg help` follow it.
";

fn rendered() -> String {
    let mut text = format!("{INTRODUCTION}\n| command | |\n|---|---|\n");
    for page in PAGES.iter() {
        let anchor = page.name.replace(' ', "-");
        let _ = writeln!(
            text,
            "| [`{}`](#{anchor}) | {} |",
            page.name,
            page.summary().replace('|', "\\|")
        );
    }
    for page in PAGES.iter() {
        let _ = write!(text, "\n## {}\n\n```text\n{}\n```\n", page.name, page.text.trim_end());
    }
    for (topic, page) in TOPICS.iter() {
        let _ = write!(text, "\n## {topic}\n\n```text\n{}\n```\n", page.trim_end());
    }
    text
}

#[test]
fn the_command_reference_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("references/commands.md");
    let now = rendered();
    if std::env::var_os("UPDATE_REFERENCES").is_some_and(|value| value == "1") {
        fs::write(&file, now).expect("the reference is written");
        return;
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let differs = now.lines().zip(committed.lines()).find(|(now, then)| now != then);
    assert!(
        now == committed,
        "references/commands.md is out of date; first difference (now, then): {differs:?}. \
         `UPDATE_REFERENCES=1 cargo test --test suite help` updates it"
    );
}
