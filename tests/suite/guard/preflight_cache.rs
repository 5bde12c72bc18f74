//! The preflight cache: which checks a warm run may skip, and what makes it run them again. For
//! checks that only aged, see [`renewal`](crate::guard::renewal).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::guard::messages::*;
use crate::support::{Profile, World};

/// The commands of a run that does every check and finds the plugin installed and its agent string
/// stored.
pub const COLD_SMS: [&str; 8] = [
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
pub fn cache_entry(world: &World) -> PathBuf {
    let entries = fs::read_dir(world.path("state/stamps")).expect("the cache folder");
    let paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    let [path] = paths.as_slice() else { panic!("{paths:?}") };
    path.clone()
}

/// Changes the stored cache entry.
pub fn edit(world: &World, change: impl FnOnce(&mut Value)) {
    let path = cache_entry(world);
    let mut entry = serde_json::from_slice(&fs::read(&path).expect("a cache entry")).expect("JSON");
    change(&mut entry);
    fs::write(path, entry.to_string()).expect("a cache entry");
}

pub fn hours_from_now(hours: i64) -> Value {
    json!(Timestamp::now() + SignedDuration::from_hours(hours))
}

#[test]
fn a_cache_entry_expires_after_30_days() {
    let world = warm();
    edit(&world, |entry| entry["checked_at"] = hours_from_now(-30 * 24 - 1));
    assert_eq!(next_run(&world), COLD_SMS);
    edit(&world, |entry| entry["plugins"]["dysmsapi"]["at"] = hours_from_now(-30 * 24 - 1));
    assert_eq!(next_run(&world)[..3], ["plugin list", "plugin update", "ai-mode enable"]);
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn an_aged_plugin_of_another_version_is_checked_again() {
    let world = warm();
    world.file(
        "home/.aliyun/plugins/manifest.json",
        &json!({ "plugins": { "aliyun-cli-dysmsapi": {
        "path": world.path("home/.aliyun/plugins/aliyun-cli-dysmsapi"), "version": "9.9.9",
    } } })
        .to_string(),
    );
    assert_eq!(next_run(&world), WARM_SMS);
    edit(&world, |entry| entry["plugins"]["dysmsapi"]["at"] = hours_from_now(-25));
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
fn a_replaced_aliyun_of_the_same_size_is_checked_again() {
    let world = warm();
    let program = world.path("bin/aliyun");
    let mut content = fs::read(&program).expect("the stand-in");
    // Padding in the header of an ELF file, and a part of its first sample, as is the build ID.
    content[12] ^= 1;
    fs::remove_file(&program).expect("the link");
    fs::write(&program, content).expect("another version");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a mode");
    assert_eq!(next_run(&world), COLD_SMS);
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn checks_count_in_a_copied_home_with_other_inodes_and_times() {
    let world = warm();
    let copy = "set -e; cp -rL bin bin2; rm -r bin; mv bin2 bin
        cp -r home home2; rm -r home; mv home2 home
        cp -r state state2; rm -r state; mv state2 state; touch home/.aliyun/config.json";
    for _ in 0..2 {
        let copied = run(world.shell(copy, &[]));
        assert_eq!(copied.exit(), 0, "{copied:#?}");
        assert_eq!(next_run(&world), WARM_SMS);
    }
    // The entry was saved with the new attributes; the content still counts.
    let config = world.path("home/.aliyun/config.json");
    let content = fs::read_to_string(&config).expect("a configuration");
    fs::write(&config, content.replace("default", "defaulu")).expect("a configuration");
    assert_eq!(next_run(&world), COLD_SMS);
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
        let ran = world.run(&with(&SMS, &["--allow-duplicate"]));
        assert_accepted(&ran);
        assert!(ran.stderr.contains("cannot cache the checks"), "{ran:#?}");
        assert_eq!(commands_after(&world, before), COLD_SMS);
    }
    world.assert_clean();
}
