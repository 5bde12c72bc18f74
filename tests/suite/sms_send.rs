//! `sms send`: the arguments that `aliyun` gets, and the replies.

use crate::support::messages::{SMS, and};
use crate::support::{World, any_text, flag, for_any};
use proptest::prelude::prop_assert_eq;
use serde_json::{Value, json};

#[test]
fn the_json_has_everything_that_a_script_needs() {
    let world = World::new();
    let ran = world.run(&and(&SMS, &["--out-id", "track-1", "--json", "--raw"])).exits(0);
    let answer = ran.json();
    assert_eq!(answer["schema"], 1);
    assert_eq!(answer["ok"], true);
    assert_eq!(answer["command"], "sms send");
    assert_eq!(answer["warnings"], json!([]));
    assert_eq!(answer["ai_mode_disabled"], true);
    assert_eq!(answer.get("sandbox"), None);
    assert_eq!(answer["raw"][0]["Code"], "OK");
    assert_eq!(
        answer["data"],
        json!({
            "status": "accepted",
            "biz_id": answer["raw"][0]["BizId"],
            "out_id": "track-1",
            "request_id": answer["raw"][0]["RequestId"],
            "to": ["13800001000"],
            "replayed": false,
        })
    );
    assert!(answer["data"]["biz_id"].as_str().is_some_and(|id| !id.is_empty()));
    assert_eq!(answer["account"]["profile"], "default");
    // Accepted is never called delivered.
    assert!(!ran.stdout.contains("delivered"), "{}", ran.stdout);
    world.assert_clean();
}

#[test]
fn every_message_gets_a_tracking_id_that_is_printed() {
    let world = World::new();
    let mut ids: Vec<Value> = (0..3)
        .map(|_| world.run(&and(&SMS, &["--json", "--param=n=x{n}"])))
        .map(|ran| ran.json()["data"]["out_id"].clone())
        .collect();
    let sent: Vec<Value> =
        world.sent().iter().map(|message| message["flags"]["out-id"].clone()).collect();
    assert_eq!(ids, sent);
    assert!(ids.iter().all(|id| id.as_str().is_some_and(|id| id.len() == 36)), "{ids:?}");
    ids.sort_by_key(Value::to_string);
    ids.dedup();
    assert_eq!(ids.len(), 3, "all are different");
    world.assert_clean();
}

#[test]
fn a_thousand_numbers_are_sent_in_one_call() {
    let world = World::new();
    let numbers: Vec<String> = (0..1000).map(|n| format!("1380000{n:04}")).collect();
    let list = numbers.join(",");
    let ran = world.run(&["sms", "send", "-p", &list, "-s", "S", "-t", "T", "--yes", "--json"]);
    assert_eq!(ran.json()["data"]["to"].as_array().map(Vec::len), Some(1000), "{}", ran.stderr);
    assert_eq!(flag(&world.call(), "phone-numbers"), Some(&*list));
    world.assert_clean();
}

#[test]
fn a_rejection_has_cause_outcome_and_next_step() {
    let world = World::new();
    let reply = json!({
        "Code": "isv.SMS_TEMPLATE_ILLEGAL", "Message": "no such template",
        "RequestId": "0A1B2C3D-0000",
    });
    world.script(json!([
        { "match": ["dysmsapi"], "stdout": reply.to_string(), "sent": false }
    ]));
    let ran = world.run(&and(&SMS, &["--json", "--raw"])).exits(6);
    let answer = ran.json();
    assert_eq!((&answer["ok"], &answer["command"]), (&json!(false), &json!("sms send")));
    assert_eq!(answer["raw"], json!([reply]));
    assert_eq!(answer["ai_mode_disabled"], true);
    let error = answer["error"].as_object().expect("an error");
    let names: Vec<&str> = error.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "kind",
            "code",
            "message",
            "hint",
            "next",
            "outcome",
            "retryable",
            "missing",
            "request_id",
            "untrusted",
        ]
    );
    assert_eq!(error["kind"], "rejected");
    assert_eq!(error["code"], "isv.SMS_TEMPLATE_ILLEGAL");
    assert_eq!((&error["outcome"], &error["retryable"]), (&json!("not_sent"), &json!(false)));
    assert_eq!(error["request_id"], "0A1B2C3D-0000");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("approved template")));

    let ran = world.run(&and(&SMS, &[]));
    assert_eq!((ran.exit(), ran.stdout.as_str()), (6, ""));
    for part in ["error: ", "no such template", "nothing was sent", "hint: ", "0A1B2C3D-0000"] {
        assert!(ran.stderr.contains(part), "{part} in {}", ran.stderr);
    }
    world.assert_clean();
}

#[test]
fn an_unknown_outcome_exits_with_7_and_the_command_that_checks() {
    let lost = "Error: Post \"https://dysmsapi.aliyuncs.com/\": context deadline exceeded \
                (Client.Timeout exceeded while awaiting headers)\n";
    for rule in [
        json!({ "match": ["dysmsapi"], "exit": 1, "stderr": lost }),
        json!({ "match": ["dysmsapi"], "stdout": "{\"Code\":\"OK\",\"Data\":{\"BizId\":" }),
        json!({ "match": ["dysmsapi"], "stdout": "{\"Code\":\"OK\"}" }),
        json!({ "match": ["dysmsapi"], "stdout": "<html>busy</html>" }),
        json!({ "match": ["dysmsapi"], "kill_self": 9 }),
        json!({ "match": ["dysmsapi"], "stdout": "{\"Code\":\"isp.SYSTEM_ERROR\"}" }),
    ] {
        let world = World::with_script(json!([rule]));
        let ran = world.run(&and(&SMS, &["--out-id", "track 1", "--json"]));
        assert_eq!(ran.exit(), 7, "{rule}: {ran:#?}");
        let error = &ran.json()["error"];
        assert_eq!((&error["outcome"], &error["retryable"]), (&json!("unknown"), &json!(false)));
        assert_eq!(error["next"][0], "alimsg sms status -p 13800001000 --out-id 'track 1'");
        assert_eq!(world.commands().iter().filter(|name| name.contains("send-sms")).count(), 1);
        world.assert_clean();
    }
}

#[test]
fn a_reply_after_plugin_installation_notes_is_parsed() {
    let world = World::new();
    let reply = "Downloading aliyun-cli-dysmsapi ...\nPlugin installed successfully!\n\
                 {\"Code\":\"OK\",\"BizId\":\"77^0\"}\n";
    world.script(json!([
        { "match": ["dysmsapi"], "stdout": reply, "stderr": "Could not load the remote catalog\n" }
    ]));
    assert_eq!(world.run(&and(&SMS, &["--json"])).json()["data"]["biz_id"], "77^0");
    world.assert_clean();
}

/// A unit test covers many more texts; this one starts real processes.
#[test]
fn any_text_reaches_the_child_as_one_value() {
    let world = World::new();
    for_any(&(any_text(), any_text(), any_text()), 32, |(sign, id, value)| {
        let id: String = id.chars().take(255).collect();
        let flags = [
            format!("--sign-name={sign}"),
            format!("--out-id={id}"),
            format!("--param=code={value}"),
            // Two random texts can be equal.
            "--allow-duplicate".to_string(),
        ];
        let mut words = vec!["sms", "send", "-p", "13800001000", "-t", "T", "--yes", "--json"];
        words.extend(flags.iter().map(String::as_str));
        let ran = world.run(&words);
        prop_assert_eq!(ran.exit(), 0, "{:#?}", ran);
        let sent = world.sent().pop().expect("a message");
        prop_assert_eq!(&sent["flags"]["sign-name"], &json!(sign));
        prop_assert_eq!(&sent["flags"]["out-id"], &json!(id));
        let param = sent["flags"]["template-param"].as_str().expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Value>(param).ok(), Some(json!({ "code": value })));
        prop_assert_eq!(&ran.json()["data"]["out_id"], &json!(id));
        Ok(())
    });
    world.assert_clean();
}
