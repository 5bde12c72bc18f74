//! The check covers every kind of send, and what makes two messages equal.

use serde_json::{Value, json};

use crate::duplicates::assert_refused;
use crate::support::World;
use crate::support::messages::{SMS, TEMPLATE, and, with};

const CHAT: &str = "--from 8613800000001 --to 8613800001000 --yes --json";

#[test]
fn every_kind_of_message_is_refused_when_it_is_repeated() {
    let whatsapp = |kind: &str| format!("whatsapp send {kind} {CHAT}");
    let viber = |kind: &str| format!("{} --channel-type viber --label promotion", whatsapp(kind));
    let world = World::new();
    for line in [
        "sms send -p 13800001000 -s Acme -t SMS_100003 --yes --json".to_string(),
        "sms send -p 13800001000 -s Acme -t SMS_1 --param code=4711 --yes --json".to_string(),
        whatsapp("template --template-code 1 --language en --param name=Alice"),
        whatsapp("image --link https://example.com/a.png --caption Yours"),
        whatsapp("video --link https://example.com/a.mp4"),
        whatsapp("audio --link https://example.com/a.mp3"),
        whatsapp("document --link https://example.com/a.pdf --file-name a.pdf"),
        whatsapp("sticker --link https://example.com/a.webp"),
        whatsapp("location --latitude 30.2741 --longitude 120.1551 --name Store"),
        whatsapp("contacts --name 'Alice Chen' --phone +8613800000001"),
        whatsapp("reaction --message-id wamid.1 --emoji 👍"),
        whatsapp("buttons --body 'Shall we?' --button yes=Yes --button no=No"),
        whatsapp("list --body 'When?' --button-text Choose --row am=Morning --row pm=Evening"),
        whatsapp("raw --message-type text --content '{\"text\":\"raw\"}'"),
        viber("text --text Hello"),
        viber("template --template-code 1 --language en"),
    ] {
        let before = world.sent().len();
        world.run_line(&line).exits(0);
        let processes = world.commands().len();
        assert_refused(&world.run_line(&line));
        assert_eq!(world.commands().len(), processes, "{line}: no process was started");
        world.run_line(&format!("{line} --allow-duplicate")).exits(0);
        assert_eq!(world.sent().len(), before + 2, "{line}");
    }
    world.assert_clean();
}

#[test]
fn the_tracking_id_and_the_notation_of_a_number_make_no_difference() {
    let world = World::new();
    world.run(&and(&SMS, &["--json", "--out-id=one"])).exits(0);
    for number in ["13800001000", "+8613800001000", "008613800001000", "8613800001000"] {
        let again = and(&with(&SMS, "-p", number), &["--json", "--out-id=two"]);
        assert_refused(&world.run(&again));
    }
    world.run(&and(&TEMPLATE, &["--json", "--task-id=one"])).exits(0);
    let more = ["--json", "--task-id=two", "--fall-back-id=x", "--fall-back-duration=60"];
    assert_refused(&world.run(&and(&TEMPLATE, &more)));
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn a_template_with_other_variables_signature_or_sender_is_another_message() {
    let world = World::new();
    world.run(&SMS).exits(0);
    world.run(&TEMPLATE).exits(0);
    for line in [
        and(&SMS, &["--param", "code=1"]),
        and(&SMS, &["--param", "code=2"]),
        and(&SMS, &["--sms-up-extend-code", "7"]),
        with(&SMS, "-s", "Other"),
        with(&SMS, "-t", "SMS_100005"),
        and(&TEMPLATE, &["--param", "name=Alice"]),
        and(&TEMPLATE, &["--context-message-id", "wamid.1"]),
        with(&TEMPLATE, "--language", "de"),
        with(&TEMPLATE, "--from", "8613800000003"),
    ] {
        world.run(&line).exits(0);
    }
    // The order of the variables has no meaning.
    let both = |json| and(&SMS, &["--json", "--template-param", json]);
    world.run(&both(r#"{"a":"1","b":"2"}"#)).exits(0);
    assert_refused(&world.run(&both(r#"{"b":"2","a":"1"}"#)));
    assert_eq!(world.sent().len(), 12);
}

#[test]
fn an_sms_to_several_numbers_is_refused_if_one_of_them_had_it() {
    let world = World::new();
    let to = |numbers: &str| world.run(&and(&with(&SMS, "-p", numbers), &["--json"]));
    to("13800001000,13800001001").exits(0);
    let ran = to("13800001002,13800001001,13800001003");
    assert_refused(&ran);
    let error = &ran.json()["error"];
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("*******1001"), "{message}");
    assert!(!message.contains("1002") && !message.contains("1003"), "{message}");
    assert!(error["next"][0].as_str().is_some_and(|next| next.contains("-p 13800001001")));
    to("13800001002,13800001003").exits(0);
    // The refused message was not recorded.
    assert_eq!(world.sent().len(), 2);
    let many: Vec<String> =
        (0..1000).map(|number| format!("{}", 13_900_001_000_u64 + number)).collect();
    to(&many.join(",")).exits(0);
    let ran = to(&many.join(","));
    assert_refused(&ran);
    let message = ran.json()["error"]["message"].to_string();
    assert!(message.contains("and 997 more"), "{message}");
    assert_eq!(world.sent().len(), 3);
    world.assert_clean();
}

#[test]
fn a_rejected_sms_frees_its_record() {
    let world = World::with_script(json!([{
        "match": ["dysmsapi", "send-sms"], "times": 1, "sent": false,
        "stdout": "{\"Code\":\"isv.BUSINESS_LIMIT_CONTROL\",\"Message\":\"too many\"}",
    }]));
    world.run(&SMS).exits(6);
    let keys = world.run(&["keys", "list", "--json"]).exits(0);
    assert_eq!(keys.json()["data"]["keys"], Value::Array(Vec::new()));
    world.run(&SMS).exits(0);
    assert_eq!(world.sent().len(), 1);
    // An accepted message leaves no key either.
    let keys = world.run(&["keys", "list", "--json"]).exits(0);
    assert_eq!(keys.json()["data"]["keys"], Value::Array(Vec::new()));
}

#[test]
fn a_row_of_a_batch_has_its_own_record() {
    let world = World::new();
    let file = world.file("rows.csv", "phone\n13800001000\n");
    let batch = ["sms", "batch", &file, "-s", "Acme", "-t", "SMS_100003", "--yes"];
    world.run(&batch).exits(0);
    world.run(&SMS).exits(0);
    assert_eq!(world.sent().len(), 2);
}
