//! Suggested commands go where the run went. [`Ran::wait`](crate::support::Running::wait) checks every
//! suggestion of every test; here are the channels and the flags.

use crate::support::World;
use serde_json::{Value, json};

/// The flags of these runs, as suggested commands have them.
const FLAGS: &str = "--sandbox --profile 'my prod' --region cn-beijing";

fn sandboxed(world: &World, line: &str) -> Value {
    world.run_line(&format!("{line} {FLAGS} --json")).json()
}

#[test]
fn the_command_that_sends_a_template_has_the_flags_on_all_channels() {
    let world = World::new();
    for line in
        ["templates show SMS_100002 --channel sms", "templates show 100000000000001 --language en"]
    {
        let json = sandboxed(&world, line);
        let send = json["data"]["send"].as_str().expect("a command");
        assert!(send.ends_with(FLAGS), "{send}");
        let text = world.run_line(&format!("{line} {FLAGS}")).stdout;
        assert!(text.contains(FLAGS), "{text}");
    }
    let viber = World::answering(
        "cams get-chatapp-template-detail",
        &[
            json!({"Code": "OK", "Data": {"TemplateCode": "v1", "Language": "en", "Components": []}}),
        ],
    );
    let aliyun = viber.path("bin/aliyun").display().to_string();
    let ran = viber.run(&[
        "templates",
        "show",
        "v1",
        "--channel",
        "viber",
        "--language",
        "en",
        "--json",
        "--region",
        "cn-beijing",
        "--aliyun",
        &aliyun,
    ]);
    let send = ran.json()["data"]["send"].to_string();
    assert!(send.contains("--region cn-beijing --aliyun /"), "{send}");
}

#[test]
fn next_steps_and_hints_have_the_flags() {
    let world = World::new();
    for line in [
        "sms send -p 13800001000 -s Acme -t SMS_404 --yes",
        "keys show nothing",
        "whatsapp history",
    ] {
        let json = sandboxed(&world, line);
        let next = json["error"]["next"].as_array().expect("next steps");
        assert!(!next.is_empty(), "{line}: {json:#}");
        for next in next {
            assert!(next.as_str().is_some_and(|next| next.ends_with(FLAGS)), "{next}");
        }
    }
    let json = sandboxed(
        &world,
        "whatsapp send buttons --from 8613800000001 --to 8613800001000 --body x --yes \
         --button a=A --button b=B --button c=C --button d=D",
    );
    let hint = json["error"]["hint"].as_str().expect("a hint");
    assert!(hint.contains(&format!("`alimsg whatsapp send list {FLAGS}`")), "{hint}");
}

#[test]
fn a_key_that_looks_like_a_flag_stays_a_key() {
    let world = World::with_script(json!([{
        "match": ["dysmsapi", "send-sms"], "exit": 1, "stderr": "Error: unexpected EOF\n",
    }]));
    let ran = world.run_line(
        "sms send -p 13800001000 -s Acme -t SMS_1 --yes --json --idempotency-key=--yes \
         --region cn-beijing",
    );
    let json = ran.exits(7).json();
    let next = json["error"]["next"].as_array().expect("next steps");
    let resolve = next.iter().filter_map(Value::as_str).find(|next| next.contains("not-sent"));
    assert_eq!(
        resolve,
        Some("alimsg keys resolve --as not-sent --region cn-beijing -- --yes"),
        "{json:#}"
    );
}
