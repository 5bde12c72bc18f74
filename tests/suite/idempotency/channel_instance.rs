//! The receipt of a WhatsApp message is found without a typed channel instance ID.

use serde_json::{Value, json};

use crate::support::messages::{TEMPLATE, TEXT, and};
use crate::support::{Ran, World, flag, reply_to};

/// The reply of every send is lost; then the service lists these channel instances.
fn lost(instances: &Value) -> Value {
    json!([
        { "match": ["cams", "send-chatapp-message"], "exit": 1, "stderr": "ERROR: read timeout\n" },
        reply_to("cams list-instance", instances),
    ])
}

fn instances(spaces: &[&str]) -> Value {
    let rows: Vec<Value> = spaces
        .iter()
        .map(|space| json!({ "CustSpaceId": space, "ChannelType": "WHATSAPP" }))
        .collect();
    json!({ "Code": "OK", "Data": rows, "TotalCount": rows.len() })
}

fn send(world: &World, more: &[&str]) -> Ran {
    let words = [&TEMPLATE[..], &["--json"], more].concat();
    world.run_with_env(&words, &[("ALIMSG_LOOK_UP", "1")])
}

fn warns(ran: &Ran) -> bool {
    ran.json()["warnings"].to_string().contains("--cust-space-id")
}

/// The channel instance in which the last look-up searched.
fn searched(world: &World) -> Option<String> {
    let calls = world.calls();
    let call = calls.iter().rfind(|call| call.iter().any(|word| word == "list-chatapp-message"))?;
    flag(call, "cust-space-id").map(String::from)
}

#[test]
fn the_only_channel_instance_of_the_account_is_used() {
    let world = World::new();
    let words = crate::support::messages::with(&TEMPLATE, "--to", "8613800009003");
    let words = and(&words, &["--sandbox", "--json"]);
    let ran = world.run_with_env(&words, &[("ALIMSG_LOOK_UP", "3")]).exits(0);
    assert_eq!(ran.json()["data"]["status"], "sent", "{ran:#?}");
    assert_eq!(world.sandbox_messages().len(), 1);
}

#[test]
fn the_channel_instance_of_an_earlier_message_of_the_sender_is_remembered() {
    let world = World::new();
    assert!(!warns(&send(&world, &["--cust-space-id=cams-1"]).exits(0)));
    world.script(lost(&instances(&[])));
    let ran = send(&world, &["--param=n=1"]).exits(7);
    assert!(!warns(&ran), "{ran:#?}");
    assert_eq!(searched(&world).as_deref(), Some("cams-1"));
    assert_eq!(world.count("cams list-instance"), 0);
    let next = ran.json()["error"]["next"].to_string();
    assert!(next.contains("--cust-space-id cams-1"), "{next}");
    // The next command looks there as well. The call itself never gets the remembered value.
    send(&world, &["--param=n=1"]).exits(7);
    let call = world.sent();
    assert_eq!(call[1]["flags"].get("cust-space-id"), None, "{call:#?}");
    // The value is not used for another sender, region or profile.
    for more in [&["--from=8613800000003"][..], &["--region=cn-beijing"]] {
        let words: Vec<&str> = TEMPLATE
            .iter()
            .filter(|word| more[0].starts_with("--region") || !word.ends_with("00000001"))
            .filter(|word| more[0].starts_with("--region") || **word != "--from")
            .copied()
            .collect();
        let words = [&words[..], &["--json", "--param=n=2"], more].concat();
        let ran = world.run_with_env(&words, &[("ALIMSG_LOOK_UP", "1")]);
        assert!(warns(&ran), "{ran:#?}");
    }
    world.assert_clean();
}

#[test]
fn without_exactly_one_channel_instance_the_run_warns() {
    let denied = json!([
        { "match": ["cams", "send-chatapp-message"], "exit": 1, "stderr": "ERROR: read timeout\n" },
        { "match": ["cams", "list-instance"], "exit": 1,
          "stderr": "Error: SDKError:\n   StatusCode: 403\n   Code: Forbidden.RAM\n   Message: no\n" },
    ]);
    for script in [lost(&instances(&["cams-1", "cams-2"])), lost(&instances(&[])), denied] {
        let world = World::with_script(script);
        let ran = send(&world, &[]).exits(7);
        assert!(warns(&ran), "{ran:#?}");
        let error = ran.json()["error"].clone();
        assert_eq!(error["outcome"], "unknown");
        assert!(error["next"][0].to_string().contains("whatsapp accounts list"), "{error}");
        // The same command does not send; with the ID it looks for the receipt.
        let again = send(&world, &[]).exits(7);
        let hint = again.json()["error"]["hint"].to_string();
        assert!(hint.contains("--cust-space-id"), "{hint}");
        assert!(searched(&world).is_none());
        send(&world, &["--cust-space-id=cams-2"]).exits(7);
        assert_eq!(searched(&world).as_deref(), Some("cams-2"));
        assert_eq!(world.sent().len(), 1);
        world.assert_clean();
    }
}

#[test]
fn the_plan_on_a_terminal_has_the_same_warning() {
    let world = World::new();
    let line: Vec<&str> = TEXT.iter().filter(|word| **word != "--yes").copied().collect();
    let line = and(&line, &["--text=Hello", "--look-up=5"]);
    let mut terminal = world.terminal(&line);
    terminal.expect("receipt after a lost reply");
    terminal.answer("Type \"yes\"", "no");
    terminal.wait().exits(9);
    // Without a look-up, there is no warning.
    let ran = world.run(&and(&TEXT, &["--text=Hello", "--json", "--look-up=0"])).exits(0);
    assert_eq!(ran.json()["warnings"], json!([]));
}
