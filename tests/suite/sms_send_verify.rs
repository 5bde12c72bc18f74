//! `sms send --verify` and `--wait`: the checks before a send, and the receipts after it.

use crate::support::messages::{SMS, and, with};
use crate::support::{Ran, World, flag, reply_to};
use serde_json::{Value, json};

fn send(world: &World, more: &[&str]) -> Ran {
    let mut words =
        vec!["--sandbox", "--json", "--yes", "sms", "send", "-p", "13800001000", "--verify"];
    words.extend(more);
    world.run(&words)
}

#[test]
fn a_valid_message_is_sent() {
    let world = World::new();
    let ran = send(
        &world,
        &["-s", "Acme", "-t", "SMS_100002", "--param", "name=Alice", "--param", "order=42"],
    )
    .exits(0);
    assert_eq!(ran.json()["data"]["status"], "accepted");
    assert_eq!(world.sandbox_messages().len(), 1);
}

#[test]
fn an_unapproved_or_incomplete_message_is_not_sent() {
    let world = World::new();
    for (more, exit, expected) in [
        (vec!["-s", "Acme Beta", "-t", "SMS_100003"], 2, "reviewing"),
        (vec!["-s", "Acme Deals", "-t", "SMS_100003"], 2, "rejected"),
        (vec!["-s", "Nobody", "-t", "SMS_100003"], 6, "SignatureNotFound"),
        (vec!["-s", "Acme", "-t", "SMS_100005"], 2, "rejected"),
        (vec!["-s", "Acme", "-t", "SMS_999999"], 6, "TemplateNotFound"),
        (vec!["-s", "Acme", "-t", "SMS_100002", "--param", "name=A"], 2, "order"),
        (vec!["-s", "Acme", "-t", "SMS_100003", "--param", "name=A"], 2, "superfluous: name"),
    ] {
        let ran = send(&world, &more);
        assert_eq!(ran.exit(), exit, "{more:?}: {ran:#?}");
        let error = ran.json()["error"].clone();
        assert!(error["message"].as_str().expect("a message").contains(expected), "{error:#}");
        assert_eq!(error["outcome"], "not_sent");
    }
    let ran = send(&world, &["-s", "Acme", "-t", "SMS_100002"]);
    assert_eq!(ran.json()["error"]["missing"], json!(["name", "order"]));
    assert_eq!(world.sandbox_messages().len(), 0);
}

#[test]
fn a_refusal_names_the_command_that_lists_alternatives() {
    let world = World::new();
    let refused = |sign, template| {
        let words = with(&with(&SMS, "-s", sign), "-t", template);
        let ran = world.run(&and(&words, &["--sandbox", "--json"])).exits(6);
        ran.json()["error"]["next"][0].as_str().expect("a command").to_owned()
    };
    assert!(refused("Nobody", "SMS_100003").starts_with("alimsg sms signs list"));
    assert!(refused("Acme", "SMS_999999").starts_with("alimsg templates list --channel sms"));
}

#[test]
fn the_checks_come_before_the_send_and_in_the_dry_run() {
    let world = World::with_script(json!([
        reply_to("dysmsapi get-sms-sign", &json!({ "Code": "OK", "SignStatus": 1 })),
        reply_to(
            "dysmsapi get-sms-template",
            &json!({
            "Code": "OK", "TemplateStatus": "1", "TemplateContent": "Your code is ${code}" })
        ),
    ]));
    let words = and(&SMS, &["--json", "--param", "code=1", "--verify"]);
    world.run(&words).exits(0);
    let order = ["get-sms-sign", "get-sms-template", "send-sms"];
    assert_eq!(world.call_names(), order);
    world.assert_clean();
    assert_eq!(world.run(&[words.as_slice(), &["--dry-run"]].concat()).planned_names(), order);
}

#[test]
fn odd_replies_do_not_count_as_approval() {
    let world = World::new();
    for (reply, exit) in [
        // Not a signature.
        (json!({ "Code": "OK" }), 6),
        (json!({ "Code": "OK", "SignStatus": null, "TemplateStatus": [] }), 6),
        (json!({ "Code": "OK", "SignName": "Acme", "SignStatus": null }), 2),
        (json!({ "Code": "OK", "SignStatus": "7", "TemplateStatus": 7 }), 2),
        (json!({ "Code": "OK", "SignStatus": 1, "TemplateStatus": 1 }), 2),
        (json!({ "Code": "OK", "SignStatus": 1, "TemplateStatus": 1, "TemplateContent": {} }), 2),
    ] {
        world.script(json!([
            reply_to("dysmsapi get-sms-sign", &reply),
            reply_to("dysmsapi get-sms-template", &reply)
        ]));
        let ran = world.run(&and(&SMS, &["--verify", "--json"]));
        assert_eq!(ran.exit(), exit, "{reply}: {ran:#?}");
    }
    assert!(world.sent().is_empty());
    world.assert_clean();
}

fn wait(world: &World, numbers: &str, wait: &str) -> Ran {
    world.run(&and(&with(&SMS, "-p", numbers), &["--sandbox", "--json", wait]))
}

#[test]
fn wait_ends_only_when_every_receipt_is_final() {
    let world = World::new();
    let ran = wait(&world, "13800001000,13800009012", "--wait").exits(8);
    let data = ran.json()["data"].clone();
    let receipts = data["receipts"].as_array().expect("receipts");
    assert_eq!(receipts.len(), 2);
    assert_eq!(receipts[0]["phone"], "13800001000");
    assert_eq!(receipts[0]["status"], "delivered", "{data:#}");
    assert_eq!(receipts[1]["status"], "failed");
    let fields: Vec<_> = receipts[1].as_object().expect("a receipt").keys().collect();
    let expected = ["phone", "status", "code", "meaning", "sent_at", "received_at", "out_id"];
    assert_eq!(fields, expected);
    assert!(receipts[1]["meaning"].is_string(), "{data:#}");
    assert!(receipts[0]["received_at"].as_str().is_some_and(|time| time.ends_with("+08:00")));
    assert_eq!(data["status"], "accepted");
}

#[test]
fn ai_mode_is_off_while_it_waits() {
    let world = World::new();
    let lookup = |times: u64, rows: Value| {
        json!({ "match": ["dysmsapi", "query-send-details"], "times": times, "stdout": json!({
            "Code": "OK", "TotalCount": "1",
            "SmsSendDetailDTOs": { "SmsSendDetailDTO": rows } }).to_string() })
    };
    let delivered = json!([{ "PhoneNum": "13800001000", "SendStatus": 3, "OutId": "o-7" }]);
    world.script(json!([
        reply_to(
            "dysmsapi send-sms",
            &json!({
            "Code": "OK", "Message": "OK", "RequestId": "R", "BizId": "9^0" })
        ),
        lookup(1, json!([])),
        lookup(9, delivered),
    ]));
    let ran = world.run(&and(&SMS, &["--json", "--out-id=o-7", "--wait=30"]));
    assert_eq!(ran.json()["data"]["receipts"][0]["status"], "delivered", "{ran:#?}");
    world.assert_off_between("dysmsapi query-send-details");
    world.assert_clean();
}

#[test]
fn wait_ends_when_no_receipt_ever_comes() {
    let world = World::new();
    let ran = wait(&world, "13800009014", "--wait=2").exits(0);
    let json = ran.json();
    assert_eq!(json["data"]["receipts"][0]["status"], "in_flight");
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1), "{json:#}");
}

#[test]
fn a_message_is_accepted_although_its_receipts_cannot_be_fetched() {
    let world = World::with_script(json!([
        reply_to(
            "dysmsapi send-sms",
            &json!({
            "Code": "OK", "Message": "OK", "RequestId": "R", "BizId": "9^0" })
        ),
        reply_to(
            "dysmsapi query-send-details",
            &json!({ "Code": "isp.RAM_PERMISSION_DENY", "Message": "no" })
        ),
    ]));
    let words = with(&SMS, "-p", "+8613800001000");
    let ran = world.run(&and(&words, &["--json", "--out-id=o-7", "--wait=30"])).exits(0);
    let json = ran.json();
    assert_eq!(json["data"]["status"], "accepted");
    let receipt = json!({ "phone": "13800001000", "status": "in_flight", "code": null,
        "meaning": null, "sent_at": null, "received_at": null, "out_id": "o-7" });
    assert_eq!(json["data"]["receipts"], json!([receipt]), "{json:#}");
    let warnings = json["warnings"].as_array().expect("warnings");
    assert_eq!(warnings.len(), 1, "{json:#}");
    assert!(warnings[0].as_str().is_some_and(|text| text.contains("cannot fetch the receipts")));
    let calls = world.calls();
    assert_eq!(calls[1][1], "query-send-details");
    assert_eq!(flag(&calls[1], "biz-id"), Some("9^0"));
    world.assert_clean();
}
