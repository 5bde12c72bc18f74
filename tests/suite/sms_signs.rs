//! `sms signs list` and `show`: the exact calls, the sandbox, and replies of every shape.

use crate::support::{World, flag, reply_to};
use serde_json::{Value, json};

/// A world whose service answers the list with these replies, in this order.
fn listing(replies: &[Value]) -> World {
    World::answering("dysmsapi query-sms-sign-list", replies)
}

fn sandboxed(arguments: &[&str]) -> Value {
    let world = World::new();
    let ran = world.run(&[&["--sandbox", "--json", "sms", "signs"], arguments].concat()).exits(0);
    world.assert_clean();
    ran.json()
}

#[test]
fn one_page_is_fetched_and_approved_signatures_come_first() {
    let world = listing(&[json!({"Code": "OK", "TotalCount": 45, "SmsSignList": [
        {"SignName": "A", "AuditStatus": "AUDIT_SATE_CANCEL"},
        {"SignName": "B", "AuditStatus": "AUDIT_STATE_PASS", "CreateDate": "2026-03-26 10:00:00"},
        {"SignName": "C", "AuditStatus": "AUDIT_STATE_NOT_PASS",
         "Reason": {"RejectInfo": "not readable"}},
        {"SignName": "D", "AuditStatus": "AUDIT_STATE_PASS"},
    ]})]);
    let ran = world.run_line("sms signs list --page-index 2 --json --raw").exits(0);
    assert_eq!(world.calls().len(), 1);
    world.assert_clean();
    let json = ran.json();
    let listed: Vec<(&str, &str)> = json["data"]["signatures"]
        .as_array()
        .expect("signatures")
        .iter()
        .map(|one| (one["name"].as_str().expect("name"), one["status"].as_str().expect("status")))
        .collect();
    let expected = [("B", "approved"), ("D", "approved"), ("A", "cancelled"), ("C", "rejected")];
    assert_eq!(listed, expected);
    assert_eq!(json["data"]["signatures"][0]["created_at"], "2026-03-26T02:00:00.000Z");
    assert_eq!(json["data"]["signatures"][3]["reason"], "not readable");
    assert_eq!(json["data"]["total"], 45);
    assert_eq!(json["raw"].as_array().map(Vec::len), Some(1));
    assert!(ran.stderr.contains("--all reads every page"), "{}", ran.stderr);
}

#[test]
fn a_status_filter_reads_all_pages() {
    let page = |from: u32, state: &str| {
        let entries: Vec<Value> = (from..from + 50)
            .map(|number| json!({"SignName": format!("S{number}"), "AuditStatus": state}))
            .collect();
        json!({"Code": "OK", "TotalCount": 100, "SmsSignList": entries})
    };
    let pages = [page(0, "AUDIT_STATE_INIT"), page(50, "AUDIT_STATE_PASS")];
    for word in ["approved", "pass", "AUDIT_STATE_PASS", "1"] {
        let world = listing(&pages);
        let ran = world.run(&["sms", "signs", "list", "--audit-status", word, "--json"]).exits(0);
        let calls = world.calls();
        let pages: Vec<_> = calls.iter().map(|call| flag(call, "page-index")).collect();
        assert_eq!(pages, [Some("1"), Some("2")]);
        world.assert_clean();
        assert_eq!(ran.json()["data"]["total"], 50);
        assert_eq!(ran.json()["data"]["signatures"][0]["name"], "S50");
    }
}

#[test]
fn repeated_pages_end_the_list_with_a_warning() {
    let entries: Vec<Value> = (0..50).map(|number| json!({"SignName": number})).collect();
    let world = World::new();
    let reply = json!({"Code": "OK", "SmsSignList": entries});
    world.script(json!([reply_to("dysmsapi", &reply)]));
    let ran = world.run_line("sms signs list --all --json").exits(0);
    assert_eq!(world.calls().len(), 2);
    assert_eq!(ran.json()["data"]["total"], 50);
    assert!(ran.json()["warnings"].to_string().contains("repeats"), "{}", ran.stdout);
    world.assert_clean();
}

#[test]
fn odd_lists_are_empty_or_incomplete_and_never_cause_a_panic() {
    for (reply, count) in [
        (json!({"Code": "OK"}), 0),
        (json!({"Code": "OK", "SmsSignList": []}), 0),
        (json!({"Code": "OK", "SmsSignList": "none", "TotalCount": "many"}), 0),
        (json!({"Code": "OK", "SmsSignList": [5, "x", null, {}, {"SignName": {"a": 1}}]}), 2),
        (json!({"Code": "OK", "Data": {"List": [{"SignName": "A", "SignStatus": "1"}]}}), 1),
    ] {
        let world = listing(std::slice::from_ref(&reply));
        let ran = world.run(&["sms", "signs", "list", "--json"]);
        assert_eq!(ran.exit(), 0, "{reply}: {ran:#?}");
        let listed = ran.json()["data"]["signatures"].as_array().map(Vec::len);
        assert_eq!(listed, Some(count), "{reply}");
    }
}

#[test]
fn invalid_input_starts_nothing() {
    for wrong in [
        &["list", "--audit-status", "done"][..],
        &["list", "--page-index", "0"],
        &["list", "--page-size", "51"],
        &["list", "--all", "--page-index", "2"],
        &["show"],
        &["show", ""],
    ] {
        World::new().run_rejected(&[&["sms", "signs"], wrong].concat());
    }
}

#[test]
fn a_dry_run_starts_nothing_and_shows_the_call() {
    let world = World::new();
    for (words, call) in [
        (&["list"][..], "query-sms-sign-list --page-index=1 --page-size=20"),
        (&["show", "Acme"], "get-sms-sign --sign-name=Acme"),
    ] {
        let ran = world.run(&[&["sms", "signs"], words, &["--dry-run"]].concat()).exits(0);
        assert!(ran.stdout.replace('\'', "").contains(call), "{}", ran.stdout);
    }
    assert!(world.processes().is_empty());
}

#[test]
fn show_prints_the_review_and_the_carriers() {
    let world = World::new();
    let reply = json!({"Code": "OK", "SignName": "Acme", "SignStatus": 2, "SignCode": "SIGN_1",
        "AuditInfo": {"AuditDate": "2026-03-26 10:00:00", "RejectInfo": "not readable"},
        "SignIspRegisterDetailList": [{"OperatorCode": "mobile", "RegisterStatus": -2}]});
    world.script(json!([reply_to("dysmsapi", &reply)]));
    let ran = world.run_line("sms signs show Acme --json --raw").exits(0);
    world.assert_clean();
    let data = &ran.json()["data"];
    assert_eq!((&data["status"], &data["reason"]), (&json!("rejected"), &json!("not readable")));
    assert_eq!(data["audited_at"], "2026-03-26T02:00:00.000Z");
    assert_eq!(
        data["carriers"],
        json!([{"carrier": "mobile", "status": "not registered", "answered_at": null,
                "reasons": []}])
    );
    assert_eq!(ran.json()["raw"], json!([reply]));
}

#[test]
fn a_reply_without_a_signature_is_a_failure_with_a_next_step() {
    let world = World::new();
    let ran = world.run_line("sms signs show Acme --json").exits(6);
    assert!(ran.stdout.contains("alimsg sms signs list --all"), "{}", ran.stdout);
    world.assert_clean();
}

#[test]
fn the_sandbox_lists_and_shows() {
    let listed = sandboxed(&["list"]);
    let rows: Vec<String> = listed["data"]["signatures"]
        .as_array()
        .expect("signatures")
        .iter()
        .map(|one| format!("{} {}", one["name"], one["status"]))
        .collect();
    assert_eq!(
        rows.join(";").replace('"', ""),
        "Acme approved;Acme Store approved;Acme Beta reviewing;Acme Deals rejected"
    );
    let shown = sandboxed(&["show", "Acme Store"]);
    let carriers: Vec<&Value> = (0..3).map(|at| &shown["data"]["carriers"][at]["status"]).collect();
    assert_eq!(carriers, ["registered", "failed", "in progress"]);
    let rejected = sandboxed(&["show", "Acme Deals"]);
    assert_eq!(rejected["data"]["reason"], "the business licence is not readable");
}

#[test]
fn every_entry_is_listed_although_pages_are_smaller_than_requested() {
    let page = |from: u32| {
        let entries: Vec<Value> =
            (from..from + 2).map(|number| json!({"SignName": format!("S{number}")})).collect();
        json!({"Code": "OK", "TotalCount": "4", "SmsSignList": entries})
    };
    let world = listing(&[page(0), page(2)]);
    let ran = world.run_line("sms signs list --all --json").exits(0);
    assert_eq!(ran.json()["data"]["signatures"].as_array().map(Vec::len), Some(4));
    assert_eq!(world.calls().len(), 2);
    world.assert_clean();
}
