//! What a warm run may skip, and what makes it prove everything again.

use std::fs;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::guard::messages::*;
use crate::support::{Profile, World};

/// The names of a run that proves everything and finds the plugin installed.
const PROVING: [&str; 9] = [
    "version",
    "configure set",
    "plugin list",
    "plugin update",
    "configure list",
    "ai-mode enable",
    "ai-mode set-user-agent",
    "dysmsapi send-sms",
    "ai-mode disable",
];

/// Sends one SMS and returns what that took.
fn next_run(world: &World) -> Vec<String> {
    let before = world.processes().len();
    assert_accepted(&world.run(&SMS));
    world.assert_clean();
    commands_after(world, before)
}

/// The one stamp of the world.
fn stamp(world: &World) -> PathBuf {
    let entries = fs::read_dir(world.path("state/stamps")).expect("the folder of stamps");
    let paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    let [path] = paths.as_slice() else { panic!("{paths:?}") };
    path.clone()
}

/// Changes the stamp on record.
fn edit(world: &World, change: impl FnOnce(&mut Value)) {
    let path = stamp(world);
    let mut stamp = serde_json::from_slice(&fs::read(&path).expect("a stamp")).expect("JSON");
    change(&mut stamp);
    fs::write(path, stamp.to_string()).expect("a stamp");
}

fn hours_from_now(hours: i64) -> Value {
    json!(Timestamp::now() + SignedDuration::from_hours(hours))
}

#[test]
fn a_stamp_holds_for_less_than_a_day() {
    let world = warm();
    edit(&world, |stamp| stamp["checked_at"] = hours_from_now(-23));
    assert_eq!(next_run(&world), WARM_SMS);
    edit(&world, |stamp| stamp["checked_at"] = hours_from_now(-24));
    assert_eq!(next_run(&world), PROVING);
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn a_plugin_is_proven_again_after_a_day_of_its_own() {
    let world = warm();
    edit(&world, |stamp| stamp["plugins"]["dysmsapi"] = hours_from_now(-25));
    assert_eq!(next_run(&world)[..3], ["plugin list", "plugin update", "ai-mode enable"]);
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn a_stamp_from_the_future_proves_nothing() {
    let world = warm();
    edit(&world, |stamp| stamp["checked_at"] = hours_from_now(1));
    assert_eq!(next_run(&world), PROVING);
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn a_stamp_that_cannot_be_read_proves_nothing() {
    let world = warm();
    for rubbish in ["", "{", "null", "\u{0}\u{1}", r#"{"checked_at":1}"#] {
        fs::write(stamp(&world), rubbish).expect("a stamp");
        assert_eq!(next_run(&world), PROVING, "{rubbish:?}");
    }
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn another_aliyun_in_the_same_place_is_proven_again() {
    let world = warm();
    let program = world.path("bin/aliyun");
    let original = fs::canonicalize(&program).expect("the stand-in");
    fs::remove_file(&program).expect("the link");
    fs::copy(original, &program).expect("a copy");
    assert_eq!(next_run(&world), PROVING);
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn another_configuration_is_proven_again() {
    let world = warm();
    world.profiles(&[Profile { region: "cn-beijing", ..Profile::DEFAULT }]);
    assert_eq!(next_run(&world), PROVING);
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn a_call_that_fails_for_its_credentials_drops_the_stamp() {
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
    assert_eq!(next_run(&world), PROVING);
    assert_eq!(next_run(&world), WARM_SMS);
}

#[test]
fn a_state_folder_that_cannot_be_written_costs_only_the_memory() {
    let world = World::new();
    fs::remove_dir(world.path("state")).expect("the state folder");
    world.file("state", "a file in the place of the folder");
    for _ in 0..2 {
        let before = world.processes().len();
        let ran = world.run(&SMS);
        assert_accepted(&ran);
        assert!(ran.stderr.contains("cannot be remembered"), "{ran:#?}");
        assert_eq!(commands_after(&world, before), PROVING);
    }
    world.assert_clean();
}
