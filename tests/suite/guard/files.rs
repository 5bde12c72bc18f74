//! A configuration folder of the CLI that belongs to another user, is not writable, is full, or
//! contains entries that are not regular files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};

use crate::guard::messages::*;
use crate::support::{Ran, Running, World, users};

const LEASES: &str = "home/.aliyun/.alimsg/leases";

/// Nothing is sent, ai-mode does not change, and the error has a cause and a hint.
#[track_caller]
fn assert_refused(world: &World, ran: &Ran, cause: &str) -> Value {
    assert_eq!(ran.exit(), 3, "{ran:#?}");
    let json = ran.json();
    let error = &json["error"];
    assert_eq!(error["outcome"], "not_sent", "{json:#}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains(cause)), "{json:#}");
    assert!(error["hint"].is_string(), "{json:#}");
    assert_eq!(world.sent().len(), 1, "{json:#}");
    assert!(world.running().is_empty(), "{:#?}", world.running());
    error.clone()
}

#[test]
fn a_lease_of_another_user_counts_as_live_and_the_error_names_the_owner() {
    if !users::is_root() {
        return;
    }
    let world = warm();
    world.set_ai_mode(true, SMS_AGENT);
    let lease = world.path(LEASES).join("of-another-user");
    fs::write(&lease, "1\n").expect("a lease");
    chown(&lease, Some(65_533), None).expect("another owner");
    let before = world.processes().len();
    assert_refused(&world, &world.run(&SMS), "belongs to user");
    assert_eq!(commands_after(&world, before), [""; 0]);
    assert_eq!(world.ai_mode(), Some(true), "the other user's call may still need ai-mode");
    let ran = world.run(&with(&SMS, &["--dry-run"]));
    assert_eq!(ran.json()["ai_mode_disabled"], false, "{ran:#?}");
    fs::remove_file(lease).expect("a lease");
}

#[test]
fn a_configuration_folder_of_another_user_is_refused_by_naming_the_owner() {
    if !users::is_root() {
        return;
    }
    for folder in ["home/.aliyun", "home/.aliyun/.alimsg", LEASES] {
        let world = warm();
        let before = world.processes().len();
        chown(world.path(folder), Some(65_533), None).expect("another owner");
        let error = assert_refused(&world, &world.run(&SMS), "belongs to user");
        assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("sudo -H")), "{error:#}");
        assert_eq!(commands_after(&world, before), [""; 0]);
        assert_eq!(world.ai_mode(), Some(false));
    }
}

#[test]
fn files_of_root_in_a_users_folder_end_the_run_with_the_fix() {
    let Some(user) = users::another_user() else { return };
    for path in ["home/.aliyun/.alimsg", LEASES, "home/.aliyun/.alimsg/configuration.lock"] {
        let world = warm();
        let command = world.alimsg_as(user, r#"exec "$0" "$@""#, &SMS);
        chown(world.path(path), Some(0), Some(0)).expect("another owner");
        let error = assert_refused(&world, &run(command), "belongs to user root (uid 0)");
        let next = error["next"][0].as_str().unwrap_or_default();
        assert!(next.starts_with(&format!("sudo chown -R {user}:{user} -- ")), "{error:#}");
        assert!(next.ends_with(world.path(path).to_str().expect("UTF-8")), "{error:#}");
    }
    // A folder in which the CLI cannot write either.
    let world = warm();
    let command = world.alimsg_as(user, r#"exec "$0" "$@""#, &SMS);
    chown(world.path("home/.aliyun/ai-mode.json"), Some(0), Some(0)).expect("another owner");
    let error = assert_refused(&world, &run(command), "permission denied");
    assert!(error["next"][0].as_str().is_some_and(|next| next.contains("chown")), "{error:#}");
}

#[test]
fn an_unreadable_lease_counts_as_live() {
    let Some(user) = users::another_user() else { return };
    let world = warm();
    world.set_ai_mode(true, SMS_AGENT);
    let lease = world.path(LEASES).join("unreadable");
    fs::write(&lease, "1\n").expect("a lease");
    fs::set_permissions(&lease, fs::Permissions::from_mode(0o000)).expect("a mode");
    let before = world.processes().len();
    let command = world.alimsg_as(user, r#"exec "$0" "$@""#, &SMS);
    assert_refused(&world, &run(command), "ermission denied");
    assert_eq!(commands_after(&world, before), [""; 0]);
    assert_eq!(world.ai_mode(), Some(true));
    fs::remove_file(lease).expect("a lease");
}

#[test]
fn a_lease_that_becomes_unreadable_during_the_call_keeps_ai_mode_on_until_it_can_be_read() {
    if !users::is_root() {
        return;
    }
    let world = warm();
    world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
    let running = world.start(&SMS);
    world.wait_until("the call has made its request", || world.sent().len() == 2);
    let lease = world.path(LEASES).join("of-another-user");
    fs::write(&lease, "1\n").expect("a lease");
    chown(&lease, Some(65_533), None).expect("another owner");
    world.release();
    let ran = running.wait();
    assert_accepted(&ran);
    assert_eq!(ran.json()["ai_mode_disabled"], false, "{ran:#?}");
    assert_eq!(world.ai_mode(), Some(true));
    fs::remove_file(lease).expect("a lease");
    world.wait_until("the watchdog has switched ai-mode off", || world.ai_mode() == Some(false));
    world.assert_clean();
}

/// Creates something that is not a regular file at the path.
type Put = fn(&Path);

const FIFO: Put = |path| {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a FIFO");
};
const FOLDER: Put = |path| fs::create_dir(path).expect("a folder");
const LINK: Put = |path| symlink("/dev/zero", path).expect("a link");
const SOCKET: Put = |path| {
    std::os::unix::net::UnixListener::bind(path).expect("a socket");
};

#[test]
fn a_lease_or_lock_that_is_not_a_regular_file_ends_the_run() {
    for put in [FIFO, FOLDER, LINK, SOCKET] {
        for name in [
            "home/.aliyun/.alimsg/leases/x",
            "home/.aliyun/.alimsg/configuration.lock",
            "home/.aliyun/.alimsg/preflight.lock",
        ] {
            let world = warm();
            let path = world.path(name);
            let _ = fs::remove_file(&path);
            put(&path);
            // Makes the checks run again, under their lock.
            fs::remove_dir_all(world.path("state/stamps")).expect("the stamps");
            let ran = world.run(&SMS);
            let error = assert_refused(&world, &ran, "is not a regular file");
            let next = error["next"][0].as_str().unwrap_or_default();
            assert_eq!(next, format!("rm -r -- {}", path.display()), "{error:#}");
            assert_eq!(world.ai_mode(), Some(false));
        }
    }
}

#[test]
fn a_fifo_in_place_of_a_file_does_not_block_the_run() {
    let world = warm();
    let stamps = fs::read_dir(world.path("state/stamps")).expect("the stamps");
    let paths = stamps.map(|entry| entry.expect("a stamp").path());
    let ai_mode = world.path("home/.aliyun/plugins/manifest.json");
    for path in paths.chain([ai_mode]) {
        fs::remove_file(&path).expect("a file");
        FIFO(&path);
        let ran = world.run(&SMS);
        assert_accepted(&ran);
    }
    world.assert_clean();
}

#[test]
fn an_unwritable_folder_ends_a_warm_run_with_the_cause() {
    let Some(user) = users::another_user() else { return };
    for (folder, remove) in
        [(LEASES, None), ("home/.aliyun/.alimsg", Some("home/.aliyun/.alimsg/configuration.lock"))]
    {
        let world = warm();
        if let Some(remove) = remove {
            fs::remove_file(world.path(remove)).expect("a file");
        }
        let command = world.alimsg_as(user, r#"exec "$0" "$@""#, &SMS);
        fs::set_permissions(world.path(folder), fs::Permissions::from_mode(0o500)).expect("a mode");
        let error = assert_refused(&world, &run(command), "ermission denied");
        assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("writable")), "{error:#}");
        assert_eq!(world.ai_mode(), Some(false));
    }
}

/// Runs the message in its own mount namespace, after these lines of shell.
fn mounted(world: &World, lines: &str) -> Ran {
    let line = format!(r#"exec unshare -m sh -ec '{lines}; exec "$0" "$@"' "$0" "$@""#);
    Running::start(world.shell(&line, &SMS)).wait()
}

#[test]
fn a_read_only_mount_ends_a_warm_run_with_the_cause() {
    if !users::can_unshare(&["-m"]) {
        return;
    }
    let world = warm();
    let ran = mounted(
        &world,
        r#"mount --bind "$HOME/.aliyun" "$HOME/.aliyun"; mount -o remount,ro,bind "$HOME/.aliyun""#,
    );
    let error = assert_refused(&world, &ran, "ead-only file system");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("mount")), "{error:#}");
    assert_eq!(world.ai_mode(), Some(false));
}

#[test]
fn a_full_disk_ends_a_warm_run_with_the_cause() {
    if !users::can_unshare(&["-m"]) {
        return;
    }
    let world = warm();
    let ran = mounted(
        &world,
        r#"cp -a "$HOME/.aliyun" saved; mount -t tmpfs -o size=256k none "$HOME/.aliyun";
           cp -a saved/. "$HOME/.aliyun"; cat /dev/zero >"$HOME/.aliyun/full" 2>/dev/null || true"#,
    );
    let error = assert_refused(&world, &ran, "o space left");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("full")), "{error:#}");
    assert_eq!(ran.json()["warnings"], json!([]), "{ran:#?}");
}

#[test]
fn without_home_nothing_is_started() {
    for home in [None, Some(""), Some("relative")] {
        let world = World::new();
        let mut command = world.alimsg(&SMS);
        match home {
            None => command.env_remove("HOME"),
            Some(home) => command.env("HOME", home),
        };
        let json = assert_not_sent(&world, &run(command), 3);
        assert!(json["error"]["message"].as_str().is_some_and(|text| text.contains("HOME")));
        assert!(json["error"]["hint"].as_str().is_some_and(|text| text.contains("HOME")));
        assert!(world.processes().is_empty());
    }
}

#[test]
fn a_plugin_whose_folder_is_missing_is_installed_again() {
    for world in [World::new(), warm()] {
        let sent = world.sent().len();
        fs::remove_dir_all(world.path("home/.aliyun/plugins/aliyun-cli-dysmsapi"))
            .expect("the plugin's folder");
        let ran = world.run(&SMS);
        assert_accepted(&ran);
        assert!(ran.stderr.contains("folder of aliyun-cli-dysmsapi is missing"), "{ran:#?}");
        assert!(world.commands().iter().any(|command| command == "plugin install"));
        assert_eq!(world.sent().len(), sent + 1);
        // Only once.
        let before = world.processes().len();
        assert_accepted(&world.run(&SMS));
        assert_eq!(commands_after(&world, before), WARM_SMS);
        world.assert_clean();
    }
}

#[test]
fn an_aliyun_in_the_current_folder_is_not_run() {
    let world = World::new();
    let trap = world.path("aliyun");
    fs::write(&trap, "#!/bin/sh\n: >trapped\n").expect("a program");
    fs::set_permissions(&trap, fs::Permissions::from_mode(0o755)).expect("a mode");
    fs::create_dir(world.path("near")).expect("a folder");
    fs::copy(&trap, world.path("near/aliyun")).expect("a program");
    let absent = world.path("tmp");
    let absent = absent.display();
    for path in [format!(":{absent}"), format!("{absent}:"), format!(".:near:{absent}"), "".into()]
    {
        let mut command = world.alimsg(&SMS);
        command.env("PATH", &path);
        let json = assert_not_sent(&world, &run(command), 3);
        let message = json["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains("not installed"), "{path:?}: {json:#}");
        assert!(!world.path("trapped").exists(), "{path:?}");
    }
    // An absolute entry after them is used.
    let mut command = world.alimsg(&SMS);
    command.env("PATH", format!(":.:near:{}", world.path("bin").display()));
    assert_accepted(&run(command));
    assert!(!world.path("trapped").exists());
    world.assert_clean();
}
