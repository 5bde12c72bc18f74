//! Whole outputs as a user sees them, compared with the files in `snapshots`.
//!
//! A changed output fails its test. To accept it on purpose, run
//! `INSTA_UPDATE=always cargo test --test suite snapshots` and review the difference in git.

use insta::assert_snapshot;
use regex_lite::{Captures, Regex};
use serde_json::{Value, json};

use crate::support::messages::{SMS, and};
use crate::support::{World, plain, reply_to};

const PREVIEW: [&str; 8] = ["sms", "send", "-p", "13800001000", "-s", "Acme", "-t", "SMS_100003"];

/// The day of all times that a test sets; any other time is replaced in a snapshot.
const FIXED_DAY: &str = "2026-03-26";

/// A world in which the service gives this answer to every SMS.
fn answering(rule: Value) -> World {
    let world = World::new();
    let mut rule = rule;
    rule["match"] = json!(["dysmsapi", "send-sms"]);
    world.script(json!([rule]));
    world
}

fn accepting() -> World {
    let reply = json!({ "Code": "OK", "Message": "OK", "BizId": "9^0", "RequestId": "R-12345678" });
    answering(json!({ "stdout": reply.to_string() }))
}

fn rejecting() -> World {
    let reply = json!({
        "Code": "isv.AMOUNT_NOT_ENOUGH", "Message": "no money", "RequestId": "R-12345678",
    });
    answering(json!({ "stdout": reply.to_string(), "sent": false }))
}

fn losing_replies() -> World {
    answering(json!({ "stdout": "", "stderr": "ERROR: read timeout\n", "exit": 1 }))
}

/// The command line, its exit code and both outputs, redacted.
fn output(world: &World, words: &[&str]) -> String {
    redacted(world, &unredacted(world, words))
}

/// Runs alimsg in a fixed time zone.
fn unredacted(world: &World, words: &[&str]) -> String {
    // In POSIX notation, which needs no database of time zones.
    let ran = world.run_with_env(words, &[("TZ", "CST-8")]);
    world.assert_clean();
    format!(
        "$ alimsg {}\nexit code {}\n\n[stdout]\n{}\n[stderr]\n{}",
        words.join(" "),
        ran.exit(),
        ran.stdout,
        ran.stderr
    )
}

/// The text with the test's folder, generated IDs and every time but the fixed ones replaced.
fn redacted(world: &World, text: &str) -> String {
    let folder = world.path("");
    let folder = folder.to_str().expect("a path in UTF-8").trim_end_matches('/');
    let text = text.replace(folder, "[folder]").replace(env!("CARGO_PKG_VERSION"), "[version]");
    let id = Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").expect("a pattern");
    let text = id.replace_all(&text, "[uuid]");
    let time = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?";
    let time = Regex::new(time).expect("a pattern");
    let redact = |found: &Captures| match &found[0] {
        fixed if fixed.starts_with(FIXED_DAY) => fixed.to_owned(),
        _ => "[time]".to_owned(),
    };
    time.replace_all(&text, redact).into_owned()
}

#[test]
fn sms_send_without_a_terminal_and_without_consent() {
    assert_snapshot!(output(&World::new(), &PREVIEW));
}

#[test]
fn sms_send_plan_on_a_terminal() {
    let template = json!({"Code": "OK", "TemplateCode": "SMS_100003", "TemplateStatus": 1,
        "TemplateType": 0, "TemplateContent": "Your code is ${code}."});
    let world = World::with_script(json!([reply_to("dysmsapi get-sms-template", &template)]));
    let mut terminal = world.terminal(&and(&PREVIEW, &["--out-id=order-7", "--param=code=1234"]));
    terminal.expect("\"yes\"");
    // Ctrl-D: unlike letters, it is not echoed, so the moment at which it is typed does not matter.
    terminal.write("\u{4}");
    let ran = terminal.wait().exits(9);
    world.assert_clean();
    assert_snapshot!(redacted(&world, &plain(&ran.stdout).replace("\r\n", "\n")));
}

#[test]
fn sms_send_accepted_in_text() {
    assert_snapshot!(output(&accepting(), &and(&SMS, &["--out-id=order-7"])));
}

#[test]
fn sms_send_accepted_in_json() {
    assert_snapshot!(output(&accepting(), &and(&SMS, &["--out-id=order-7", "--json"])));
}

#[test]
fn sms_send_rejected_in_text() {
    assert_snapshot!(output(&rejecting(), &and(&SMS, &["--out-id=order-7"])));
}

#[test]
fn sms_send_rejected_in_json() {
    assert_snapshot!(output(&rejecting(), &and(&SMS, &["--out-id=order-7", "--json"])));
}

#[test]
fn sms_send_with_an_unknown_outcome_in_text() {
    assert_snapshot!(output(&losing_replies(), &and(&SMS, &["--out-id=order-7"])));
}

#[test]
fn sms_send_with_an_unknown_outcome_in_json() {
    assert_snapshot!(output(&losing_replies(), &and(&SMS, &["--out-id=order-7", "--json"])));
}

#[test]
fn sms_send_dry_run_in_text() {
    assert_snapshot!(output(&World::new(), &and(&PREVIEW, &["--out-id=order-7", "--dry-run"])));
}

#[test]
fn sms_send_dry_run_in_json() {
    let words = and(&PREVIEW, &["--out-id=order-7", "--dry-run", "--json"]);
    assert_snapshot!(output(&World::new(), &words));
}

/// A world with one key whose message was accepted.
fn with_key() -> World {
    let world = accepting();
    world.run(&and(&SMS, &["--out-id=order-7", "--idempotency-key=order-42"])).exits(0);
    world
}

#[test]
fn keys_list() {
    assert_snapshot!(output(&with_key(), &["keys", "list"]));
}

#[test]
fn keys_show() {
    assert_snapshot!(output(&with_key(), &["keys", "show", "order-42"]));
}

#[test]
fn sms_status() {
    // The service keeps receipts for 30 days only, so the day cannot be fixed.
    let china = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    let day = jiff::Timestamp::now().to_zoned(china).date().to_string();
    let receipt = |status: u8, code: &str, time: &str| {
        json!({
            "PhoneNum": "13800001000", "SendStatus": status, "ErrCode": code, "OutId": "order-7",
            "SendDate": format!("{day} 08:00:00"), "ReceiveDate": format!("{day} {time}"),
            "TemplateCode": "SMS_100003", "Content": "Your parcel is here.",
        })
    };
    let reply = json!({
        "Code": "OK", "Message": "OK", "RequestId": "R-12345678", "TotalCount": "2",
        "SmsSendDetailDTOs": { "SmsSendDetailDTO": [
            receipt(3, "DELIVERED", "08:00:05"),
            receipt(2, "MOBILE_NOT_ON_SERVICE", "08:01:00"),
        ] },
    });
    let world = World::with_script(json!([reply_to("dysmsapi query-send-details", &reply),]));
    let text = unredacted(&world, &["sms", "status", "-p", "13800001000", "--send-date", &day]);
    assert_snapshot!(redacted(&world, &text.replace(&day, FIXED_DAY)));
}

#[test]
fn templates_show_sms() {
    let words = ["--sandbox", "templates", "show", "SMS_100003", "--channel", "sms"];
    assert_snapshot!(output(&World::bare(), &words));
}

#[test]
fn templates_show_whatsapp() {
    let words = ["--sandbox", "templates", "show", "100000000000002", "--language", "en"];
    assert_snapshot!(output(&World::bare(), &words));
}

#[test]
fn whatsapp_history() {
    let message = |id: &str, action: &str, text: &str| {
        json!({
            "MessageId": id, "UserNumber": "8613900000007", "BusinessNumber": "8613800000001",
            "EventAction": action, "MessageType": "TEXT",
            "Message": json!({ "text": text }).to_string(),
            "MessageStatus": "success", "SendTime": "2026-03-26T10:00:00.000+00:00",
        })
    };
    let reply = json!({
        "Code": "OK",
        "Data": [message("2", "UP", "Where is my parcel?"), message("1", "DOWN", "It is here.")],
    });
    let world = World::with_script(json!([reply_to("cams list-chatapp-message", &reply),]));
    let words = [
        "whatsapp",
        "history",
        "--from=8613800000001",
        "--cust-space-id=cams-sandbox",
        "--since=2026-03-26T08:00:00+08:00",
    ];
    assert_snapshot!(output(&world, &words));
}
