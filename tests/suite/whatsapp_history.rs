//! `whatsapp history`: one page, all pages, and new messages as they arrive.

use crate::support::{Running, World, flag};
use rustix::process::Signal;
use serde_json::{Value, json};

const FROM: &str = "--from=8613800000001";
const SPACE: &str = "--cust-space-id=cams-sandbox";

fn history<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["whatsapp", "history", FROM, SPACE], more].concat()
}

fn row(id: &str, action: &str, status: &str) -> Value {
    json!({
        "MessageId": id, "UserNumber": "8613900000007", "BusinessNumber": "8613800000001",
        "EventAction": action, "MessageType": "TEXT", "Message": "{\"text\":\"a\\tb\"}",
        "MessageStatus": status, "SendTime": "2026-03-26T10:00:00.000+00:00",
    })
}

fn page(index: usize, rows: &[Value]) -> Value {
    json!({
        "match": ["cams", "list-chatapp-message"],
        "contains": [format!("Index={index}")],
        "stdout": json!({"Code": "OK", "Data": rows}).to_string(),
    })
}

#[test]
fn a_period_is_passed_in_milliseconds() {
    let world = World::new();
    let period = ["--since=2026-03-26T00:00:00Z", "--until=2026-03-26T12:00:00+08:00"];
    world.run(&history(&period)).exits(0);
    let call = world.call();
    assert_eq!(flag(&call, "start-time"), Some("1774483200000"));
    assert_eq!(flag(&call, "end-time"), Some("1774497600000"));
    world.assert_clean();
}

#[test]
fn json_and_table_have_the_same_fields() {
    let world = World::with_script(json!([page(
        1,
        &[row("1", "DOWN", "success"), row("2", "UP", "success")]
    )]));
    let reply = world.run(&history(&["--json", "--raw"])).json();
    let first = json!({
        "id": "1", "task_id": null, "at": "2026-03-26T10:00:00.000Z", "direction": "out",
        "from": "8613800000001", "to": "8613900000007", "type": "text", "text": "a\tb",
        "template": null, "language": null, "status": "in_flight", "reason": null,
        "context_message_id": null,
    });
    assert_eq!(reply["data"]["messages"][0], first);
    assert_eq!(reply["data"]["messages"][1]["from"], "8613900000007");
    assert_eq!(reply["data"]["more"], false);
    assert_eq!(reply["raw"][0]["Code"], "OK");

    let table = world.run(&history(&[])).stdout;
    let mut lines = table.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let names: Vec<&String> = first.as_object().expect("an object").keys().collect();
    assert_eq!(lines.next().expect("a heading"), names);
    let row = lines.next().expect("a row");
    assert_eq!(row[..4], ["1", "", "2026-03-26T10:00:00.000Z", "out"]);
    assert_eq!(row[7], "a b", "a tab inside would break the row");
}

#[test]
fn all_fetches_every_page_and_lists_each_message_once() {
    let world = World::new();
    let rows = |from: usize, to: usize| -> Vec<Value> {
        (from..to).map(|id| row(&id.to_string(), "DOWN", "success")).collect()
    };
    // A new message has moved one row to the second page.
    world.script(json!([page(1, &rows(0, 3)), page(2, &rows(2, 5)), page(3, &rows(5, 6))]));
    let reply = world.run(&history(&["--all", "--page-size=3", "--json", "--raw"])).json();
    assert_eq!(reply["data"]["messages"].as_array().expect("messages").len(), 6);
    assert_eq!(reply["raw"].as_array().expect("replies").len(), 3);
    assert_eq!(world.calls().len(), 3);

    let one = world.run(&history(&["--page-size=3", "--json"])).json();
    assert_eq!(one["data"]["messages"].as_array().expect("messages").len(), 3);
    assert_eq!(one["data"]["more"], true);
}

#[test]
fn a_service_that_ignores_page_numbers_does_not_loop_forever() {
    let world = World::new();
    let same: Vec<Value> = (0..2).map(|id| row(&id.to_string(), "UP", "success")).collect();
    let reply = json!({"Code": "OK", "Data": same}).to_string();
    world.script(json!([{ "match": ["cams", "list-chatapp-message"], "stdout": reply }]));
    let reply = world.run(&history(&["--all", "--page-size=2", "--json"])).json();
    assert_eq!(reply["data"]["messages"].as_array().expect("messages").len(), 2);
    assert_eq!(world.calls().len(), 2);
    // The same if its rows have no IDs.
    let world = World::with_script(json!([
        page(1, &[json!({}), json!({})]),
        page(2, &[json!({}), json!({})])
    ]));
    let reply = world.run(&history(&["--all", "--page-size=2", "--json"])).json();
    assert_eq!(reply["data"]["messages"].as_array().expect("messages").len(), 2);
    assert_eq!(world.calls().len(), 2);
}

#[test]
fn malformed_replies_are_empty_histories_or_clear_failures() {
    let world = World::new();
    for (reply, exit) in [
        (json!({"Code": "OK"}).to_string(), 0),
        (json!({"Code": "OK", "Data": null}).to_string(), 0),
        (json!({"Code": "OK", "Data": {"a": 1}}).to_string(), 0),
        (json!({"Code": "OK", "Data": [[], 1, null, {}]}).to_string(), 0),
        (json!({"Data": []}).to_string(), 0),
        (json!({"Code": "Authentication.NoAuth", "Message": "no"}).to_string(), 5),
        ("[]".to_string(), 3),
        ("<html>".to_string(), 3),
    ] {
        world.script(json!([{ "match": ["cams", "list-chatapp-message"], "stdout": reply }]));
        let ran = world.run(&history(&["--json"]));
        assert_eq!(ran.exit(), exit, "{reply}: {ran:#?}");
        ran.json();
    }
    world.assert_clean();
}

#[test]
fn invalid_input_starts_nothing() {
    let world = World::new();
    for flags in [
        &["--since=someday"][..],
        &["--since=1h", "--until=2h"],
        &["--direction=up"],
        &["--status=success"],
        &["--to=+8613900000007"],
        &["--page-size=0"],
        &["--page-size=101"],
        &["--all", "--page-index=2"],
        &["--follow", "--all"],
        &["--interval=3"],
    ] {
        world.run_rejected(&history(flags));
    }
    let ran = world.run(&["whatsapp", "history", "--json"]);
    assert_eq!(ran.json()["error"]["missing"], json!(["--from"]));
    assert!(world.commands().is_empty());
}

#[test]
fn the_sandbox_lists_both_sides_of_a_conversation() {
    let world = World::new();
    let inbound =
        ["sandbox", "inbound", "--from=8613900000007", "--to=8613800000001", "--text=Well?"];
    world.run(&inbound).exits(0);
    let send = [
        "--sandbox",
        "whatsapp",
        "send",
        "text",
        FROM,
        "--to=8613900000007",
        "--text=Well.",
        "--task-id=t-1",
        "--yes",
    ];
    world.run(&send).exits(0);
    let read = |more: &[&'static str]| {
        let flags = [&["--sandbox", "--json", "--since=1h", "--all"], more].concat();
        world.run(&history(&flags)).json()["data"]["messages"].clone()
    };
    let both = read(&[]);
    assert_eq!((&both[0]["text"], &both[0]["direction"]), (&json!("Well."), &json!("out")));
    assert_eq!((&both[1]["text"], &both[1]["direction"]), (&json!("Well?"), &json!("in")));
    assert_eq!(both[0]["task_id"], "t-1");
    assert_eq!(read(&["--direction=in"]).as_array().expect("messages").len(), 1);
    assert_eq!(read(&["--to=8613900000008"]), json!([]));
    // The message is accepted first and delivered a moment later.
    world.wait_until("the message is delivered", || {
        read(&["--status=delivered", "--direction=out"])[0]["task_id"] == "t-1"
    });
}

#[test]
fn follow_prints_each_message_once_until_a_signal() {
    let world = World::new();
    let inbound = |text: &str| {
        let text = format!("--text={text}");
        let line = ["sandbox", "inbound", "--from=8613900000007", "--to=8613800000001", &text];
        world.run(&line).exits(0);
    };
    inbound("before");
    let follow = history(&["--sandbox", "--follow", "--interval=1", "--json"]);
    let running = world.start(&follow);
    world.wait_until("it waits", || running.stderr_so_far().contains("waiting for messages"));
    // Messages from before the first poll are not new; a poll takes a moment.
    let mut sent = 0;
    world.wait_until("the first message is printed", || {
        sent += 1;
        inbound(&format!("new {sent}"));
        running.stdout_so_far().contains("new ")
    });
    // U+009B starts a terminal command without an escape character.
    inbound("last \u{9b}2J");
    world.wait_until("the last message is printed", || running.stdout_so_far().contains("last"));
    running.signal(Signal::TERM);
    let ran = running.wait();
    assert_eq!(ran.signal(), Some(Signal::TERM.as_raw()), "{ran:#?}");
    let lines = ran.json_lines();
    let mut ids: Vec<String> = Vec::new();
    for line in &lines {
        assert_eq!((&line["schema"], &line["ok"]), (&json!(1), &json!(true)));
        assert_eq!(line["command"], "whatsapp history");
        assert_ne!(line["data"]["text"], "before");
        ids.push(line["data"]["id"].as_str().expect("an ID").to_owned());
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "a message came twice");
    assert_eq!(lines.last().expect("a line")["data"]["text"], "last \u{9b}2J");
    assert!(!ran.stdout.contains('\u{9b}'), "{}", ran.stdout);
    world.assert_off_in_sandbox();
}

#[test]
fn ai_mode_is_off_between_two_polls() {
    let world = World::with_script(json!([page(1, &[row("1", "UP", "success")])]));
    let running = world.start(&history(&["--follow", "--interval=1", "--since=2026-03-26"]));

    world.wait_until("two polls", || world.count("ai-mode disable") >= 2);
    world.wait_until("it is off", || world.ai_mode() == Some(false));
    running.signal(Signal::INT);
    let ran = running.wait();
    assert_eq!(ran.signal(), Some(Signal::INT.as_raw()), "{ran:#?}");
    assert_eq!(ran.stdout.lines().count(), 1, "the message is printed once: {}", ran.stdout);
    world.assert_clean();
}

#[test]
fn follow_ends_when_stdout_is_closed() {
    let world = World::with_script(json!([page(1, &[])]));
    // The reader exits before anything is printed; the shell waits for both.
    let follow = history(&["--follow", "--interval=1"]);
    Running::start(world.shell(r#""$0" "$@" | true"#, &follow)).wait().exits(0);
    assert_eq!(world.calls().len(), 1);
    world.assert_clean();
}

#[test]
fn a_followed_message_is_printed_again_when_its_status_changes() {
    // Only the status of a recent message is followed.
    let now = jiff::Timestamp::now().to_string();
    let recent = |status: &str| {
        let mut row = row("1", "DOWN", status);
        row["SendTime"] = json!(now);
        page(1, &[row])
    };
    let mut first = recent("sending");
    first["times"] = json!(1);
    let world = World::with_script(json!([first, recent("success")]));
    let follow = history(&["--follow", "--interval=1", "--since=2026-03-26", "--json"]);
    let running = world.start(&follow);
    world.wait_until("both lines", || running.stdout_so_far().lines().count() >= 2);
    running.signal(Signal::INT);
    let lines = running.wait().json_lines();
    let events: Vec<(&Value, &Value)> =
        lines.iter().map(|line| (&line["data"]["event"], &line["data"]["status"])).collect();
    let (message, status) = (json!("message"), json!("status"));
    let (accepted, in_flight) = (json!("accepted"), json!("in_flight"));
    assert_eq!(events, [(&message, &accepted), (&status, &in_flight)]);
}

#[test]
fn on_a_terminal_a_history_reads_like_a_chat() {
    let world = World::new();
    let more = ["--sandbox", "--to=8613900000007", "--follow", "--interval=1"];
    let mut terminal = world.terminal(&history(&more));
    terminal.expect("waiting for messages");
    // Messages from before the first poll are not new; a poll takes a moment.
    let text = "--text=Where is my order?";
    let inbound = ["sandbox", "inbound", "--from=8613900000007", "--to=8613800000001", text];
    world.wait_until("the message is shown", || {
        world.run(&inbound).exits(0);
        terminal.output().contains("← Where is my order? (wamid.in.8613900000007.")
    });
    let answer =
        ["whatsapp", "send", "text", FROM, "--to=8613900000007", "--text=On its way.", "--yes"];
    world.run(&[&["--sandbox"], &answer[..]].concat()).exits(0);
    terminal.expect("→ On its way. (");
    terminal.expect("· read: On its way.");
    terminal.signal(Signal::INT);
    terminal.wait();

    let mut command = world.alimsg(&history(&["--sandbox", "--to=8613900000007"]));
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let shown = crate::support::Terminal::start(command).wait().stdout.replace("\r\n", "\n");
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines.iter().any(|line| line.ends_with("→ On its way. (read)")), "{shown}");
    let place = |text: &str| lines.iter().position(|line| line.contains(text));
    assert!(place("← Where is my order?") < place("→ On its way."), "{shown}");
}
