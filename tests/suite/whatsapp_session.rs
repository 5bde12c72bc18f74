//! The session window: the command, and the check before a free-form message.

use crate::support::{World, assert_lists_messages_since, flag};
use serde_json::{Value, json};

const ADDRESS: [&str; 3] =
    ["--from=8613800000001", "--to=8613900000007", "--cust-space-id=cams-sandbox"];

fn session<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["whatsapp", "session", "--json"], &ADDRESS[..], more].concat()
}

fn text<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let send = ["whatsapp", "send", "text", "--text=Hello", "--yes", "--json", "--check-session"];
    [&send[..], &ADDRESS[..], more].concat()
}

fn inbound(world: &World, at: &str) {
    let line = "sandbox inbound --from=8613900000007 --to=8613800000001 --text=Hello? --json --at";
    world.run_line(&format!("{line} {at}")).exits(0);
}

/// These pages, and an empty one after them.
fn scripted(replies: &[Value]) -> Value {
    let end = json!({"Code": "OK", "Data": []});
    let rules = replies.iter().chain([&end]).enumerate().map(|(page, reply)| {
        json!({
            "match": ["cams", "list-chatapp-message"],
            "contains": [format!("Index={}", page + 1)],
            "stdout": reply.to_string(),
        })
    });
    rules.collect()
}

fn row(id: usize, at: jiff::Timestamp) -> Value {
    json!({
        "MessageId": id.to_string(), "UserNumber": "8613900000007", "EventAction": "UP",
        "BusinessNumber": "8613800000001", "Message": "Hi", "SendTime": at.to_string(),
    })
}

/// A time as in the JSON.
fn written(moment: jiff::Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[test]
fn the_window_opens_with_a_message_and_closes_a_day_later() {
    let world = World::new();
    let ask = || {
        let ran = world.run(&session(&["--sandbox"])).exits(0);
        ran.json()["data"].clone()
    };
    let closed = json!({"open": false, "last_inbound_at": null, "expires_at": null});
    assert_eq!(ask(), closed);
    inbound(&world, "25h");
    assert_eq!(ask(), closed);
    inbound(&world, "23h");
    inbound(&world, "2h");
    let open = ask();
    assert_eq!(open["open"], true);
    let moment =
        |name: &str| open[name].as_str().expect(name).parse::<jiff::Timestamp>().expect(name);
    let last = moment("last_inbound_at");
    assert_eq!(jiff::Timestamp::now().duration_since(last).as_mins(), 120);
    assert_eq!(moment("expires_at").duration_since(last).as_hours(), 24);
    assert!(world.commands().is_empty());
}

#[test]
fn the_call_lists_incoming_messages_of_24_hours() {
    let world = World::with_script(scripted(&[]));
    world.run(&session(&[])).exits(0);
    let call = world.call();
    assert_lists_messages_since(&call, 24 * 3_600_000);
    assert_eq!(flag(&call, "event-action"), Some("UP"));
    world.assert_clean();
}

#[test]
fn the_newest_message_is_found_on_any_page() {
    let world = World::new();
    let now = jiff::Timestamp::now();
    let hours = |hours| now - jiff::SignedDuration::from_hours(hours);
    let first: Vec<Value> = (0..50).map(|id| row(id, hours(20))).collect();
    let newest = hours(1);
    world.script(scripted(&[
        json!({"Code": "OK", "Data": first}),
        json!({"Code": "OK", "Data": [row(50, hours(9)), row(51, newest), row(52, hours(3))]}),
    ]));
    let reply = world.run(&session(&["--raw"])).json();
    assert_eq!(reply["data"]["last_inbound_at"], written(newest));
    assert_eq!(reply["raw"].as_array().expect("replies").len(), 2);
}

#[test]
fn a_page_that_is_shorter_than_requested_is_not_the_last() {
    let world = World::new();
    let now = jiff::Timestamp::now();
    let hours = |hours| now - jiff::SignedDuration::from_hours(hours);
    world.script(scripted(&[
        json!({"Code": "OK", "Data": [row(1, hours(23)), row(2, hours(22))]}),
        json!({"Code": "OK", "Data": [row(3, hours(1)), row(4, hours(20))]}),
    ]));
    let reply = world.run(&session(&[])).json();
    assert_eq!(reply["data"]["last_inbound_at"], written(hours(1)));
}

#[test]
fn an_empty_list_means_closed() {
    let world = World::new();
    let other = json!({"UserNumber": "8613800009999", "EventAction": "UP",
                       "SendTime": jiff::Timestamp::now().to_string()});
    for reply in [
        json!({"Code": "OK", "Data": []}),
        json!({"Code": "OK", "Data": {"Total": 0, "List": []}}),
        // A service that ignores the filters must not open the window of another customer.
        json!({"Code": "OK", "Data": [other]}),
    ] {
        world.script(scripted(std::slice::from_ref(&reply)));
        let ran = world.run(&session(&[]));
        assert_eq!(ran.exit(), 0, "{reply}: {ran:#?}");
        assert_eq!(ran.json()["data"]["open"], false, "{reply}");
    }
    world.assert_clean();
}

#[test]
fn an_unreadable_reply_means_neither_open_nor_closed() {
    let world = World::new();
    let now = jiff::Timestamp::now();
    let changed = |field: &str, value: Value| {
        let mut row = row(1, now);
        row[field] = value;
        json!({"Code": "OK", "Data": [row]})
    };
    for reply in [
        json!({}),
        json!({"Code": null}),
        json!({"Code": "OK", "Data": "none"}),
        json!({"Code": "OK", "Data": {"Total": 0}}),
        json!({"Code": "OK", "Data": [1, null, "x"]}),
        changed("EventAction", json!("SIDEWAYS")),
        changed("EventAction", json!(1)),
        changed("UserNumber", Value::Null),
        changed("SendTime", json!("noon")),
        changed("SendTime", json!(now.as_second())),
    ] {
        world.script(scripted(std::slice::from_ref(&reply)));
        let ran = world.run(&session(&[]));
        assert_eq!(ran.exit(), 6, "{reply}: {ran:#?}");
        let ran = world.run(&text(&[]));
        assert_eq!(ran.exit(), 6, "{reply}: {ran:#?}");
        let error = &ran.json()["error"];
        assert_ne!(error["code"], "SessionWindowExpired", "{reply}");
        assert!(error["message"].as_str().expect("a message").contains("read"), "{error}");
    }
    assert!(world.sent().is_empty());
    for number in ["+8613900000007", "+86 139-0000-0007"] {
        world.script(scripted(&[changed("UserNumber", json!(number))]));
        assert_eq!(world.run(&session(&[])).json()["data"]["open"], true, "{number}");
    }
    world.assert_clean();
}

#[test]
fn a_message_into_a_closed_window_is_not_sent_and_the_hint_is_a_template() {
    let world = World::with_script(scripted(&[]));
    let ran = world.run(&text(&[])).exits(6);
    let error = &ran.json()["error"];
    assert_eq!(error["code"], "SessionWindowExpired");
    assert!(error["hint"].as_str().expect("a hint").contains("template"));
    assert_eq!(error["outcome"], "not_sent");
    assert!(world.sent().is_empty());

    world.script(scripted(&[json!({"Code": "OK", "Data": [row(1, jiff::Timestamp::now())]})]));
    world.run(&text(&[])).exits(0);
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn in_the_sandbox_the_check_follows_the_conversation() {
    let world = World::new();
    world.run(&text(&["--sandbox"])).exits(6);
    inbound(&world, "1h");
    world.run(&text(&["--sandbox"])).exits(0);
}

#[test]
fn the_check_needs_a_channel_instance() {
    let world = World::new();
    let ran = world.run_line("whatsapp send text --check-session --yes --json").exits(2);
    let missing = json!(["--from", "--to", "--text", "--cust-space-id"]);
    assert_eq!(ran.json()["error"]["missing"], missing);
    let lists = json!(["alimsg whatsapp numbers list", "alimsg whatsapp accounts list"]);
    assert_eq!(ran.json()["error"]["next"], lists);
    let ran = world.run(&["whatsapp", "session", "--json"]);
    let missing = json!(["--from", "--to"]);
    assert_eq!(ran.json()["error"]["missing"], missing);
}

#[test]
fn a_dry_run_shows_the_reads_before_the_send() {
    let world = World::new();
    let ran = world.run(&text(&["--dry-run"]));
    assert_eq!(
        ran.planned_names(),
        ["list-chatapp-message", "list-chatapp-message", "send-chatapp-message"]
    );
    assert!(world.commands().is_empty());
}
