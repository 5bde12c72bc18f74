//! The preflight cache: which checks a warm run may skip, and what makes it run them again.

use std::fs;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::guard::messages::*;
use crate::support::{Profile, World};

/// The commands of a run that does every check and finds the plugin installed and its agent string
/// stored.
const COLD_SMS: [&str; 8] = [
    "version",
    "configure set",
    "plugin list",
    "plugin update",
    "configure list",
    "ai-mode enable",
    "dysmsapi send-sms",
    "ai-mode disable",
];

/// Sends one SMS and returns the commands that it ran.
fn next_run(world: &World) -> Vec<String> {
    let before = world.processes().len();
    assert_accepted(&world.run(&SMS));
    world.assert_clean();
    commands_after(world, before)
}

/// The only cache entry of the world.
fn cache_entry(world: &World) -> PathBuf {
    let entries = fs::read_dir(world.path("state/stamps")).expect("the cache folder");
    let paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    let [path] = paths.as_slice() else { panic!("{paths:?}") };
    path.clone()
}

/// Changes the stored cache entry.
fn edit(world: &World, change: impl FnOnce(&mut Value)) {
    let path = cache_entry(world);
    let mut entry = serde_json::from_slice(&fs::read(&path).expect("a cache entry")).expect("JSON");
    change(&mut entry);
    fs::write(path, entry.to_string()).expect("a cache entry");
}

fn hours_from_now(hours: i64) -> Value {
    json!(Timestamp::now() + SignedDuration::from_hours(hours))
}

#[test]
fn a_cache_entry_expires_after_24_hours() {
    let world = warm();
    edit(&world, |entry| entry["checked_at"] = hours_from_now(-23));
    assert_eq!(next_run(&world), WARM_SMS);
    edit(&world, |entry| entry["checked_at"] = hours_from_now(-24));
    assert_eq!(next_run(&world), COLD_SMS);
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn a_plugin_is_checked_again_after_its_own_day() {
    let world = warm();
    edit(&world, |entry| entry["plugins"]["dysmsapi"] = hours_from_now(-25));
    assert_eq!(next_run(&world)[..3], ["plugin list", "plugin update", "ai-mode enable"]);
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn a_cache_entry_from_the_future_is_ignored() {
    let world = warm();
    edit(&world, |entry| entry["checked_at"] = hours_from_now(1));
    assert_eq!(next_run(&world), COLD_SMS);
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn an_unreadable_cache_entry_is_ignored() {
    let world = warm();
    for rubbish in ["", "{", "null", "\u{0}\u{1}", r#"{"checked_at":1}"#] {
        fs::write(cache_entry(&world), rubbish).expect("a cache entry");
        assert_eq!(next_run(&world), COLD_SMS, "{rubbish:?}");
    }
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn a_replaced_aliyun_is_checked_again() {
    let world = warm();
    let program = world.path("bin/aliyun");
    let original = fs::canonicalize(&program).expect("the stand-in");
    fs::remove_file(&program).expect("the link");
    fs::copy(original, &program).expect("a copy");
    assert_eq!(next_run(&world), COLD_SMS);
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn a_changed_configuration_is_checked_again() {
    let world = warm();
    world.profiles(&[Profile { region: "cn-beijing", ..Profile::DEFAULT }]);
    assert_eq!(next_run(&world), COLD_SMS);
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn a_credentials_error_deletes_the_cache_entry() {
    let world = warm();
    world.script(json!([{
        "match": ["dysmsapi"], "times": 1, "sent": false, "exit": 3,
        "stderr": "ERROR: access_key_id is not configured\n",
    }]));
    let before = world.processes().len();
    let ran = world.run(&SMS);
    assert_eq!(ran.exit(), 4, "{ran:#?}");
    assert_eq!(ran.json()["error"]["outcome"], "not_sent");
    assert_eq!(commands_after(&world, before), WARM_SMS);
    assert_eq!(next_run(&world), COLD_SMS);
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn an_unwritable_state_folder_only_disables_the_cache() {
    let world = World::new();
    fs::remove_dir(world.path("state")).expect("the state folder");
    world.file("state", "a file instead of the folder");
    world.set_ai_mode(false, SMS_AGENT);
    for _ in 0..2 {
        let before = world.processes().len();
        let ran = world.run(&SMS);
        assert_accepted(&ran);
        assert!(ran.stderr.contains("cannot cache the checks"), "{ran:#?}");
        assert_eq!(commands_after(&world, before), COLD_SMS);
    }
    world.assert_clean();
}
