//! A table on a terminal, the values in a pipe and the JSON have the same data.

use dialoguer::console::measure_text_width;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::support::{Terminal, World, plain};

/// Every command that shows data.
const SHOWN: [&str; 21] = [
    "whatsapp history --from 8613800000001 --cust-space-id cams-sandbox",
    "whatsapp session --from 8613800000001 --to 8613900000007 --cust-space-id cams-sandbox",
    "whatsapp numbers list",
    "whatsapp numbers show 8613800000001 --cust-space-id cams-sandbox",
    "whatsapp profile show 8613800000001 --cust-space-id cams-sandbox",
    "whatsapp accounts list",
    "whatsapp automation show 8613800000001 --cust-space-id cams-sandbox",
    "templates list",
    "templates list --channel viber",
    "templates list --channel sms",
    "templates show 100000000000001 --language en",
    "templates show SMS_100002 --channel sms",
    "templates preview 100000000000001 --language en --param name=Alice --param x=1",
    "templates preview SMS_100002 --channel sms --param name=Alice",
    "templates stats 100000000000002 --start 2026-03-01",
    "sms signs list",
    "sms signs show 'Acme Store'",
    "sms qualifications list",
    "sms qualifications show 1000009001",
    "sms status -p 13800009012",
    "sms stats --last 2d",
];

/// A sandbox with messages in both directions. Each has reached its last status, so that two runs
/// of a command show the same.
fn with_messages() -> World {
    let world = World::bare();
    for line in [
        "sandbox inbound --from 8613900000007 --to 8613800000001 --text 'Well?' --at 2h",
        "--sandbox whatsapp send template --from 8613800000001 --to 8613800001000 \
         --template-code 100000000000002 --language en --yes",
        "--sandbox whatsapp automation set 8613800000001 --cust-space-id cams-sandbox \
         --prompt Hello --command 'track=Track it' --yes",
        "--sandbox sms send -p 13800009012 -s Acme -t SMS_100003 --yes",
        "--sandbox sms status -p 13800009012 --wait",
    ] {
        let words = shell_words::split(line).expect(line);
        world.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
    }
    // Read is the last status; a message that is only delivered changes between two runs.
    let read = "--sandbox --json whatsapp history --from 8613800000001 \
                --cust-space-id cams-sandbox --direction out --status read";
    world.wait_until("the message is read", || {
        let ran = world.run(&read.split_whitespace().collect::<Vec<_>>());
        ran.json()["data"]["messages"].as_array().is_some_and(|messages| messages.len() == 1)
    });
    world
}

/// The outputs of one command.
struct Views {
    /// The entries of a list; empty for a single record.
    items: Vec<Map<String, Value>>,
    /// The other fields.
    facts: Map<String, Value>,
    piped: String,
    noted: String,
    /// On a terminal wide enough that no line breaks.
    wide: String,
    narrow: String,
}

impl Views {
    fn from_command(world: &World, line: &'static str) -> Self {
        let words = shell_words::split(line).expect(line);
        let words: Vec<&str> =
            ["--sandbox"].into_iter().chain(words.iter().map(String::as_str)).collect();
        let ran = world.run(&[&words[..], &["--json"]].concat()).exits(0);
        let Value::Object(mut facts) = ran.json()["data"].take() else { panic!("{ran:#?}") };
        let list = facts.iter().find(|(_, value)| is_list(value));
        let list = list.map(|(name, _)| name.clone()).filter(|_| lists(&words));
        let items = list.and_then(|name| facts.shift_remove(&name)).unwrap_or_default();
        let items = items.as_array().cloned().unwrap_or_default();
        // Only the JSON marks texts that are data.
        facts.shift_remove("untrusted");
        let object = |mut item: Value| {
            let item = item.as_object_mut().expect("an object");
            item.shift_remove("untrusted");
            std::mem::take(item)
        };
        let piped = world.run(&words);
        let on_terminal = |columns: u16| {
            // Notes are not part of the data.
            let mut command = world.shell(r#"exec "$0" "$@" 2>/dev/null"#, &words);
            command.env("TERM", "xterm").env("NO_COLOR", "1").env("TZ", "UTC");
            Terminal::start_in(command, columns).wait().stdout.replace("\r\n", "\n")
        };
        Self {
            items: items.into_iter().map(object).collect(),
            facts,
            piped: piped.stdout,
            noted: piped.stderr,
            wide: on_terminal(2000),
            narrow: on_terminal(40),
        }
    }
}

fn lists(words: &[&str]) -> bool {
    ["list", "history", "stats", "status"].iter().any(|name| words.contains(name))
}

fn is_list(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_object))
}

/// The value as printed in a pipe.
fn piped(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.replace(['\n', '\t'], " "),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().map(piped).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}

/// The beginning of the value as shown on a terminal: times in the local zone, to the minute. The
/// age behind a time is not compared.
fn shown(name: &str, value: &Value) -> String {
    let name = name.rsplit('.').next().unwrap_or(name);
    let is_moment = name.ends_with("_at") || ["at", "start", "end"].contains(&name);
    match value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
        Some(moment) if is_moment => {
            moment.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M").to_string()
        }
        _ => piped(value),
    }
}

/// The text with every time replaced, since some are the time of the run.
fn timeless(text: &str) -> String {
    let is_moment = |word: &str| word.parse::<Timestamp>().is_ok();
    let words = text.split_inclusive(['"', '\t', '\n', ' ']).map(|word| {
        let bare = word.trim_end_matches(['"', '\t', '\n', ' ']);
        if is_moment(bare) { word.replacen(bare, "MOMENT", 1) } else { word.to_owned() }
    });
    words.collect()
}

#[test]
fn a_pipe_has_the_data_of_the_json() {
    let world = with_messages();
    for line in SHOWN {
        let views = Views::from_command(&world, line);
        let expected = if lists(&line.split(' ').collect::<Vec<_>>()) {
            for (name, value) in &views.facts {
                let note = timeless(&format!("{name}: {}\n", piped(value)));
                assert!(timeless(&views.noted).contains(&note), "{line}: {note}{}", views.noted);
            }
            let heading = views.items.first().map(|item| item.keys().cloned().collect());
            let rows = views.items.iter().map(|item| item.values().map(piped).collect());
            let lines: Vec<Vec<String>> = heading.into_iter().chain(rows).collect();
            lines.iter().map(|cells| cells.join("\t") + "\n").collect::<String>()
        } else {
            views.facts.iter().map(|(name, value)| format!("{name}\t{}\n", piped(value))).collect()
        };
        assert!(!expected.is_empty(), "{line} has nothing to show");
        assert_eq!(timeless(&views.piped), timeless(&expected), "{line}");
    }
}

#[test]
fn a_terminal_shows_the_data_of_the_json() {
    let world = with_messages();
    for line in SHOWN {
        let views = Views::from_command(&world, line);
        if views.items.is_empty() {
            for (name, value) in &views.facts {
                for screen in [&views.wide, &views.narrow] {
                    assert_row(screen, name, value, line);
                }
            }
            continue;
        }
        assert_fits(&views.narrow, 40, line);
        if line.starts_with("whatsapp history") {
            for item in &views.items {
                let text = item["text"].as_str().expect("a text");
                assert!(views.wide.lines().any(|line| line.contains(text)), "{}", views.wide);
            }
            continue;
        }
        let mut lines = views.wide.lines();
        let is_column = |name: &str| views.items[0].contains_key(name);
        let heading: Vec<&str> = lines
            .by_ref()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .find(|names| names.len() > 1 && names.iter().all(|name| is_column(name)))
            .unwrap_or_else(|| panic!("no table: {}", views.wide));
        let rows: Vec<&str> = lines.take(views.items.len()).collect();
        assert_eq!(rows.len(), views.items.len(), "{line}: {}", views.wide);
        for (row, item) in rows.iter().zip(&views.items) {
            for name in &heading {
                let expected = shown(name, &item[*name]);
                assert!(timeless(row).contains(&timeless(&expected)), "{line}: {expected:?} {row}");
            }
        }
    }
}

#[track_caller]
fn assert_fits(screen: &str, columns: usize, line: &str) {
    for row in screen.lines() {
        assert!(measure_text_width(row) <= columns, "{line}: {row:?} in {screen}");
    }
}

/// Every command that lists something, also what is only on this computer.
#[test]
fn every_list_fits_80_columns() {
    let world = with_messages();
    for words in [
        "--sandbox sms send -p 13800001001 -s Acme -t SMS_100003 --idempotency-key order-4711 --yes",
        "--sandbox sms batch rows.csv -s Acme -t SMS_100003 --name spring --yes",
    ] {
        std::fs::write(world.path("rows.csv"), "phone\n13800001002\n").expect("a file");
        world.run(&words.split(' ').collect::<Vec<_>>()).exits(0);
    }
    let long = ["你好，我的包裹在哪里？".repeat(20), "word ".repeat(100), "x".repeat(300)];
    for text in &long {
        let text = format!("--text={text}");
        let line = ["sandbox", "inbound", "--from=8613900000007", "--to=8613800000001", &text];
        world.run(&line).exits(0);
    }
    let local = ["keys list", "batches list"];
    let lists: Vec<&str> =
        SHOWN.into_iter().filter(|line| lists(&line.split(' ').collect::<Vec<_>>())).collect();
    let mut lines: Vec<String> =
        lists.iter().copied().chain(local).map(|line| format!("--sandbox {line}")).collect();
    lines.extend(["sandbox messages", "sandbox messages --count", "explain"].map(String::from));
    for line in lines {
        let words = shell_words::split(&line).expect("words");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for more in [&[][..], &["--fields"]] {
            let fields;
            let mut words = words.clone();
            if let [flag] = more {
                // All fields, also those that do not fit.
                let piped = world.run(&words).exits(0).stdout;
                fields = piped.lines().next().unwrap_or_default().replace('\t', ",");
                words.extend([*flag, &fields]);
            }
            // Notes are not part of the list.
            let mut command = world.shell(r#"exec "$0" "$@" 2>/dev/null"#, &words);
            command.env("TERM", "xterm").env("TZ", "UTC");
            let screen = Terminal::start_in(command, 80).wait().stdout.replace("\r\n", "\n");
            assert!(screen.lines().count() > 1, "{line} lists nothing: {screen}");
            assert_fits(&plain(&screen), 80, &line);
        }
    }
}

/// Whether the cell is the expected text, or that and an age.
fn is_shown(cell: &str, expected: &str) -> bool {
    let cell = timeless(cell);
    cell.strip_prefix(timeless(expected).as_str()).is_some_and(|rest| {
        rest.is_empty()
            || (rest.starts_with(", ") && (rest.ends_with(" ago") || rest.contains("in ")))
    })
}

/// Asserts that a line of the screen has the field and its value; nested fields have their own
/// lines.
#[track_caller]
fn assert_row(screen: &str, name: &str, value: &Value, line: &str) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (field, value) in fields {
                assert_row(screen, &format!("{name}.{field}"), value, line);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let rows: Vec<&str> = rows(screen, name).collect();
            assert_eq!(rows.len(), items.len(), "{line}: {name} in {screen}");
            for (row, item) in rows.into_iter().zip(items) {
                let fields = item.as_object().expect("an object").iter();
                for (field, value) in fields.filter(|(_, value)| !piped(value).is_empty()) {
                    let expected = format!("{field}: {}", shown(field, value));
                    assert!(row.contains(&expected), "{line}: {expected:?} in {row:?}");
                }
            }
        }
        value => {
            let expected = shown(name, value);
            let found = rows(screen, name).any(|rest| is_shown(rest, expected.trim()));
            assert!(found, "{line}: {name} is {expected:?}, shown is {screen}");
        }
    }
}

/// The rest of each line that begins with the name.
fn rows<'s>(screen: &'s str, name: &'s str) -> impl Iterator<Item = &'s str> {
    let rests = screen.lines().filter_map(move |row| row.strip_prefix(name));
    rests.filter(|rest| rest.is_empty() || rest.starts_with("  ")).map(str::trim)
}
