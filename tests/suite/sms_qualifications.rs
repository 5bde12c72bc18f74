//! `sms qualifications list` and `show`: personal data is masked by default.

use crate::support::{World, reply_to};
use serde_json::{Value, json};

/// Personal data of the sandbox's first two qualifications.
const SECRETS: [&str; 8] = [
    "Alice",
    "Bob",
    "13800000011",
    "13800000022",
    "11010119",
    "documents.example.com",
    "license.png",
    "2040-01-01",
];

#[track_caller]
fn assert_hidden(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[test]
fn a_reply_without_a_qualification_is_a_failure() {
    let world = World::new();
    world.run_line("sms qualifications show 5 --order-id 7 --json").exits(6);
    world.assert_clean();
}

#[test]
fn statuses_are_one_vocabulary() {
    let world = World::new();
    for (word, state) in [
        ("suspended", "NOT_FINISH"),
        ("NOT_FINISH", "NOT_FINISH"),
        ("INT", "INIT"),
        ("pass", "PASS"),
    ] {
        let words = ["sms", "qualifications", "list", "--state", word, "--dry-run"];
        let ran = world.run(&words);
        assert!(ran.stdout.contains(&format!("--state={state}")), "{}", ran.stdout);
    }
    world.run_line("sms qualifications list --state done").exits(2);
    assert!(world.processes().is_empty());
}

#[test]
fn personal_data_is_hidden_in_text_in_json_and_in_raw() {
    let world = World::new();
    for words in [
        &["list", "--all"][..],
        &["list", "--all", "--json"],
        &["show", "1000009001"],
        &["show", "1000009001", "--json"],
        &["show", "1000009002", "--json", "-v"],
    ] {
        let ran = world.run(&[&["--sandbox", "sms", "qualifications"], words].concat()).exits(0);
        assert_hidden(&ran.stdout);
        assert_hidden(&ran.stderr);
    }
    let listed = world.run_line("--sandbox --json sms qualifications list").json();
    let states: Vec<&Value> =
        (0..4).map(|at| &listed["data"]["qualifications"][at]["status"]).collect();
    assert_eq!(states, ["approved", "rejected", "reviewing", "suspended"]);
    assert_eq!(listed["data"]["qualifications"][0]["company_name"], "Acme Trading Ltd");
    assert_eq!(listed["data"]["qualifications"][0]["id"], "1000009001");
    assert_eq!(listed["data"]["total"], 4);
    let words = ["--sandbox", "--json", "--raw", "sms", "qualifications", "show", "1000009003"];
    let shown = world.run(&words).json();
    assert_eq!(shown["data"]["status"], "reviewing");
    assert_eq!(shown["data"]["admin_name"], "C***");
    assert_eq!(shown["data"]["admin_phone_no"], "***33");
    assert_eq!(shown["raw"][0]["Data"]["AdminIDCardPic"], "***");
    assert_eq!(shown["data"]["other_files"], json!([{"license_pic": "***", "pic_url": "***"}]));
    world.assert_clean();
}

#[test]
fn odd_replies_are_redacted_and_never_cause_a_panic() {
    for reply in [
        json!({"Code": "OK", "Data": {"Odd": "13800000011", "AdminName": ["Alice"],
               "OtherFiles": [["https://documents.example.com/a"]], "State": {"a": 1}}}),
        json!({"Code": "OK", "Data": [{"LegalPersonName": "Alice"}]}),
        json!({"Code": "OK", "Data": "https://documents.example.com/a"}),
        json!({"Code": "isv.INVALID_PARAMETERS", "Message": "13800000011 is unknown",
               "Data": {"AdminName": "Alice"}}),
        json!({"Code": "OK"}),
    ] {
        for words in [&["list"][..], &["show", "5"]] {
            let world = World::with_script(json!([reply_to("dysmsapi", &reply)]));
            let ran = world.run(&[&["sms", "qualifications"], words, &["--json"]].concat());
            assert!(matches!(ran.exit(), 0 | 6), "{reply}: {ran:#?}");
            ran.json();
            assert_hidden(&ran.stdout);
            assert_hidden(&ran.stderr);
        }
    }
}

const FULL: [&str; 5] = ["--sandbox", "sms", "qualifications", "show", "1000009001"];

#[test]
fn without_a_terminal_personal_data_needs_yes() {
    let world = World::new();
    let ran = world.run(&[&FULL[..], &["--show-personal-data", "--json"]].concat()).exits(2);
    assert!(ran.stdout.contains("--yes"), "{}", ran.stdout);
    let ran = world
        .run(&[&FULL[..], &["--show-personal-data", "--json", "--raw", "--yes"]].concat())
        .exits(0);
    let json = ran.json();
    assert_eq!(json["data"]["admin_phone_no"], "13800000011");
    assert_eq!(json["raw"][0]["Data"]["AdminName"], "Alice Sample");
    // --yes alone is not consent to personal data.
    assert_hidden(&world.run(&[&FULL[..], &["--json", "--yes"]].concat()).stdout);
    world.assert_clean();
}

#[test]
fn at_a_terminal_personal_data_needs_confirmation() {
    for (answer, exit, is_shown) in [("yes\r", 0, true), ("no\r", 9, false)] {
        let world = World::new();
        let mut terminal = world.terminal(&[&FULL[..], &["--show-personal-data"]].concat());
        terminal.expect("to show personal data");
        assert!(world.processes().is_empty());
        terminal.write(answer);
        let ran = terminal.wait();
        assert_eq!(ran.exit(), exit, "{ran:#?}");
        assert_eq!(ran.stdout.contains("13800000011"), is_shown, "{ran:#?}");
    }
}
