//! Defaults: where they come from, which one wins, and what the child process sees.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::messages::and;
use crate::support::{Running, World, flag};
use serde_json::json;

/// An SMS without a signature.
const SMS: [&str; 8] = ["sms", "send", "-p", "13800001000", "-t", "SMS_100003", "--yes", "--json"];
/// A WhatsApp text without a sender.
const TEXT: [&str; 8] =
    ["whatsapp", "send", "text", "--to", "8613800001000", "--text=Hello", "--yes", "--json"];

const FILE: &str = "home/.config/alimsg/config.toml";

fn configured(text: &str) -> World {
    let world = World::new();
    world.configure(text);
    world
}

#[test]
fn the_flag_wins_over_the_environment_the_profile_and_the_defaults() {
    let world = configured(
        "[defaults]\nsign_name = \"General\"\nregion = \"cn-beijing\"\n\
         [profile.default]\nsign_name = \"Profile\"\n",
    );
    let sent = |more: &[&str], variables: &[(&str, &str)]| {
        world.run_with_env(&and(&and(&SMS, more), &["--allow-duplicate"]), variables).exits(0);
        let call = world.calls().pop().expect("a call");
        assert_eq!(flag(&call, "region"), Some("cn-beijing"), "{call:?}");
        flag(&call, "sign-name").map(str::to_string).expect("a signature")
    };
    let variable = [("ALIMSG_SIGN_NAME", "Variable")];
    let profile = &["--profile", "default"][..];
    assert_eq!(sent(&[], &[]), "General");
    assert_eq!(sent(profile, &[]), "Profile");
    assert_eq!(sent(profile, &variable), "Variable");
    assert_eq!(sent(&and(profile, &["-s", "Flag"]), &variable), "Flag");
    assert_eq!(sent(&[], &[("ALIBABA_CLOUD_PROFILE", "default")]), "Profile");
}

#[test]
fn the_plan_and_the_json_name_the_source_of_a_default() {
    let world = configured("[defaults]\nfrom = \"8613800000001\"\ncust_space_id = \"cams-x\"\n");
    let json = world.run(&and(&TEXT, &["--dry-run"])).exits(0).json();
    let from = &json["defaults"][0];
    assert_eq!((&from["flag"], &from["value"]), (&json!("--from"), &json!("8613800000001")));
    assert!(from["source"].to_string().contains("config.toml [defaults]"), "{json:#}");
    let mut terminal = world.terminal(&TEXT[..6]);
    terminal.expect("8613800000001 (from config)");
    terminal.expect("cams-x (from config)");
    terminal.write("no\r");
    terminal.wait().exits(9);
    let mut terminal = world.terminal(&and(&TEXT[..6], &["--from", "8613800000001"]));
    terminal.expect("account");
    terminal.write("no\r");
    let ran = terminal.wait().exits(9);
    assert!(!ran.stdout.contains("8613800000001 (from config)"), "{}", ran.stdout);
}

#[test]
fn a_default_of_ai_mode_and_of_the_space_reaches_the_calls() {
    let world = configured("[defaults]\nai_mode = \"call\"\ncust_space_id = \"cams-x\"\n");
    world.run_line("whatsapp numbers list").exits(0);
    let call = world.processes().pop().expect("a call").argv;
    assert_eq!(call[0], "--cli-ai-mode", "{call:?}");
    assert_eq!(flag(&call, "cust-space-id"), Some("cams-x"), "{call:?}");
    world.run_line("whatsapp numbers list --ai-mode switch").exits(0);
    assert_eq!(world.ai_mode(), Some(false));
}

#[test]
fn a_file_that_is_not_valid_or_not_readable_is_exit_2_and_starts_nothing() {
    for (text, expected) in [
        ("[defaults]\nfrom = \n", "line 2, column 8"),
        ("[defaults]\nform = \"1\"\n", "line 2, column 1"),
        ("[defaults]\nfrom = \"+86\"\n", "line 2, column 8"),
        ("[default]\n", "line 1"),
        ("[defaults]\n# LTAI5tExampleExample\n", "line 2, column 3"),
    ] {
        let world = configured(text);
        for line in [and(&SMS, &["-s", "Acme"]), and(&SMS, &["-s", "Acme", "--sandbox"])] {
            let ran = world.run(&line).exits(2);
            let error = &ran.json()["error"];
            assert!(error["message"].to_string().contains(expected), "{text}: {error:#}");
            assert_eq!(error["outcome"], "not_sent");
            assert!(!ran.stdout.contains("LTAI5t"), "{}", ran.stdout);
        }
        assert!(world.processes().is_empty(), "{text}");
        world.run(&["config", "path"]).exits(0);
        world.run(&["config", "set", "from", "8613800000001"]).exits(2);
        assert_eq!(fs::read_to_string(world.path(FILE)).expect("the file"), text);
    }
    let world = configured("");
    fs::remove_file(world.path(FILE)).expect("removed");
    fs::create_dir(world.path(FILE)).expect("a folder in its place");
    world.run(&and(&SMS, &["-s", "Acme"])).exits(2);
    let variables = [("ALIMSG_CONFIG", "/nowhere/config.toml")];
    World::new().run_with_env(&and(&SMS, &["-s", "Acme"]), &variables).exits(2);
}

#[test]
fn the_commands_change_the_file_and_start_no_process() {
    let world = configured(
        "# mine\n[limits]\nper_hour = 5\n\n[defaults] # all\nlanguage = \"en\" # English\n",
    );
    let path = world.path(FILE);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
    world.run_line("config set sign_name 'Acme Store'").exits(0);
    world.run_line("config set language de").exits(0);
    world.run_line("config set from 8613800000001 --profile 'my prod'").exits(0);
    assert_eq!(
        fs::read_to_string(&path).expect("the file"),
        "# mine\n[limits]\nper_hour = 5\n\n[defaults] # all\nlanguage = \"de\" # English\n\
         sign_name = \"Acme Store\"\n\n[profile.\"my prod\"]\nfrom = \"8613800000001\"\n"
    );
    assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o640);
    let get = |line: &str| world.run_line(&format!("{line} --json")).exits(0).json()["data"].take();
    assert_eq!(get("config get from")["value"], json!(null));
    assert_eq!(get("config get from --profile 'my prod'")["value"], "8613800000001");
    let list = get("config list");
    assert_eq!(list["total"], 7, "{list:#}");
    let sign =
        list["settings"].as_array().expect("keys").iter().find(|one| one["key"] == "sign_name");
    assert!(sign.expect("the key")["source"].to_string().contains("[defaults]"), "{list:#}");
    let unset = get("config unset sign_name");
    assert_eq!((&unset["former"], &unset["value"]), (&json!("Acme Store"), &json!(null)));
    assert_eq!(get("config get sign_name")["value"], json!(null));
    for line in [
        "config set form 1",
        "config set access_key_id x",
        "config set sign_name LTAI5tExampleExample",
    ] {
        let ran = world.run_line(line).exits(2);
        assert!(!ran.stderr.contains("LTAI5t"), "{}", ran.stderr);
    }
    let ran = world.run_line("config set form 1");
    assert!(ran.stderr.contains("duplicate_window"), "the error names the keys: {}", ran.stderr);
    assert!(world.processes().is_empty(), "{:?}", world.commands());
    world.run(&and(&SMS, &["-s", "Acme"])).exits(0);
}

#[test]
fn a_variable_names_another_file() {
    let world = World::new();
    let path = world.path("other.toml");
    let mut command = world.alimsg(&["config", "set", "sign_name", "Other"]);
    command.env("ALIMSG_CONFIG", &path);
    Running::start(command).wait().exits(0);
    let mut command = world.alimsg(&SMS);
    command.env("ALIMSG_CONFIG", &path);
    Running::start(command).wait().exits(0);
    assert_eq!(flag(&world.call(), "sign-name"), Some("Other"));
    assert!(!world.path(FILE).exists());
}

#[test]
fn the_sandbox_ignores_values_of_the_real_account() {
    let world = configured("[defaults]\nsign_name = \"Real\"\nfrom = \"8613911112222\"\n");
    let ran =
        world.run(&["--sandbox", "whatsapp", "send", "text", "--to", "8613800001000", "--text=x"]);
    assert!(ran.stderr.contains("the sandbox has no from"), "{}", ran.stderr);
    world.run(&[&["--sandbox"], &SMS[..], &["-s", "Acme"]].concat()).exits(0);
    let known = configured("[defaults]\nsign_name = \"Acme\"\n");
    known.run(&[&["--sandbox"], &SMS[..]].concat()).exits(0);
}
