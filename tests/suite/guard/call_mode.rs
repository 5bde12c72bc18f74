//! `--ai-mode call`: each call requests ai-mode with a flag, and nothing is switched on.

mod kills;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::guard::messages::*;
use crate::support::{Invocation, Running, World, users};

const CALL: [&str; 2] = ["--ai-mode", "call"];
const AI_MODE_FILE: &str = "home/.aliyun/ai-mode.json";

/// The SMS in call mode.
fn sms() -> Vec<&'static str> {
    with(&SMS, &CALL)
}

fn leases(world: &World) -> usize {
    fs::read_dir(world.path("home/.aliyun/.alimsg/leases")).map_or(0, Iterator::count)
}

#[test]
fn a_warm_run_starts_one_process_and_leaves_the_setting_unchanged() {
    for (message, product) in [(SMS.as_slice(), "dysmsapi"), (&WHATSAPP, "cams")] {
        let world = World::new();
        assert_accepted(&world.run(message));
        let before = world.processes().len();
        let stored = fs::read(world.path(AI_MODE_FILE)).expect("ai-mode.json");
        let ran = world.run(&with(message, &CALL));
        assert_accepted(&ran);
        assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
        let seen = world.processes().split_off(before);
        let [call] = seen.as_slice() else { panic!("{seen:#?}") };
        assert_eq!(call.argv[..2], ["--cli-ai-mode", product]);
        assert_eq!(call.ai_mode["enabled"], false, "{call:#?}");
        assert_eq!(fs::read(world.path(AI_MODE_FILE)).expect("ai-mode.json"), stored);
        assert_eq!(leases(&world), 0);
        world.assert_clean();
    }
}

#[test]
fn a_first_run_stores_the_agent_string_once() {
    let world = fresh();
    assert_accepted(&world.run(&sms()));
    let names = world.commands();
    let expected = [
        "version",
        "configure set",
        "plugin list",
        "plugin install",
        "configure list",
        "ai-mode set-user-agent",
        "dysmsapi send-sms",
    ];
    assert_eq!(names, expected);
    assert_eq!((world.ai_mode(), world.agent().as_deref()), (Some(false), Some(SMS_AGENT)));
    // The string of the other product stays: each call names its own.
    assert_accepted(&world.run(&with(&WHATSAPP, &CALL)));
    assert_eq!(world.agent().as_deref(), Some(SMS_AGENT));
    let calls = calls(&world);
    assert_eq!(calls[1].flag("user-agent"), Some(WHATSAPP_AGENT));
    world.assert_clean();
}

#[test]
fn the_plugin_gets_the_same_environment_as_in_switch_mode() {
    let agents = [&["--ai-mode", "switch"], &CALL].map(|mode| {
        let world = World::new();
        world.script(json!([{ "match": ["dysmsapi"], "grandchild": true }]));
        assert_accepted(&world.run(&with(&with(&SMS, mode), &["--out-id", "order-7"])));
        let plugin = world.processes().into_iter().find(|seen| seen.plugin).expect("a plugin");
        assert_eq!(plugin.argv[0], "dysmsapi", "the flag does not reach the plugin");
        assert_eq!(plugin.env["ALIBABA_CLOUD_CLI_AI_MODE"], "1");
        let agent = plugin.env["ALIBABA_CLOUD_CLI_AI_USER_AGENT"].clone();
        assert_eq!(world.sent()[0]["ai_user_agent"], *agent);
        world.assert_clean();
        (agent, plugin.argv)
    });
    assert_eq!(agents[0], agents[1]);
    assert_eq!(agents[0].0, format!("AlibabaCloud-AIMode/enabled {SMS_AGENT}"));
}

#[test]
fn the_users_own_agent_and_ai_mode_stay() {
    for (enabled, agent) in [(true, "mine"), (false, "mine"), (true, SMS_AGENT)] {
        let world = World::new();
        world.set_ai_mode(enabled, agent);
        let ran = world.run(&sms());
        assert_accepted(&ran);
        assert_eq!(ran.json()["warnings"], json!([]), "{ran:#?}");
        assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
        assert_eq!((world.ai_mode(), world.agent().as_deref()), (Some(enabled), Some(agent)));
        let sent = &world.sent()[0];
        assert_eq!(sent["ai_user_agent"], format!("AlibabaCloud-AIMode/enabled {agent}"));
        assert_eq!(sent["flags"]["user-agent"], SMS_AGENT);
        assert!(!world.commands().iter().any(|name| name.starts_with("ai-mode")));
    }
    // On, without an agent string: only the string is stored.
    let world = World::new();
    world.set_ai_mode(true, "");
    assert_accepted(&world.run(&sms()));
    assert_eq!((world.ai_mode(), world.agent().as_deref()), (Some(true), Some(SMS_AGENT)));
}

#[test]
fn a_damaged_ai_mode_file_is_left_alone() {
    let world = warm();
    for text in ["", "{", r#"{"enabled":true,"user_agent":7}"#] {
        world.file(AI_MODE_FILE, text);
        let before = world.processes().len();
        assert_accepted(&world.run(&sms()));
        assert_eq!(commands_after(&world, before), ["dysmsapi send-sms"], "{text}");
        assert_eq!(fs::read_to_string(world.path(AI_MODE_FILE)).expect("ai-mode.json"), text);
    }
}

#[test]
fn a_read_only_configuration_folder_is_enough() {
    let Some(user) = users::another_user() else { return };
    for cold in [true, false] {
        let world = if cold { World::new() } else { warm() };
        if !cold {
            fs::remove_file(world.path(AI_MODE_FILE)).expect("ai-mode.json");
        }
        let before = (world.processes().len(), world.sent().len());
        let folder = world.path("home/.aliyun");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("a mode");
        let own = folder.join(".alimsg");
        if own.exists() {
            fs::set_permissions(own, fs::Permissions::from_mode(0o555)).expect("a mode");
        }
        let ran = Running::start(world.alimsg_as(user, r#"exec "$0" "$@""#, &sms())).wait();
        assert_accepted(&ran);
        assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
        assert_eq!(ran.json()["warnings"], json!([]), "{ran:#?}");
        assert_eq!(world.sent().len(), before.1 + 1);
        let seen = commands_after(&world, before.0);
        assert!(!seen.iter().any(|name| name.starts_with("ai-mode")), "{seen:?}");
        assert!(!world.path(AI_MODE_FILE).exists());
        // In switch mode it is refused.
        let ran = Running::start(world.alimsg_as(user, r#"exec "$0" "$@""#, &SMS)).wait();
        assert_eq!(ran.exit(), 3, "{ran:#?}");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
}

#[test]
fn a_configuration_folder_of_another_user_is_enough() {
    let Some(user) = users::another_user() else { return };
    let world = World::new();
    users::change_owner(&world.path("home"), user);
    let ran = world.run(&sms());
    assert_accepted(&ran);
    assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
}

#[test]
fn a_rejected_flag_names_the_other_mode_and_is_not_repeated() {
    for (exit, stderr) in [
        (2, "\u{1b}[1;31mERROR: invalid flag --cli-ai-mode\n\u{1b}[0m"),
        (1, "ERROR: parse failed unknown flag --cli-ai-mode\n"),
        (1, "Error: unknown flag: --cli-ai-mode\n"),
        (2, "ERROR: 'send-sms' is not a valid command or product\n"),
    ] {
        let world = warm();
        world.script(json!([{
            "match": ["dysmsapi"], "sent": false, "stdout": "", "exit": exit, "stderr": stderr,
        }]));
        let before = calls(&world).len();
        let ran = world.run(&sms());
        assert_eq!(ran.exit(), 3, "{stderr}: {ran:#?}");
        let error = &ran.json()["error"];
        assert_eq!((&error["outcome"], &error["retryable"]), (&json!("not_sent"), &json!(false)));
        let hint = error["hint"].as_str().unwrap_or_default();
        assert!(hint.contains("--ai-mode switch"), "{error:#}");
        assert_eq!(error["next"], json!([]), "{error:#}");
        assert_eq!(calls(&world).len(), before + 1, "{stderr}");
        world.script(json!([]));
        assert_accepted(&world.run(&with(&SMS, &["--ai-mode", "switch"])));
        world.assert_clean();
    }
    // Nothing proves that the host stopped before the call.
    for stderr in [
        "invalid flag --cli-ai-mode\nError: read tcp 1.2.3.4:5->6.7.8.9:443: i/o timeout\n",
        "Error: SDKError:\n   Message: unknown flag --cli-ai-mode\n",
        "Error: the answer is lost; flag --cli-ai-mode\n",
    ] {
        let world = warm();
        world.script(json!([{
            "match": ["dysmsapi"], "stdout": "", "exit": 1, "stderr": stderr,
        }]));
        let before = calls(&world).len();
        assert_unknown(&world.run(&sms()));
        assert_eq!(calls(&world).len(), before + 1, "{stderr}");
    }
}

#[test]
fn the_flag_and_the_variable_select_the_mode() {
    let world = warm();
    let mut command = world.alimsg(&SMS);
    command.env("ALIMSG_AI_MODE", "call");
    assert_accepted(&run(command));
    let before = world.processes().len();
    let mut command = world.alimsg(&with(&SMS, &["--ai-mode", "switch"]));
    command.env("ALIMSG_AI_MODE", "call");
    assert_accepted(&run(command));
    assert_eq!(commands_after(&world, before), WARM_SMS);
    assert_not_sent_exit_2(&world, &["--ai-mode", "both"]);
}

#[track_caller]
fn assert_not_sent_exit_2(world: &World, more: &[&str]) {
    let before = world.sent().len();
    assert_eq!(world.run(&with(&SMS, more)).exit(), 2);
    assert_eq!(world.sent().len(), before);
}

#[test]
fn a_dry_run_and_v_show_the_commands_of_a_real_run() {
    let world = fresh();
    let message = with(&fixed(&sms()), &["--out-id", "order-7", "-v"]);
    let json = world.run(&with(&message, &["--dry-run"])).json();
    let ran = world.run(&message);
    assert_accepted(&ran);
    let planned: Vec<Vec<String>> = json["commands"]
        .as_array()
        .expect("commands")
        .iter()
        .filter(|command| command["argv"][2] != "update")
        .map(|command| serde_json::from_value(command["argv"].clone()).expect("words"))
        .collect();
    let seen: Vec<Vec<String>> = world
        .processes()
        .into_iter()
        .map(|seen| std::iter::once("aliyun".to_string()).chain(seen.argv).collect())
        .collect();
    assert_eq!(planned, seen);
    assert!(ran.stderr.contains("aliyun --cli-ai-mode dysmsapi send-sms"), "{ran:#?}");
    assert!(!ran.stderr.contains(r#""code""#), "{ran:#?}");
}

#[test]
fn suggested_commands_keep_the_mode() {
    let world = warm();
    world.script(json!([{
        "match": ["dysmsapi"], "exit": 1, "stderr": "Error: unexpected EOF\n",
    }]));
    let json = assert_unknown(&world.run(&sms()));
    let next = json["error"]["next"][0].as_str().unwrap_or_default();
    assert!(next.ends_with("--ai-mode call"), "{json:#}");
    let words: Vec<String> = shell_words::split(next).expect("words").split_off(1);
    world.script(json!([]));
    let before = world.processes().len();
    world.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(calls(&world).len() > 2, "{next}");
    assert!(world.processes()[before..].iter().all(Invocation::requested_ai_mode), "{next}");
}

#[test]
fn several_payloads_are_one_flag() {
    let world = World::new();
    let template = |more: &[&'static str]| {
        let words = "whatsapp send template --from 8613800000001 --to 8613800001000 \
                     --template-code 1 --language en --param a=x{n} --payload one --payload two \
                     --yes --json";
        [words.split_whitespace().collect::<Vec<_>>(), more.to_vec()].concat()
    };
    assert_accepted(&world.run(&template(&[])));
    assert_accepted(&world.run(&template(&CALL)));
    let sent = world.sent();
    for sent in &sent {
        assert_eq!(sent["flags"]["payload"], json!(["one", "two"]), "{sent:#}");
    }
    // These would be parsed as a flag and as a request for help.
    for value in ["--payload=-x", "--payload=help"] {
        let before = world.processes().len();
        let ran = world.run(&template(&[value, CALL[0], CALL[1]]));
        assert_eq!(ran.exit(), 2, "{ran:#?}");
        assert!(ran.json()["error"]["hint"].to_string().contains("--ai-mode switch"), "{ran:#?}");
        assert_eq!(world.processes().len(), before);
    }
    world.assert_clean();
}
