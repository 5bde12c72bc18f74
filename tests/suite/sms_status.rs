//! `sms status`: the exact calls, days, pages and odd replies.

mod wait;

use crate::support::messages::{SMS, and, with};
use crate::support::{Ran, World, flag};
use serde_json::{Value, json};

const NUMBER: &str = "13800001000";

/// A world whose service gives these replies, in this order.
fn answering(replies: &[Value]) -> World {
    World::answering("dysmsapi query-send-details", replies)
}

fn page(rows: &[Value], total: &str) -> Value {
    json!({
        "Code": "OK", "Message": "OK", "RequestId": "r-1", "TotalCount": total,
        "SmsSendDetailDTOs": { "SmsSendDetailDTO": rows },
    })
}

fn row(out_id: &str, status: u8, code: &str) -> Value {
    json!({
        "PhoneNum": NUMBER, "SendStatus": status, "ErrCode": code, "OutId": out_id,
        "SendDate": "2026-03-26 10:00:00", "TemplateCode": "SMS_1", "Content": "…",
    })
}

/// Today in China Standard Time.
fn today() -> jiff::civil::Date {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    jiff::Timestamp::now().to_zoned(zone).date()
}

fn status(world: &World, more: &[&str]) -> Ran {
    let mut arguments = vec!["sms", "status", "-p", NUMBER, "--json"];
    arguments.extend(more);
    world.run(&arguments)
}

/// The English name of the day, in lower case.
fn weekday(day: jiff::civil::Date) -> String {
    day.strftime("%A").to_string().to_lowercase()
}

/// The status of each receipt.
fn statuses(json: &Value) -> Vec<&str> {
    let Some(receipts) = json["data"]["receipts"].as_array() else {
        return vec!["no list"];
    };
    receipts.iter().map(|receipt| receipt["status"].as_str().unwrap_or("no status")).collect()
}

#[test]
fn a_date_can_be_named_in_every_documented_form() {
    let today = today();
    let before = |days: i64| today.checked_sub(jiff::Span::new().days(days)).expect("a day");
    for (text, day) in [
        ("2d ago".to_string(), before(2)),
        ("2 days ago".to_string(), before(2)),
        ("1w".to_string(), before(7)),
        ("today".to_string(), today),
        ("Yesterday".to_string(), before(1)),
        (weekday(before(3)), before(3)),
        (before(3).to_string(), before(3)),
        (before(3).to_string().replace('-', ""), before(3)),
        (format!("{}T10:00:00+08:00", before(3)), before(3)),
    ] {
        let world = answering(&[page(&[], "0")]);
        let ran = status(&world, &["--send-date", &text]);
        assert_eq!(ran.exit(), 0, "{text}: {ran:#?}");
        if today != self::today() {
            return;
        }
        let day = day.to_string().replace('-', "");
        assert_eq!(flag(&world.call(), "send-date"), Some(&*day), "{text}");
    }
    let ran = status(&World::new(), &["--send-date", "2h ago"]).exits(2);
    let hint = ran.json()["error"]["hint"].as_str().expect("a hint").to_string();
    for form in ["2d ago", "1w", "T10:00"] {
        assert!(hint.contains(form), "{hint}");
    }
}

#[test]
fn the_last_days_are_asked_one_by_one() {
    let rows = [[row("a", 3, "DELIVERED")], [row("b", 2, "EXPIRED")]];
    let world = answering(&rows.map(|rows| page(&rows, "1")));
    let before = today();
    let ran = status(&world, &["--last", "2d"]).exits(0);
    if before != today() {
        return;
    }
    let compact = |day: jiff::civil::Date| day.to_string().replace('-', "");
    let days: Vec<_> =
        world.calls().iter().map(|call| flag(call, "send-date").map(str::to_string)).collect();
    let yesterday = before.yesterday().expect("a day");
    assert_eq!(days, [Some(compact(before)), Some(compact(yesterday))]);
    let json = ran.json();
    assert_eq!(statuses(&json), ["delivered", "failed"]);
    assert_eq!(json["data"]["start_date"], json!(yesterday.to_string()));
    assert_eq!(json["data"]["send_date"], json!(before.to_string()));
    assert_eq!(json["data"]["final"], true);
}

#[test]
fn a_past_day_without_receipts_has_no_record() {
    for more in [&["--send-date", "yesterday"][..], &["--send-date", "yesterday", "--all"]] {
        let world = answering(&[page(&[], "0")]);
        let ran = world.run(&and(&["sms", "status", "-p", NUMBER], more)).exits(0);
        assert!(
            ran.stderr.contains("no record") && ran.stderr.contains("does not prove"),
            "{}",
            ran.stderr
        );
    }
    let ran = answering(&[page(&[], "0")]).run(&["sms", "status", "-p", NUMBER]).exits(0);
    assert!(
        ran.stderr.contains("up to 3 days") && !ran.stderr.contains("no record"),
        "{}",
        ran.stderr
    );
}

#[test]
fn without_flags_the_last_send_is_shown() {
    let world = World::new();
    let numbers = "13800001234,13800009012";
    world.run(&and(&with(&SMS, "-p", numbers), &["--sandbox", "--out-id", "order-7"])).exits(0);
    // A message that was not sent is not the last one.
    world.run(&and(&with(&SMS, "-p", "13800009001"), &["--sandbox"])).exits(6);
    for more in [&["--json"][..], &["--json", "--out-id", "order-7"]] {
        let status = and(&["--sandbox", "sms", "status", "--wait=20"], more);
        let ran = world.run(&status).exits(0);
        let json = ran.json();
        assert_eq!(statuses(&json), ["delivered", "failed"], "{json:#}");
        assert_eq!(json["data"]["final"], true);
        assert!(ran.stderr.contains("order-7"), "{}", ran.stderr);
    }
    // In a pipe with all pages, too.
    let ran = world.run(&["--sandbox", "sms", "status", "--all"]).exits(0);
    assert_eq!(ran.stdout.lines().count(), 3, "{}", ran.stdout);

    let missing =
        world.run(&["--sandbox", "sms", "status", "--out-id", "order-8", "--json"]).exits(2);
    assert_eq!(missing.json()["error"]["missing"], json!(["--phone-number"]));
    let json = world.run(&["sms", "status", "--json"]).exits(2).json();
    assert_eq!(json["error"]["missing"], json!(["--phone-number"]), "the sandbox has its own");
    world.run(&["sandbox", "reset"]).exits(0);
    world.run(&["--sandbox", "sms", "status"]).exits(2);
}

#[test]
fn the_last_send_of_another_profile_is_not_asked_for_with_this_one() {
    let world = World::new();
    world.run(&and(&SMS, &["--region", "cn-shanghai"])).exits(0);
    let error = world.run(&["sms", "status", "--json"]).exits(2).json()["error"].clone();
    assert!(error["message"].as_str().expect("text").contains("region"), "{error:#}");
    assert!(error["hint"].as_str().expect("a hint").contains("--region cn-shanghai"), "{error:#}");
    world.run(&["sms", "status", "--region", "cn-shanghai"]).exits(0);
}

#[test]
fn after_a_lost_reply_the_last_send_is_found_by_its_out_id() {
    let world = World::new();
    let send = and(&with(&SMS, "-p", "13800009003"), &["--sandbox", "--look-up", "0", "--json"]);
    let error = world.run(&send).exits(7).json()["error"].clone();
    let hint = error["hint"].as_str().expect("a hint");
    for part in ["minutes", "3 days", "does not prove"] {
        assert!(hint.contains(part), "{hint}");
    }
    let json = world.run(&["--sandbox", "sms", "status", "--wait=20", "--json"]).exits(0).json();
    assert_eq!(statuses(&json), ["delivered"], "{json:#}");
}

#[test]
fn the_record_of_the_last_sends_is_private_and_has_no_text() {
    use std::os::unix::fs::PermissionsExt;

    let world = World::new();
    for _ in 0..2 {
        let secret = ["-t", "SMS_100001", "--param", "code=secret{n}"];
        world.run(&and(&["sms", "send", "-p", NUMBER, "-s", "Acme", "--yes"], &secret)).exits(0);
    }
    let path = world.path("state/recent_sends.jsonl");
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).expect("a file").permissions().mode();
    assert_eq!(mode(&path) & 0o777, 0o600);
    let text = std::fs::read_to_string(path).expect("the record");
    assert!(!text.contains("secret") && !text.contains("SMS_100001"), "{text}");
}

#[test]
fn the_default_day_is_today_in_china_with_a_note() {
    let world = answering(&[page(&[row("a", 3, "DELIVERED")], "1")]);
    let before = today();
    let ran = status(&world, &[]).exits(0);
    assert!(ran.stderr.contains("today in China Standard Time"), "{}", ran.stderr);
    let day = ran.json()["data"]["send_date"].clone();
    assert!([json!(before.to_string()), json!(today().to_string())].contains(&day), "{day}");
}

#[test]
fn every_receipt_has_its_status_and_meaning_in_the_same_row() {
    let rows = [
        row("a", 3, "DELIVERED"),
        row("b", 2, "MOBILE_IN_BLACK"),
        row("c", 1, "REQUEST_SUCCESS"),
        row("d", 2, "MK:0099"),
        // The receipt contradicts itself, so it is not called delivered.
        row("e", 3, "USER_REJECT"),
    ];
    let world = answering(&[page(&rows, "5")]);
    let ran = status(&world, &["--raw"]);
    let json = ran.json();
    assert_eq!(statuses(&json), ["delivered", "failed", "in_flight", "failed", "unknown"]);
    let receipts = &json["data"]["receipts"];
    assert_eq!(
        receipts[1],
        json!({
            "phone": NUMBER, "status": "failed", "code": "MOBILE_IN_BLACK",
            "meaning": "the number is on the carrier's blacklist: remove the recipient",
            "sent_at": "2026-03-26T02:00:00.000Z", "received_at": null, "out_id": "b",
        })
    );
    assert_eq!((&receipts[3]["code"], &receipts[3]["meaning"]), (&json!("MK:0099"), &json!(null)));
    assert_eq!(json["data"]["final"], false);
    assert_eq!(json["raw"][0]["TotalCount"], "5");

    let world = answering(&[page(&rows, "5")]);
    let ran = world.run(&["sms", "status", "-p", NUMBER]);
    let line = ran.stdout.lines().find(|line| line.contains("MOBILE_IN_BLACK")).expect("a line");
    assert!(line.contains("failed") && line.contains("remove the recipient"), "{line}");
}

#[test]
fn without_all_one_page_is_fetched_with_a_note_about_the_others() {
    let rows = vec![row("a", 3, "DELIVERED"); 50];
    let world = answering(&[page(&rows, "60"), page(&rows[..10], "60")]);
    let ran = status(&world, &[]);
    assert_eq!((world.calls().len(), statuses(&ran.json()).len()), (1, 50));
    assert!(ran.stderr.contains("--all"), "{}", ran.stderr);

    let world = answering(&[page(&rows, "60"), page(&rows[..10], "60")]);
    let ran = status(&world, &["--all", "--raw"]);
    assert_eq!((world.calls().len(), statuses(&ran.json()).len()), (2, 60));
    assert_eq!(ran.json()["raw"].as_array().map(Vec::len), Some(2));
    assert!(!ran.stderr.contains("--all"), "{}", ran.stderr);
}

#[test]
fn an_out_id_is_searched_on_every_page() {
    let mut rows = vec![row("other", 3, "DELIVERED"); 50];
    let last = [row("order-7", 2, "EXPIRED")];
    let world = answering(&[page(&rows, "51"), page(&last, "51")]);
    let ran = status(&world, &["--out-id", "order-7"]);
    assert_eq!((world.calls().len(), statuses(&ran.json())), (2, vec!["failed"]));
    assert!(world.calls().iter().flatten().all(|word| !word.contains("order-7")));

    rows.truncate(1);
    let world = answering(&[page(&rows, "1")]);
    let ran = status(&world, &["--out-id", "order-7"]);
    assert_eq!((ran.exit(), statuses(&ran.json())), (0, vec![]));
}

#[test]
fn odd_replies_have_no_receipts_and_never_cause_a_panic() {
    for (odd, count) in [
        (json!({"Code": "OK"}), 0),
        (json!({"Code": "OK", "SmsSendDetailDTOs": null, "TotalCount": null}), 0),
        (json!({"Code": "OK", "SmsSendDetailDTOs": "none", "TotalCount": "many"}), 0),
        (json!({"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": [1, "x", null]}}), 0),
        (json!({"Code": "OK", "SmsSendDetailDTOs": [{}], "TotalCount": 1}), 1),
        (json!({"SmsSendDetailDTOs": {"SmsSendDetailDTO": [{"SendStatus": "x"}]}}), 1),
    ] {
        let world = answering(std::slice::from_ref(&odd));
        let ran = status(&world, &["--all"]);
        assert_eq!(ran.exit(), 0, "{odd}: {ran:#?}");
        assert_eq!(statuses(&ran.json()), vec!["unknown"; count], "{odd}");
    }
    let world = answering(&[json!({"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "no"})]);
    let ran = status(&world, &[]);
    assert_eq!((ran.exit(), &ran.json()["error"]["outcome"]), (6, &json!("not_sent")));
    world.assert_clean();
}

#[test]
fn service_text_cannot_control_the_terminal() {
    let world = answering(&[page(&[row("\u{1b}[2Jx", 2, "MK:\u{1b}[31m1")], "1")]);
    let ran = world.run(&["sms", "status", "-p", NUMBER]);
    assert!(!ran.stdout.contains('\u{1b}') && ran.stdout.contains("MK:1"), "{}", ran.stdout);
}

#[test]
fn invalid_input_starts_nothing() {
    let tomorrow = today().tomorrow().expect("a day").tomorrow().expect("a day").to_string();
    for arguments in [
        &["-p", "138-0000-1000"][..],
        &["-p", NUMBER, "--send-date", "tomorrow"],
        &["-p", NUMBER, "--last", "31d"],
        &["-p", NUMBER, "--last", "2h"],
        &["-p", NUMBER, "--last", "2d", "--send-date", "yesterday"],
        &["-p", NUMBER, "--send-date", "20200101"],
        &["-p", NUMBER, "--send-date", &tomorrow],
        &["-p", NUMBER, "--out-id="],
        &["-p", NUMBER, "--biz-id="],
        &["-p", NUMBER, "--page-size", "51"],
        &["-p", NUMBER, "--page-index", "0"],
        &["-p", NUMBER, "--all", "--page-index", "2"],
        &["-p", NUMBER, "--wait=0"],
        &[],
    ] {
        World::new().run_rejected(&[&["sms", "status"], arguments].concat());
    }
}

#[test]
fn a_missing_number_is_asked_for_at_a_terminal_and_an_error_elsewhere() {
    let ran = World::new().run(&["sms", "status", "--json"]);
    assert_eq!(ran.json()["error"]["missing"], json!(["--phone-number"]));

    let world = answering(&[page(&[row("a", 3, "DELIVERED")], "1")]);
    let mut terminal = world.terminal(&["sms", "status"]);
    terminal.answer("Phone number", "13800001000");
    terminal.wait().exits(0);
    assert!(world.calls()[0].contains(&"--phone-number=13800001000".to_string()));
    world.assert_clean();
}

#[test]
fn a_dry_run_shows_the_call_and_starts_nothing() {
    let world = World::new();
    let ran = status(&world, &["--send-date", &today().to_string(), "--wait", "--dry-run"]);
    assert_eq!(ran.planned_names(), ["query-send-details"]);
    assert!(world.processes().is_empty());
}
