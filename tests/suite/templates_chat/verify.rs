//! `whatsapp send template --verify`: the template is checked before the confirmation and the send.

use serde_json::json;

use super::{answer, detail};
use crate::support::World;
use crate::support::messages::SOME_TEMPLATE;

/// Sends the template `c1` with --verify.
fn send<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let named = ["--template-code", "c1", "--language", "en", "--verify"];
    [&SOME_TEMPLATE[..], &named, more].concat()
}

#[test]
fn a_mismatch_is_reported_and_nothing_is_sent() {
    let body = json!([{"Type": "BODY", "Text": "Hello $(name), $(order)"}]);
    for (status, parameters, expected) in [
        ("pass", &["--param", "name=Al", "--param", "x=1"][..], "missing: order; superfluous: x"),
        ("pass", &[], "missing: name, order"),
        ("auditing", &["--param", "name=Al", "--param", "order=1"], "is reviewing"),
        ("PAUSED", &["--param", "name=Al", "--param", "order=1"], "is suspended"),
    ] {
        let world = World::with_script(json!([detail(status, body.clone())]));
        let ran = world.run(&send(&[parameters, &["--yes", "--json"]].concat())).exits(2);
        let json = ran.json();
        assert!(json["error"]["message"].to_string().contains(expected), "{json}");
        assert_eq!(json["error"]["outcome"], "not_sent");
        assert!(world.sent().is_empty());
        world.assert_clean();
    }
}

#[test]
fn the_plan_has_the_rendered_text_and_ai_mode_is_off_meanwhile() {
    let world = World::with_script(json!([detail(
        "pass",
        json!([
            {"Type": "BODY", "Text": "Hello $(name)"}, {"Type": "FOOTER", "Text": "Acme"},
        ])
    )]));
    let mut terminal = world.terminal(&send(&["--param", "name=Alice"]));
    for shown in ["Hello Alice", "_Acme_", "Type \"yes\" to"] {
        terminal.expect(shown);
    }
    world.wait_until("ai-mode is off", || world.ai_mode() == Some(false));
    assert!(world.sent().is_empty());
    terminal.write("yes\r");
    terminal.wait().exits(0);
    assert_eq!(world.sent().len(), 1);
    // Once for the prompts and for --verify.
    assert_eq!(world.call_names(), ["get-chatapp-template-detail", "send-chatapp-message"]);
    world.assert_clean();
}

#[test]
fn a_dry_run_shows_the_reads_before_the_change() {
    let world = World::new();
    let planned = |arguments: &[&str]| {
        world.run(&[arguments, &["--dry-run", "--json"]].concat()).exits(0).planned_names()
    };
    let detail = "get-chatapp-template-detail";
    assert_eq!(planned(&send(&[])), [detail, "send-chatapp-message"]);
    let delete = ["templates", "delete", "c1", "--language", "en"];
    assert_eq!(planned(&delete), [detail, "delete-chatapp-template"]);
    // With --yes the user would not see it.
    assert_eq!(planned(&[&delete[..], &["--yes"]].concat()), ["delete-chatapp-template"]);
    let update = ["templates", "update", "c1", "--language", "en", "--body", "x", "--yes"];
    assert_eq!(planned(&update), [detail, "modify-chatapp-template"]);
    assert!(world.commands().is_empty());
}

#[test]
fn a_template_without_components_or_permission_is_not_sent() {
    let reply = |more: serde_json::Value| {
        let mut data = json!({"TemplateCode": "c1", "Language": "en", "AuditStatus": "pass"});
        data.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        answer("get-chatapp-template-detail", json!({"Code": "OK", "Data": data}))
    };
    for (more, expected) in [
        (json!({}), "does not return its components"),
        (json!({"AllowSend": false, "Components": []}), "not allowed to be sent"),
    ] {
        let world = World::with_script(json!([reply(more)]));
        let account = ["--profile=default", "--region=cn-beijing", "--yes", "--json"];
        let ran = world.run(&send(&account)).exits(2);
        let error = &ran.json()["error"];
        assert!(error["message"].to_string().contains(expected), "{error}");
        // The next command uses the same account.
        let next = error["next"][0].as_str().expect("a command");
        assert_eq!(
            next,
            "alimsg templates show c1 --language en --profile default --region cn-beijing"
        );
        assert!(world.sent().is_empty());
        world.assert_clean();
    }
}
