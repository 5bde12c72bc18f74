//! Accounts, automation and webhook.

use serde_json::{Value, json};

use super::{NUMBER, answer, refused};
use crate::support::{World, reply_to};

#[test]
fn automation_has_limits() {
    let set = ["whatsapp", "automation", "set", NUMBER, "--cust-space-id", "s1"];
    let long = "é".repeat(81);
    let commands: Vec<String> = (0..31).map(|number| format!("--command=c{number}=x")).collect();
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    for (more, expected) in [
        (&[][..], "nothing to change"),
        (&["--prompt=a", "--prompt=b", "--prompt=c", "--prompt=d", "--prompt=e"], "at most 4"),
        (&["--prompt", &long], "81 characters"),
        (&commands[..], "at most 30"),
        (&["--command", "track"], "NAME=VALUE"),
        (&["--command", "track="], "is blank"),
    ] {
        let message = refused(&[&set, more].concat());
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn invalid_callbacks_are_refused() {
    let set = ["whatsapp", "webhook", "set", "--cust-space-id", "s1"];
    for (more, expected) in [
        (&[][..], "nothing to change"),
        (&["--status-callback-url", "ftp://a.example"], "is not a link"),
        (&["--up-callback-url", "https://a.example"], "only for a number"),
    ] {
        let message = refused(&[&set, more].concat());
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn after_a_lost_reply_the_change_is_unknown_and_the_next_step_checks_it() {
    let world = World::new();
    let lost = "ERROR: Post \"https://cams\": read tcp 10.0.0.1:4->10.0.0.2:443: i/o timeout";
    world.script(
        json!([{ "match": ["cams", "update-account-webhook"], "exit": 1, "stderr": lost }]),
    );
    let ran = world
        .run(&[
            "whatsapp",
            "webhook",
            "set",
            "--cust-space-id=s 1",
            "--status-callback-url=https://a.example/s",
            "--yes",
            "--json",
        ])
        .exits(7);
    let error = &ran.json()["error"];
    assert_eq!(error["outcome"], "unknown");
    let next = "alimsg whatsapp numbers list --cust-space-id 's 1'";
    assert!(error["next"].as_array().expect("a list").contains(&json!(next)), "{error}");
    assert_eq!(world.calls().len(), 1, "a change is not repeated");
}

#[test]
fn accounts_are_listed_with_their_whatsapp_business_account() {
    let world = World::new();
    let rows = |count: usize| vec![json!({"ChannelType": "VIBER", "State": "NORMAL"}); count];
    let mut last = rows(0);
    let submitted = "2026-03-26 10:00:00";
    last.push(json!({"ChannelType": "WHATSAPP", "CustSpaceId": "s1", "SubmitTime": submitted}));
    last.push(json!({"ChannelType": "WHATSAPP", "CustSpaceId": "s2"}));
    let page = |index: u32, rows: Vec<Value>| {
        json!({ "match": ["cams", "list-instance"], "contains": [format!("--page-index={index}")],
                "stdout": json!({"Code": "OK", "Data": rows, "TotalCount": 52}).to_string() })
    };
    let waba = json!({"Code": "OK", "Data": {"Id": 77, "Name": "Acme", "AccountReviewStatus": "APPROVED"}});
    world.script(json!([
        page(1, rows(50)),
        page(2, last),
        { "match": ["cams", "query-chatapp-bind-waba"], "contains": ["=s1"],
          "stdout": waba.to_string() },
        reply_to("cams query-chatapp-bind-waba", &json!({"Code": "NotBound", "Message": "no"})),
    ]));
    let ran = world.run(&["whatsapp", "accounts", "list", "--json"]).exits(0);
    let json = ran.json();
    assert_eq!(json["data"]["total"], 52);
    let found = &json["data"]["accounts"][50];
    assert_eq!((&found["waba_id"], &found["waba_state"]), (&json!("77"), &json!("approved")));
    assert_eq!(found["submitted_at"], "2026-03-26T02:00:00.000Z");
    assert_eq!(json["data"]["accounts"][51]["waba_id"], Value::Null);
    assert!(json["warnings"][0].to_string().contains("s2"));
    let lists = ["list-instance"; 2];
    assert_eq!(world.call_names(), [lists, ["query-chatapp-bind-waba"; 2]].concat());
    for odd in [json!({"Code": "OK"}), json!({"Code": "OK", "Data": {"List": 5}})] {
        world.script(json!([answer("list-instance", &odd)]));
        let ran = world.run_line("whatsapp accounts list --channel viber --json");
        assert_eq!(ran.json()["data"]["accounts"], json!([]));
    }
    world.assert_clean();
}

#[test]
fn the_callbacks_of_a_number_are_shown_before_they_are_changed() {
    let world = World::new();
    let row = json!({"PhoneNumber": NUMBER, "StatusCallbackUrl": "https://old.example/s"});
    let listed = json!({"Code": "OK", "PhoneNumbers": [row]});
    world.script(json!([answer("query-chatapp-phone-numbers", &listed)]));
    let set = ["whatsapp", "webhook", "set", NUMBER, "--cust-space-id", "s1"];
    let url = ["--status-callback-url", "https://new.example/s"];
    let mut terminal = world.terminal(&[&set[..], &url].concat());
    terminal.expect("status_callback_url");
    terminal.expect("https://old.example/s → https://new.example/s");
    terminal.answer("Type \"yes\" to", "yes");
    terminal.wait().exits(0);
    assert_eq!(world.call_names(), ["query-chatapp-phone-numbers", "update-phone-webhook"]);
    world.assert_clean();
}
