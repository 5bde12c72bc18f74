//! Senders and channel instances are picked from lists, like signatures and templates.

use serde_json::json;

use super::fetches::refused;
use crate::support::{World, flag, reply_to};

const SEND: [&str; 9] =
    ["whatsapp", "send", "text", "--to", "8613800001000", "--text", "Hello", "--task-id", "t-1"];

#[test]
fn the_sending_number_is_picked_from_a_list() {
    let world = World::new();
    let mut terminal = world.terminal(&[&["--sandbox"], &SEND[..]].concat());
    terminal.expect("Sending number (type to search");
    world.assert_off_in_sandbox();
    terminal.pick("", "8613800000001", "8613800000001");
    terminal.answer("to send", "yes");
    terminal.wait().exits(0);
    let messages = world.sandbox_messages();
    assert_eq!((messages.len(), &messages[0]["sender"]), (1, &json!("8613800000001")));
    world.assert_off_in_sandbox();
}

#[test]
fn a_channel_instance_is_picked_from_a_list() {
    let row = |id: &str, name: &str| json!({ "CustSpaceId": id, "InstanceName": name });
    let rows = [row("cams-1", "sales"), row("cams-2", "support")];
    let reply = json!({ "Code": "OK", "Data": { "List": rows, "TotalCount": 2 } });
    let world = World::with_script(json!([reply_to("cams list-instance", &reply)]));
    let show = ["whatsapp", "automation", "show", "8613800000001"];
    let mut terminal = world.terminal(&show);
    terminal.pick("Channel instance (cust-space-id)", "cams-2", "support");
    terminal.wait().exits(0);
    let calls = world.calls();
    assert_eq!(flag(&calls[calls.len() - 1], "cust-space-id"), Some("cams-2"));
    world.assert_clean();
}

#[test]
fn without_a_list_the_number_is_typed() {
    let world = World::with_script(json!([refused("cams query-chatapp-phone-numbers")]));
    let mut terminal = world.terminal(&SEND);
    terminal.expect("cannot fetch the business numbers: ");
    terminal.answer("Sending number: ", "8613800000001");
    terminal.answer("to send", "no");
    terminal.wait().exits(9);
    assert!(world.sent().is_empty());
    world.assert_clean();
}

#[test]
fn without_a_terminal_no_list_is_fetched() {
    let world = World::new();
    let ran = world.run(&[&SEND[..], &["--yes", "--json"]].concat()).exits(2);
    let error = &ran.json()["error"];
    assert_eq!(error["missing"], json!(["--from"]));
    assert_eq!(error["next"], json!(["alimsg whatsapp numbers list"]));
    assert!(world.processes().is_empty());
}
