//! The recording of an interactive send in the README: what the terminal shows, as text.

use std::fs;
use std::path::Path;

use crate::support::{Terminal, World};

const START: &str = "<!-- recording: written by `UPDATE_REFERENCES=1 cargo test --test suite readme` -->\n```text\n";
const END: &str = "```\n<!-- end of the recording -->";
const COLUMNS: u16 = 100;

/// Types an SMS in the sandbox; returns the command and what is on the screen at the end.
fn record() -> String {
    let world = World::with_alimsg_alone();
    let words = ["--sandbox", "sms", "send", "-p", "13800001000", "--out-id", "order-42"];
    let mut command = world.alimsg(&words);
    command.env("TERM", "xterm-256color");
    let mut terminal = Terminal::start_in(command, COLUMNS);
    terminal.pick("Signature", "Acme", "Acme");
    terminal.pick("Template", "SMS_100002", "SMS_100002");
    terminal.answer("${name} in text", "Alice");
    terminal.answer("${order} in text", "42");
    terminal.answer("Type \"yes\"", "yes");
    let ran = terminal.wait();
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    let mut screen = vt100::Parser::new(200, COLUMNS, 0);
    screen.process(ran.stdout.as_bytes());
    let shown: Vec<String> = screen.screen().rows(0, COLUMNS).collect();
    // The lists are drawn again while the user types: what remains of them depends on the timing.
    let is_list = |line: &&String| {
        line.contains("(type to search") || line.trim_end() == " your order ${order} is on its way."
    };
    let lines = shown.iter().filter(|line| !is_list(line));
    let lines = lines.map(|line| without_ids(line.trim_end()));
    let text = lines.collect::<Vec<_>>().join("\n");
    format!("$ alimsg {}\n{}\n", words.join(" "), text.trim_end())
}

/// The line without the IDs that differ in each run.
fn without_ids(line: &str) -> String {
    for name in ["biz_id", "request_id"] {
        if let Some((start, _)) = line.split_once(name)
            && start.trim().is_empty()
        {
            let value = line.trim_start()[name.len()..].trim_start();
            return line.replace(value, "…");
        }
    }
    line.to_owned()
}

#[test]
fn the_recording_in_the_readme_is_what_a_terminal_shows() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let Ok(readme) = fs::read_to_string(&file) else { return };
    let (before, rest) = readme.split_once(START).expect("the start of the recording");
    let (committed, after) = rest.split_once(END).expect("the end of the recording");
    // A list that is drawn again while the user types can leave parts of its rows on the screen, so
    // the shortest of some recordings counts.
    let mut now = record();
    for _ in 0..4 {
        if now == committed {
            break;
        }
        now = [now, record()].into_iter().min_by_key(String::len).unwrap_or_default();
    }
    if std::env::var_os("UPDATE_REFERENCES").is_some_and(|value| value == "1") {
        fs::write(&file, format!("{before}{START}{now}{END}{after}")).expect("written");
        return;
    }
    assert!(
        now == committed,
        "the recording is out of date; `UPDATE_REFERENCES=1 cargo test --test suite readme` \
         updates it. Now:\n{now}"
    );
}
