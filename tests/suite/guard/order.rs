//! Which commands run, in which order and with which flags.

use serde_json::json;

use crate::guard::messages::*;
use crate::support::{Invocation, World};

const SET_AUTO_INSTALL: &[&str] = &["configure", "set", "--auto-plugin-install", "true"];

/// The argument vectors of all commands except product calls.
fn guard_vectors(world: &World) -> Vec<Vec<String>> {
    let is_guard = |seen: &Invocation| !matches!(seen.words()[0].as_str(), "cams" | "dysmsapi");
    world.processes().into_iter().filter(is_guard).map(|seen| seen.argv).collect()
}

#[test]
fn a_first_sms_takes_the_seven_steps_in_order() {
    let world = fresh();
    assert_accepted(&world.run(&SMS));
    let expected: [&[&str]; 8] = [
        &["version"],
        SET_AUTO_INSTALL,
        &["plugin", "list"],
        &["plugin", "install", "--names", "aliyun-cli-dysmsapi"],
        &["configure", "list"],
        &["configure", "ai-mode", "enable"],
        &["configure", "ai-mode", "set-user-agent", "--user-agent", SMS_AGENT],
        &["configure", "ai-mode", "disable"],
    ];
    assert_eq!(guard_vectors(&world), expected);
    assert_eq!(world.commands().iter().position(|name| name == "dysmsapi send-sms"), Some(7));
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn a_first_whatsapp_message_takes_the_seven_steps_in_order() {
    let world = World::new();
    assert_accepted(&world.run(&WHATSAPP));
    let expected: [&[&str]; 8] = [
        &["version"],
        SET_AUTO_INSTALL,
        &["plugin", "list"],
        // Installing would download an installed plugin again.
        &["plugin", "update"],
        &["configure", "list"],
        &["configure", "ai-mode", "enable"],
        &["configure", "ai-mode", "set-user-agent", "--user-agent", WHATSAPP_AGENT],
        &["configure", "ai-mode", "disable"],
    ];
    assert_eq!(guard_vectors(&world), expected);
    let names = world.commands();
    assert_eq!(names.iter().position(|name| name == "cams send-chatapp-message"), Some(7));
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn one_step_ends_before_the_next_begins() {
    let world = fresh();
    assert_accepted(&world.run(&SMS));
    let seen = world.processes();
    for pair in seen.windows(2) {
        let end = pair[0].end.as_ref().map(|end| end.end);
        assert!(end.is_some_and(|end| end <= pair[1].start), "{pair:#?}");
    }
}

#[test]
fn ai_mode_is_on_with_the_right_agent_during_the_call_and_off_around_it() {
    for (message, agent) in [(SMS.as_slice(), SMS_AGENT), (&WHATSAPP, WHATSAPP_AGENT)] {
        let world = World::new();
        world.set_ai_mode(false, "someone else's");
        assert_accepted(&world.run(message));
        let calls = calls(&world);
        let [call] = calls.as_slice() else { panic!("{calls:#?}") };
        assert_eq!(call.ai_mode["enabled"], true);
        assert_eq!(call.ai_mode["user_agent"], agent);
        assert_eq!(call.end.as_ref().map(|end| &end.ai_mode), Some(&call.ai_mode));
        assert_eq!(call.flag("user-agent"), Some(agent));
        let steps = world.processes();
        let before = steps.iter().take_while(|seen| seen.command() != "ai-mode enable");
        assert!(before.into_iter().all(|seen| !seen.ai_mode_enabled()), "{steps:#?}");
        world.assert_clean();
    }
}

#[test]
fn each_call_has_the_flags_that_its_service_needs() {
    let world = World::new();
    assert_accepted(&world.run(&with(&SMS, &["--out-id", "order-7"])));
    assert_accepted(&world.run(&with(&WHATSAPP, &["--task-id", "task-7"])));
    let calls = calls(&world);
    let [sms, whatsapp] = calls.as_slice() else { panic!("{calls:#?}") };
    for (name, value) in [
        ("api-version", "2017-05-25"),
        ("read-timeout", "3"),
        ("phone-numbers", "13800001000"),
        ("sign-name", "Acme"),
        ("template-code", "SMS_1"),
        ("out-id", "order-7"),
    ] {
        assert_eq!(sms.flag(name), Some(value), "--{name} of {sms:#?}");
    }
    for (name, value) in [
        ("channel-type", "whatsapp"),
        ("from", "8613800000001"),
        ("to", "8613800001000"),
        ("type", "message"),
        ("message-type", "text"),
        ("content", r#"{"text":"Hello"}"#),
        ("task-id", "task-7"),
    ] {
        assert_eq!(whatsapp.flag(name), Some(value), "--{name} of {whatsapp:#?}");
    }
    assert_eq!(whatsapp.flag("api-version"), None);
}

#[test]
fn only_product_calls_have_profile_and_region() {
    let world = World::new();
    assert_accepted(&world.run(&with(&SMS, &["--profile", "default", "-r", "cn-shanghai"])));
    let calls = calls(&world);
    assert_eq!(calls[0].flag("profile"), Some("default"));
    assert_eq!(calls[0].flag("region"), Some("cn-shanghai"));
    for vector in guard_vectors(&world) {
        let named = |word: &String| word.starts_with("--profile") || word.starts_with("--region");
        assert!(!vector.iter().any(named), "{vector:?}");
    }
    world.assert_clean();
}

#[test]
fn a_warm_run_starts_exactly_three_processes() {
    let world = warm();
    let cold = world.processes().len();
    assert_accepted(&world.run(&SMS));
    assert_eq!(commands_after(&world, cold), WARM_SMS);
    assert_eq!(world.sent().len(), 2);
    world.assert_clean();
}

#[test]
fn the_agent_string_is_set_unless_the_file_proves_that_it_is_stored() {
    let agent = |agent: &str| json!({ "enabled": false, "user_agent": agent }).to_string();
    for stored in [
        agent(""),
        agent("mine"),
        agent(WHATSAPP_AGENT),
        agent(&format!("{SMS_AGENT} ")),
        agent(SMS_AGENT)[..40].to_string(),
        json!({ "enabled": false, "user_agent": SMS_AGENT, "later": 1 }).to_string(),
    ] {
        let world = warm();
        world.file("home/.aliyun/ai-mode.json", &stored);
        let before = world.processes().len();
        assert_accepted(&world.run(&SMS));
        let seen = commands_after(&world, before);
        assert_eq!(seen[..2], ["ai-mode enable", "ai-mode set-user-agent"], "{stored}");
        assert_eq!(calls(&world)[1].ai_mode["user_agent"], SMS_AGENT, "{stored}");
        world.assert_clean();
    }
    let world = warm();
    std::fs::remove_file(world.path("home/.aliyun/ai-mode.json")).expect("removed");
    let before = world.processes().len();
    assert_accepted(&world.run(&SMS));
    assert_eq!(commands_after(&world, before)[1], "ai-mode set-user-agent");
    assert_eq!(calls(&world)[1].ai_mode["user_agent"], SMS_AGENT);
}

#[test]
fn the_second_product_checks_only_its_own_plugin() {
    let world = fresh();
    assert_accepted(&world.run(&SMS));
    let cold = world.processes().len();
    assert_accepted(&world.run(&WHATSAPP));
    assert_eq!(
        commands_after(&world, cold),
        [
            "plugin list",
            "plugin install",
            "ai-mode enable",
            "ai-mode set-user-agent",
            "cams send-chatapp-message",
            "ai-mode disable",
        ]
    );
    world.assert_clean();
}

#[test]
fn a_dry_run_starts_nothing_with_or_without_aliyun() {
    for message in [SMS.as_slice(), &WHATSAPP] {
        let world = fresh();
        let ran = world.run(&with(message, &["--dry-run"]));
        assert_eq!(ran.exit(), 0, "{ran:#?}");
        let json = ran.json();
        assert_eq!(json["dry_run"], true, "{json:#}");
        let planned = json["commands"].as_array().cloned().unwrap_or_default();
        let calls = planned.iter().filter(|command| command["phase"] == "call");
        assert_eq!((planned.len(), calls.count()), (10, 1), "{json:#}");

        std::fs::remove_file(world.path("bin/aliyun")).expect("the stand-in is removed");
        let mut command = world.alimsg(&with(message, &["--dry-run"]));
        command.env("PATH", world.path("bin"));
        assert_eq!(run(command).exit(), 0);
        assert!(world.processes().is_empty(), "{:?}", world.commands());
        assert_eq!(world.ai_mode(), None);
        world.assert_clean();
    }
}

#[test]
fn a_dry_run_shows_the_commands_of_a_real_run() {
    let world = fresh();
    let message = with(&fixed(&SMS), &["--out-id", "order-7", "--profile", "default"]);
    let json = world.run(&with(&message, &["--dry-run"])).json();
    assert_accepted(&world.run(&message));
    let planned: Vec<Vec<String>> = json["commands"]
        .as_array()
        .expect("commands")
        .iter()
        // Runs only if the plugin is installed.
        .filter(|command| command["argv"][2] != "update")
        .map(|command| serde_json::from_value(command["argv"].clone()).expect("words"))
        .collect();
    let seen: Vec<Vec<String>> = world
        .processes()
        .into_iter()
        .map(|seen| std::iter::once("aliyun".to_string()).chain(seen.argv).collect())
        .collect();
    assert_eq!(planned, seen);
}

#[test]
fn bad_input_starts_nothing() {
    for arguments in [
        with(&SMS, &["-p", "12"]),
        with(&SMS, &["--no-such-flag"]),
        vec!["sms", "send", "--yes", "--json"],
        // There is no terminal for a prompt.
        SMS.iter().copied().filter(|word| *word != "--yes").collect(),
    ] {
        let world = World::new();
        assert_not_sent(&world, &world.run(&arguments), 2);
        assert!(world.processes().is_empty(), "{arguments:?}: {:?}", world.commands());
    }
}
