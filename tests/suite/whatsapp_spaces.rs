//! Commands of `whatsapp` that need a channel instance find it.

use std::fs;

use serde_json::{Value, json};

use crate::support::{World, flag, reply_to};

const NUMBER: &str = "8613800000001";

/// Commands without `--cust-space-id`, and whether they name a sender.
const COMMANDS: [(&str, bool); 10] = [
    ("history --from 8613800000001", true),
    ("session --from 8613800000001 --to 8613800001000", true),
    ("status order-7 --from 8613800000001", true),
    ("profile show 8613800000001", true),
    ("profile update 8613800000001 --about Hi --yes", true),
    ("automation show 8613800000001", true),
    ("automation set 8613800000001 --enable-welcome-message=true --yes", true),
    ("webhook set 8613800000001 --http-flag N --yes", true),
    ("webhook set --http-flag N --yes", false),
    ("media upload photo.png", false),
];

/// A world in which the account has these channel instances.
fn world(spaces: &[&str]) -> World {
    let world = World::new();
    fs::write(world.path("photo.png"), b"\x89PNG\r\n\x1a\nand so on").expect("a picture");
    let row = |space: &&str| json!({ "CustSpaceId": space, "ChannelType": "WHATSAPP" });
    let rows: Vec<Value> = spaces.iter().map(row).collect();
    let list = reply_to("cams list-instance", &json!({ "Code": "OK", "Data": rows }));
    world.script(json!([list]));
    world
}

fn words(command: &str) -> Vec<&str> {
    let words = ["whatsapp"].into_iter().chain(command.split(' '));
    words.chain(["--json"]).collect()
}

#[test]
fn every_command_finds_the_only_channel_instance_and_a_dry_run_shows_the_list() {
    let world = world(&["s1"]);
    for (command, _) in COMMANDS {
        let before = world.calls().len();
        let planned = world.run(&[&words(command)[..], &["--dry-run"]].concat()).exits(0);
        assert_eq!(planned.planned_names()[0], "list-instance", "{command}: {planned:#?}");
        let planned = planned.json();
        assert!(planned.to_string().contains("--cust-space-id=SPACE"), "{planned:#}");
        for call in planned["commands"].as_array().expect("commands") {
            let has_placeholder = call["argv"].to_string().contains("SPACE");
            assert!(call["when"].is_string() || !has_placeholder, "{command}: {call:#}");
        }
        assert_eq!(world.calls().len(), before, "{command}");
        world.run(&words(command));
        let calls = world.calls().split_off(before);
        assert_eq!(calls[0][1], "list-instance", "{command}: {calls:#?}");
        let spaces: Vec<_> = calls[1..].iter().map(|call| flag(call, "cust-space-id")).collect();
        assert!(!spaces.is_empty(), "{command}: {calls:#?}");
        assert!(spaces.iter().all(|space| *space == Some("s1")), "{command}: {calls:#?}");
    }
    world.assert_clean();
}

#[test]
fn of_several_channel_instances_a_command_takes_that_of_an_earlier_message_or_the_configured_one() {
    let world = world(&["s1", "s2"]);
    for (command, _) in &COMMANDS[7..] {
        let ran = world.run(&words(command)).exits(2);
        let error = &ran.json()["error"];
        assert_eq!(error["missing"], json!(["--cust-space-id"]), "{command}: {ran:#?}");
        assert_eq!(error["next"], json!(["alimsg whatsapp accounts list"]), "{command}");
    }
    // A change without consent starts nothing.
    let before = world.commands().len();
    world.run(&words("webhook set 8613800000001 --http-flag N")).exits(2);
    assert_eq!(world.commands().len(), before);

    let send = "send text --to 8613800001000 --text Hi{n} --cust-space-id s2 --yes --from";
    world.run(&words(&format!("{send} {NUMBER}"))).exits(0);
    for (command, _) in COMMANDS.iter().filter(|(_, has_sender)| *has_sender) {
        let before = world.calls().len();
        world.run(&words(command));
        let calls = world.calls().split_off(before);
        let is_remembered = |call: &Vec<String>| flag(call, "cust-space-id") == Some("s2");
        assert!(!calls.is_empty() && calls.iter().all(is_remembered), "{command}: {calls:#?}");
    }
    // For the health, which a number also has without its channel instance.
    let before = world.calls().len();
    world.run(&words("numbers show 8613800000001"));
    let calls = world.calls().split_off(before);
    assert_eq!(flag(&calls[0], "cust-space-id"), Some("s2"), "{calls:#?}");
    world.configure("[defaults]\ncust_space_id = \"s1\"\n");
    for (command, _) in &COMMANDS[7..] {
        let before = world.calls().len();
        world.run(&words(command));
        let calls = world.calls().split_off(before);
        let is_configured = |call: &Vec<String>| flag(call, "cust-space-id") == Some("s1");
        assert!(!calls.is_empty() && calls.iter().all(is_configured), "{command}: {calls:#?}");
    }
    world.assert_clean();
}
