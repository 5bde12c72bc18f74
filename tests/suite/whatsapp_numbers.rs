//! Numbers, profile, accounts, automation and webhook: the exact calls, odd replies, and whole
//! commands in the sandbox.

mod settings;

use crate::support::{World, flag};
use serde_json::{Value, json};

const NUMBER: &str = "8613800000001";

fn answer(command: &str, reply: &Value) -> Value {
    json!({ "match": ["cams", command], "stdout": reply.to_string() })
}

/// Runs a command that must be rejected; returns the message and the missing flags.
#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let error = World::new().run_rejected(&[arguments, &["--yes"]].concat());
    format!("{} {}", error["message"], error["missing"])
}

#[track_caller]
fn sandboxed(world: &World, arguments: &[&str]) -> Value {
    let ran = world.run(&[&["--sandbox", "--json"], arguments].concat()).exits(0);
    ran.json()["data"].clone()
}

#[test]
fn numbers_are_listed_with_quality_and_limits() {
    let world = World::new();
    let reply = json!({"Code": "OK", "PhoneNumbers": [
        {"PhoneNumber": NUMBER, "QualityRating": "GREEN", "MessagingLimitTier": "TIER_1K"}, null, 5,
    ]});
    world.script(json!([answer("query-chatapp-phone-numbers", &reply)]));
    let json = world.run_line("whatsapp numbers list --cust-space-id s1 --json --raw").json();
    assert_eq!(json["data"]["total"], 1);
    assert_eq!(json["data"]["numbers"][0]["quality_rating"], "GREEN");
    assert_eq!(json["raw"], json!([reply]));
    for odd in [json!({"Code": "OK"}), json!({"Code": "OK", "PhoneNumbers": "none", "Data": 1})] {
        world.script(json!([answer("query-chatapp-phone-numbers", &odd)]));
        let ran = world.run(&["whatsapp", "numbers", "list", "--json"]);
        assert_eq!(ran.json()["data"], json!({"numbers": [], "total": 0}));
    }
    world.assert_clean();
}

#[test]
fn show_adds_metrics_and_health_and_warns_if_one_is_missing() {
    let world = World::new();
    let row =
        json!({"Code": "OK", "PhoneNumbers": [{"PhoneNumber": NUMBER, "Status": "CONNECTED"}]});
    let metric = json!({"Code": "OK", "Data": [{"SentCount": 3, "DeliveredCount": "2"}, {}, 7]});
    let health = json!({"Code": "OK", "Data": {"CanSendMessage": "LIMITED", "Entities": []}});
    let show =
        ["whatsapp", "numbers", "show", NUMBER, "--cust-space-id", "s1", "--json"].as_slice();
    world.script(json!([
        answer("query-chatapp-phone-numbers", &row),
        answer("get-chatapp-phone-number-metric", &metric),
        answer("get-whatsapp-health-status", &health),
    ]));
    let json = world.run(show).json();
    assert_eq!(json["data"]["metrics"]["sent"], 3);
    assert_eq!(json["data"]["metrics"]["delivered"], 2);
    assert_eq!(json["data"]["health"]["can_send_message"], "LIMITED");
    assert_eq!(json["warnings"], json!([]));
    let metric = &world.calls()[1];
    let time = |name| flag(metric, name).and_then(|value| value.parse::<u64>().ok()).expect(name);
    assert_eq!(time("end") - time("start"), 7 * 24 * 3_600_000);

    world.script(json!([
        answer("query-chatapp-phone-numbers", &row),
        answer("get-chatapp-phone-number-metric", &json!({"Code": "NoMetric", "Message": "off"})),
        answer("get-whatsapp-health-status", &json!({"Code": "OK", "Data": []})),
    ]));
    let ran = world.run(show).exits(0);
    let json = ran.json();
    assert_eq!(json["data"]["metrics"], Value::Null);
    assert!(json["warnings"][0].to_string().contains("GetChatappPhoneNumberMetric"), "{json}");

    world.script(json!([answer("query-chatapp-phone-numbers", &json!({"Code": "OK"}))]));
    world.run(show).exits(6);
    assert!(refused(&["whatsapp", "numbers", "show", "+8613800000001"]).contains("phone number"));
    world.assert_clean();
}

#[test]
fn profile_update_shows_old_and_new_values_first() {
    let world = World::new();
    let old =
        json!({"Code": "OK", "Data": {"About": "the old line", "Websites": ["https://a.example"]}});
    world.script(json!([answer("query-phone-business-profile", &old)]));
    let base = ["whatsapp", "profile", "update", NUMBER, "--cust-space-id", "s1"];
    let websites = ["--website", "https://b.example", "--website", "https://c.example"];
    let update = [&base[..], &["--about", "the new line"], &websites].concat();
    let mut terminal = world.terminal(&update);
    terminal.expect("the old line → the new line");
    terminal.expect("https://a.example → https://b.example, https://c.example");
    terminal.expect("Type \"yes\" to");
    world.wait_until("ai-mode is off", || world.ai_mode() == Some(false));
    terminal.write("yes\r");
    terminal.wait().exits(0);
    assert_eq!(
        world.call_names(),
        ["query-phone-business-profile", "modify-phone-business-profile"]
    );
    world.assert_clean();

    let mut terminal = world.terminal(&update);
    terminal.answer("Type \"yes\" to", "no");
    terminal.expect("nothing was changed");
    terminal.wait().exits(9);
    world.assert_clean();

    let long = "é".repeat(140);
    for (more, expected) in [
        (&[][..], "nothing to change"),
        (&["--about", &long], "140 characters"),
        (&["--website", "b.example"], "is not a link"),
    ] {
        let message = refused(&[&base, more].concat());
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_profile_of_any_shape_is_shown() {
    let world = World::new();
    for (data, about) in [
        (json!({"About": "hello", "Websites": ["x"], "New": {"FieldName": 1}}), json!("hello")),
        (json!({"About": 5}), json!(5)),
        (json!([]), Value::Null),
        (Value::Null, Value::Null),
    ] {
        let reply = json!({"Code": "OK", "Data": data});
        world.script(json!([answer("query-phone-business-profile", &reply)]));
        let ran = world
            .run(&["whatsapp", "profile", "show", NUMBER, "--cust-space-id", "s1", "--json"])
            .exits(0);
        assert_eq!(ran.json()["data"]["about"], about);
        assert_eq!(ran.json()["data"]["number"], NUMBER);
    }
}

#[test]
fn without_confirmation_or_on_a_dry_run_nothing_starts() {
    let world = World::new();
    let space = ["--cust-space-id", "s1"];
    for change in [
        &["whatsapp", "profile", "update", NUMBER, "--about", "x"][..],
        &["whatsapp", "automation", "set", NUMBER, "--prompt", "x"],
        &["whatsapp", "webhook", "set", NUMBER, "--http-flag", "Y"],
    ] {
        world.run(&[change, &space].concat()).exits(2);
        world.run(&[change, &space, &["--dry-run"]].concat()).exits(0);
    }
    for read in [
        &["whatsapp", "numbers", "list"][..],
        &["whatsapp", "numbers", "show", NUMBER],
        &["whatsapp", "profile", "show", NUMBER],
        &["whatsapp", "automation", "show", NUMBER],
    ] {
        world.run(&[read, &space, &["--dry-run"]].concat()).exits(0);
    }
    world.run(&["whatsapp", "accounts", "list", "--dry-run"]).exits(0);
    assert!(world.commands().is_empty());
}

#[test]
fn a_change_reports_old_and_new_values_and_what_is_unchanged() {
    let world = World::new();
    let update = |more: &[&str]| {
        let words = ["whatsapp", "profile", "update", NUMBER, "--cust-space-id", "cams-sandbox"];
        sandboxed(&world, &[&words[..], more, &["--yes"]].concat())
    };
    let before = update(&["--about", "Open daily"])["changes"][0].clone();
    assert_eq!((&before["field"], &before["changed"]), (&json!("about"), &json!(true)));
    let data = update(&["--about", "Open daily", "--website", "https://a.example"]);
    assert_eq!(data["unchanged"], false);
    assert_eq!(
        data["changes"][0],
        json!({"field": "about", "old": "Open daily", "new": "Open daily", "changed": false})
    );
    let websites = &data["changes"][1];
    assert_eq!(websites["new"], json!(["https://a.example"]));
    assert_eq!((&websites["field"], &websites["changed"]), (&json!("websites"), &json!(true)));
    assert_eq!(update(&["--about", "Open daily"])["unchanged"], true);

    // With --yes, values that cannot be fetched do not prevent the change.
    let world = World::new();
    let denied = json!({"Code": "Forbidden.RAM", "Message": "no"});
    world.script(json!([answer("query-phone-business-profile", &denied)]));
    let words = ["whatsapp", "profile", "update", NUMBER, "--cust-space-id", "s1", "--about", "x"];
    let json = world.run(&[&words[..], &["--yes", "--json"]].concat()).exits(0).json();
    assert_eq!(
        (&json["data"]["changes"][0]["changed"], &json["data"]["unchanged"]),
        (&Value::Null, &json!(false))
    );
    assert!(json["warnings"][0].as_str().expect("a warning").contains("unknown"), "{json:#}");
}

#[test]
fn settings_in_the_sandbox_can_be_changed_and_shown() {
    let world = World::new();
    let space = ["--cust-space-id", "cams-sandbox"];
    let run = |arguments: &[&str]| sandboxed(&world, &[arguments, &space].concat());
    run(&["whatsapp", "profile", "update", NUMBER, "--about", "New", "--yes"]);
    assert_eq!(run(&["whatsapp", "profile", "show", NUMBER])["about"], "New");
    let automation = ["--enable-welcome-message", "--prompt=Hello?", "--command=track=Track it"];
    run(&[&["whatsapp", "automation", "set", NUMBER, "--yes"], &automation[..]].concat());
    assert_eq!(
        run(&["whatsapp", "automation", "show", NUMBER]),
        json!({"number": NUMBER, "enable_welcome_message": true, "prompts": ["Hello?"],
               "commands": [{"name": "track", "description": "Track it"}],
               "untrusted": true})
    );
    let url = "--up-callback-url=https://a.example/u";
    run(&["whatsapp", "webhook", "set", NUMBER, url, "--yes"]);
    let shown = run(&["whatsapp", "numbers", "show", NUMBER]);
    assert_eq!(shown["up_callback_url"], "https://a.example/u");
    assert_eq!(shown["health"]["can_send_message"], "AVAILABLE");
    assert_eq!(shown["metrics"]["sent"], 0);
    let accounts = sandboxed(&world, &["whatsapp", "accounts", "list"]);
    assert_eq!(accounts["accounts"][0]["waba_name"], "Acme");
    assert_eq!(accounts["total"], 2);
    assert_eq!(sandboxed(&world, &["whatsapp", "numbers", "list"])["total"], 2);
}
