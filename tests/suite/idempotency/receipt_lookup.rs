//! The receipt lookup after an unknown outcome.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::idempotency::{SMS, sent, sms_to};
use crate::support::messages::{self, with};
use crate::support::{Ran, Running, World, flag, reply_to};

fn run(world: &World, message: &[&str], look_up: &str) -> Ran {
    world.run_with_env(message, &[("ALIMSG_LOOK_UP", look_up)])
}

/// How often receipts were queried.
fn lookups(world: &World) -> usize {
    world.count("dysmsapi query-send-details")
}

fn without_key(number: &str) -> Vec<&str> {
    sms_to(number)[..11].to_vec()
}

/// The stand-in's replies to a send whose reply is lost, and to the receipt lookup.
fn lost_reply(receipts: Value) -> Value {
    json!([
        { "match": ["dysmsapi", "send-sms"], "stdout": "", "stderr": "ERROR: read timeout\n",
          "exit": 1 },
        reply_to("dysmsapi query-send-details", &json!({
            "Code": "OK", "TotalCount": "1",
            "SmsSendDetailDTOs": { "SmsSendDetailDTO": receipts },
        })),
    ])
}

const TRACKED: [&str; 13] = [
    "--json",
    "--yes",
    "sms",
    "send",
    "-p",
    "+8613800001000",
    "-s",
    "Acme",
    "-t",
    "SMS_100003",
    "--out-id",
    "order-7",
    "--region=cn-hangzhou",
];

#[test]
fn a_receipt_proves_that_a_message_with_a_lost_reply_was_sent() {
    let world = World::new();
    for message in [without_key("13800009003"), without_key("13800009009")] {
        let ran = run(&world, &message, "5").exits(0);
        let json = ran.json();
        assert_eq!(json["data"]["status"], "sent", "{json:#}");
        assert!(json["data"]["out_id"].is_string());
        assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1), "{json:#}");
    }
    assert_eq!(sent(&world), 2);
}

#[test]
fn a_lost_request_stays_unknown_when_the_lookup_time_is_over() {
    let world = World::new();
    for number in ["13800009004", "13800009010"] {
        let ran = run(&world, &without_key(number), "1").exits(7);
        let next = ran.json()["error"]["next"][0].clone();
        assert!(next.as_str().is_some_and(|next| next.contains("sms status")), "{next}");
    }
    assert_eq!(sent(&world), 0);
}

#[test]
fn an_unresolved_key_never_sends_and_replays_once_there_is_a_receipt() {
    let world = World::new();
    let message = sms_to("13800009003");
    let first = run(&world, &message, "0").exits(7);
    let out_id = first.json()["error"]["hint"].as_str().expect("a hint").to_owned();
    let second = run(&world, &message, "2").exits(0);
    let data = second.json()["data"].clone();
    assert_eq!((&data["status"], &data["replayed"]), (&json!("sent"), &json!(true)));
    // The first run's ID, not one of this run.
    assert!(out_id.contains(data["out_id"].as_str().expect("an ID")), "{out_id} {data}");
    assert_eq!(run(&world, &message, "0").json()["data"], data);
    assert_eq!(sent(&world), 1);
}

#[test]
fn the_lookup_queries_the_number_and_the_date_in_china() {
    let world = World::new();
    let receipt = json!({ "OutId": "order-7", "PhoneNum": "13800001000", "SendStatus": 3,
        "TemplateCode": "SMS_100003", "Content": "【Acme】Your parcel is here.", "SendDate": "{china_time}" });
    world.script(lost_reply(json!([receipt])));
    let ran = run(&world, &TRACKED, "5");
    assert_eq!(ran.json()["data"]["status"], "sent", "{ran:#?}");
    assert_eq!(world.call_names(), ["send-sms", "query-send-details"]);
    let query = &world.calls()[1];
    assert_eq!(flag(query, "phone-number"), Some("13800001000"));
    assert_eq!(flag(query, "region"), Some("cn-hangzhou"));
    assert!(flag(query, "send-date").is_some_and(|day| day.starts_with("20")), "{query:?}");
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn the_text_of_a_receipt_is_neither_stored_nor_printed() {
    let world = World::new();
    let receipt = |out_id: &str| {
        json!({ "OutId": out_id, "PhoneNum": "13800001000", "SendStatus": 3,
            "SendDate": "{china_time}",
            "TemplateCode": "SMS_100003",
            "Content": format!("the code of {out_id} is 471147") })
    };
    world.script(lost_reply(json!([receipt("other"), receipt("order-7")])));
    let message = [&TRACKED[..], &["--idempotency-key=k", "--raw"]].concat();
    for replayed in [false, true] {
        let ran = run(&world, &message, "5");
        let json = ran.json();
        assert_eq!(json["data"]["status"], "sent", "{ran:#?}");
        assert_eq!(json["data"]["replayed"], replayed);
        assert_eq!(json["raw"][0]["OutId"], "order-7");
        assert!(!ran.stdout.contains("471147") && !ran.stdout.contains("other"), "{json:#}");
    }
    let folder = std::fs::read_dir(world.path("state")).expect("a folder");
    for path in folder.flatten().map(|entry| entry.path()).filter(|path| path.is_file()) {
        let bytes = std::fs::read(&path).expect("a file");
        assert!(!bytes.windows(6).any(|part| part == b"471147"), "{}", path.display());
    }
    world.assert_clean();
}

#[test]
fn ai_mode_is_off_between_lookups() {
    let world = World::with_script(lost_reply(json!([])));
    run(&world, &TRACKED, "6").exits(7);
    world.assert_off_between("dysmsapi query-send-details");
    world.assert_clean();
}

/// The time in China, that many seconds from now, in the format of a receipt.
fn china_time(seconds: i64) -> String {
    let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    now.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[test]
fn a_receipt_of_another_message_with_the_users_own_id_proves_nothing() {
    let mine = json!({ "OutId": "order-7", "PhoneNum": "13800001000", "SendStatus": 3,
        "TemplateCode": "SMS_100003", "Content": "【Acme】Your parcel is here.",
        "SendDate": "{china_time}" });
    let with = |field: &str, value: Value| {
        let mut other = mine.clone();
        other[field] = value;
        json!([other])
    };
    let world = World::new();
    for receipts in [
        with("SendDate", json!("2020-01-01 00:00:00")),
        with("SendDate", json!(china_time(-60))),
        // The clock of this machine is slow, so the receipt seems to be from the future.
        with("SendDate", json!(china_time(1800))),
        with("TemplateCode", json!("SMS_100002")),
        with("TemplateCode", json!(null)),
        with("Content", json!("【Other】Your parcel is here.")),
        with("Content", json!(null)),
        with("PhoneNum", json!("13800001001")),
        json!([]),
        json!("x"),
        json!([1, null, {}]),
        json!(null),
    ] {
        world.script(lost_reply(receipts.clone()));
        let ran = run(&world, &TRACKED, "1");
        assert_eq!(ran.exit(), 7, "{receipts}: {ran:#?}");
    }
    world.assert_clean();
}

#[test]
fn a_receipt_with_other_variables_proves_nothing() {
    let world = World::new();
    let message = |code: &'static str| [&TRACKED[..], &["--param", code]].concat();
    for (code, exit) in [("code=471147", 0), ("code=471148", 7)] {
        let receipt = json!({ "OutId": "order-7", "PhoneNum": "13800001000", "SendStatus": 3,
            "TemplateCode": "SMS_100003", "Content": "【Acme】Your code is 471147.",
            "SendDate": "{china_time}" });
        world.script(lost_reply(json!([receipt])));
        let ran = run(&world, &message(code), "5");
        assert_eq!(ran.exit(), exit, "{code}: {ran:#?}");
    }
}

#[test]
fn a_lookup_that_times_out_is_repeated() {
    let world = World::new();
    let mut rules = lost_reply(json!([{ "OutId": "order-7", "PhoneNum": "13800001000",
        "SendStatus": 3, "TemplateCode": "SMS_100003", "Content": "【Acme】Your parcel is here.",
        "SendDate": "{china_time}" }]));
    let late = json!({ "match": ["dysmsapi", "query-send-details"], "times": 1,
        "delay_ms": 30_000 });
    rules.as_array_mut().expect("rules").insert(1, late);
    world.script(rules);
    let message = [&TRACKED[..], &["--timeout=2"]].concat();
    let ran = run(&world, &message, "20").exits(0);
    assert_eq!(ran.json()["data"]["status"], "sent");
    world.assert_clean();
}

#[test]
fn a_forbidden_lookup_is_a_warning_and_the_outcome_stays_unknown() {
    let world = World::with_script(json!([
        { "match": ["dysmsapi", "send-sms"], "stdout": "", "stderr": "ERROR: read timeout\n",
          "exit": 1 },
        reply_to("dysmsapi query-send-details", &json!({ "Code": "isp.RAM_PERMISSION_DENY", "Message": "no" })),
    ]));
    let ran = run(&world, &TRACKED, "300").exits(7);
    let json = ran.json();
    assert!(json["warnings"][0].as_str().is_some_and(|text| text.contains("receipt")), "{json:#}");
    assert_eq!(lookups(&world), 1, "a refused lookup is not repeated");
    world.assert_clean();
}

#[test]
fn a_whatsapp_message_is_found_by_its_task_id_if_the_space_is_known() {
    let world = World::new();
    let message = |more: &[&str]| {
        let words = with(&messages::TEMPLATE, "--to", "8613800009003");
        run(&world, &[&["--sandbox", "--json"], &words[..], more].concat(), "2")
    };
    let found = message(&["--cust-space-id", "cams-sandbox"]);
    assert_eq!(found.json()["data"]["status"], "sent", "{found:#?}");
    assert_eq!(sent(&world), 1);
}

#[test]
fn a_signal_ends_the_lookup_and_the_outcome_is_unknown() {
    let world = World::new();
    let mut command = world.alimsg(&TRACKED);
    world.script(lost_reply(json!([])));
    // Longer than `Running::wait` allows: a run that continues its lookup fails the test.
    command.env("ALIMSG_LOOK_UP", "300");
    let running = Running::start(command);
    world.wait_for_command("dysmsapi query-send-details");
    running.signal(Signal::TERM);
    let ran = running.wait();
    assert_eq!(ran.signal(), Some(15), "{ran:#?}");
    assert_eq!(ran.json()["error"]["outcome"], "unknown");
    world.assert_clean();
}

#[test]
fn the_next_run_waits_for_the_call_of_a_killed_run() {
    let world =
        World::with_script(json!([{ "match": ["dysmsapi", "send-sms"], "delay_ms": 1500 }]));
    let message: Vec<&str> = SMS.into_iter().filter(|word| *word != "--sandbox").collect();
    let running = world.start(&message);
    world.wait_for_command("dysmsapi send-sms");
    running.signal(Signal::KILL);
    running.wait();
    world.run(&message).exits(7);
    let mut calls = world.processes();
    calls.retain(|call| call.command() == "dysmsapi send-sms");
    assert!(calls.len() == 1 && calls[0].ended(), "it was not waited for: {calls:#?}");
    world.assert_clean();
}
