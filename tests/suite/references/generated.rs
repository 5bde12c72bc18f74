//! The generated references: `UPDATE_REFERENCES=1 cargo test --test suite references` writes them,
//! otherwise they are compared with what the program prints.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use super::project;
use crate::support::World;

/// Compares a page with the committed one, or writes it.
pub fn compare(path: &str, now: &str) {
    let file = project().join(path);
    if std::env::var_os("UPDATE_REFERENCES").is_some_and(|value| value == "1") {
        fs::write(&file, now).expect("the page is written");
        return;
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let differs = now.lines().zip(committed.lines()).find(|(now, then)| now != then);
    assert!(
        now == committed,
        "{path} is out of date; first difference (now, then): {differs:?}. \
         `UPDATE_REFERENCES=1 cargo test --test suite references` updates it"
    );
}

fn json(world: &World, arguments: &[&str]) -> Value {
    let ran = world.run(&[arguments, &["--json"]].concat());
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    ran.json()["data"].clone()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// A cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace("$(", "$\\(")
}

const ERROR_CODES: &str = "\
# Error codes

What `alimsg explain CODE` prints, for every code that alimsg knows. This file is generated from the \
tables in `src/api/error_codes/table.rs` and `src/sms/receipt/codes.rs`; \
`UPDATE_REFERENCES=1 cargo test --test suite references` updates it.

\"Sent\" is about a send that got the code as its answer: `not_sent` needs proof, and `unknown` means \
exit code 7: check before sending again.
";

#[test]
fn the_error_codes_are_up_to_date() {
    let world = World::with_alimsg_alone();
    let list = json(&world, &["explain"]);
    let rows = list["codes"].as_array().expect("codes");
    assert!(rows.len() > 90, "{}", rows.len());
    let mut page = ERROR_CODES.to_string();
    for (source, title) in [
        ("aliyun", "The CLI and the gateway of all products"),
        ("whatsapp", "WhatsApp and Viber (CAMS)"),
        ("meta", "Meta's codes, passed on by CAMS"),
        ("sms", "SMS (Dysmsapi)"),
        ("receipt", "Receipts of SMS messages"),
    ] {
        let _ = write!(page, "\n## {title}\n\n");
        page.push_str("| code | meaning | sent | what to do | command |\n|---|---|---|---|---|\n");
        for row in rows.iter().filter(|row| text(row, "source") == source) {
            let code = text(row, "code");
            let explained = json(&world, &["explain", code]);
            assert_eq!(explained["code"], code);
            let next = explained["next"].as_array().expect("commands");
            let commands: Vec<String> =
                next.iter().filter_map(Value::as_str).map(|one| format!("`{one}`")).collect();
            let _ = writeln!(
                page,
                "| `{code}` | {} | {} | {} | {} |",
                cell(text(row, "meaning")),
                text(&explained, "outcome"),
                cell(text(&explained, "hint")),
                commands.join("<br>")
            );
        }
    }
    assert_eq!(page.matches("\n| `").count(), rows.len(), "every code is in one table");
    compare("references/error-codes.md", &page);
}

const POLICIES: &str = "\
# RAM policies

The RAM actions that each command needs. `alimsg policy 'sms send' 'templates list'` prints the least \
policy for commands as JSON, and `alimsg policy` the one for all. This file is generated from \
`src/cli/policy/table.rs` and the table of operations in `src/api/operations`; \
`UPDATE_REFERENCES=1 cargo test --test suite references` updates it.

Without an optional action, alimsg goes on without that step where it can. One matters most: without \
the action of the look-up after a lost reply, a message whose reply was lost stays `unknown`.

`whatsapp media upload` also writes to the storage of the channel, with temporary credentials that \
its first action returns. Commands that are not listed make no calls.
";

#[test]
fn the_ram_policies_are_up_to_date() {
    let world = World::with_alimsg_alone();
    let all = json(&world, &["policy"]);
    let mut commands: BTreeMap<String, [Vec<String>; 2]> = BTreeMap::new();
    for action in all["actions"].as_array().expect("actions") {
        let name = text(action, "action");
        for used in action["used_by"].as_array().expect("commands").iter().filter_map(Value::as_str)
        {
            let (command, when) = match used.split_once(" (") {
                Some((command, when)) => (command, when.strip_suffix(')')),
                None => (used, None),
            };
            let [always, optional] = commands.entry(command.to_string()).or_default();
            match when {
                None => always.push(format!("`{name}`")),
                Some(when) => optional.push(format!("`{name}` ({when})")),
            }
        }
    }
    let mut page = format!("{POLICIES}\n| command | always | optional |\n|---|---|---|\n");
    for (command, [always, optional]) in &commands {
        let (always, optional) = (always.join("<br>"), optional.join("<br>"));
        let _ = writeln!(page, "| `{command}` | {always} | {optional} |");
    }
    let _ = write!(
        page,
        "\n## All commands\n\nWhat `alimsg policy` prints:\n\n```json\n{}\n```\n",
        serde_json::to_string_pretty(&all["policy"]).expect("JSON")
    );
    compare("references/ram-policies.md", &page);
}
