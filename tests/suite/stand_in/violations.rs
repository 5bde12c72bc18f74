//! Violations are recorded, without false positives.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{AGENT, VERSION, aliyun, sms, with_ai_mode};
use crate::support::{Running, World};

/// The only violation that a command causes.
fn violation_of(world: &World, command: Command) -> Value {
    Running::start(command).wait();
    let violations = world.violations();
    assert_eq!(violations.len(), 1, "{violations:#?}");
    violations[0]["what"].clone()
}

#[test]
fn every_violation_is_recorded() {
    let assert_violation = |what: &str, change: &dyn Fn(&World) -> Command| {
        let world = with_ai_mode();
        let command = change(&world);
        assert_eq!(violation_of(&world, command), what);
    };
    assert_violation("configure get", &|world| world.aliyun(&["configure", "get"]));
    assert_violation("profile on configure", &|world| {
        world.aliyun(&["configure", "set", "--auto-plugin-install", "true", "--profile", "x"])
    });
    assert_violation("profile on configure", &|world| {
        world.aliyun(&["plugin", "list", "--profile=x"])
    });
    assert_violation("retry", &|world| {
        world.aliyun(&["dysmsapi", "send-sms", AGENT, VERSION, "--phone-numbers=13800000000"])
    });
    assert_violation("retry", &|world| {
        let mut command = world.aliyun(&sms(&[]));
        command.env_remove("ALIBABA_CLOUD_THROTTLING_RETRY_ENABLED");
        command
    });
    assert_violation("user agent", &|world| world.aliyun(&["cams", "list-chatapp-template"]));
    assert_violation("ai-mode off", &|world| {
        world.set_ai_mode(false, "");
        world.aliyun(&sms(&[]))
    });
    assert_violation("ai-mode off", &|world| {
        fs::remove_file(world.path("home/.aliyun/ai-mode.json")).unwrap();
        world.aliyun(&sms(&[]))
    });
    assert_violation("auto-install", &|world| {
        let mut command = world.aliyun(&["version"]);
        command.env_remove("ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL");
        command
    });
    assert_violation("process group", &|world| {
        let mut command = world.aliyun(&["version"]);
        command.process_group(rustix::process::getpgrp().as_raw_nonzero().get());
        command
    });
    assert_violation("stdin", &|world| {
        let mut command = world.aliyun(&["version"]);
        command.stdin(Stdio::null());
        command
    });
    assert_violation("script", &|world| {
        world.script(json!([{ "mach": ["version"] }]));
        world.aliyun(&["version"])
    });
}

#[test]
fn the_type_of_stdin_is_recorded() {
    let world = World::new();
    let kind = |command: Command| {
        Running::start(command).wait();
        world.processes().pop().unwrap().stdin
    };
    let (reader, _writer) = std::io::pipe().unwrap();
    let mut open = world.aliyun(&["version"]);
    open.stdin(reader);
    assert_eq!(kind(open), "open pipe");

    let mut file = world.aliyun(&["version"]);
    file.stdin(fs::File::open(world.file("input", "yes\n")).unwrap());
    assert_eq!(kind(file), "file");

    Running::start_with_stdin(world.aliyun(&["version"]), "yes\n").wait();
    assert_eq!(world.processes().pop().unwrap().stdin, "pipe with data");
}

#[test]
fn concurrent_writers_are_a_violation_and_consecutive_writers_are_not() {
    let world = World::new();
    world.write_delay_ms(1000);
    let first = Running::start(world.aliyun(&["configure", "ai-mode", "enable"]));
    world.wait_until("the first process writes", || world.path("stand_in/writing").exists());
    let set = ["configure", "set", "--auto-plugin-install", "true"];
    let second = Running::start(world.aliyun(&set));
    let (first_pid, second_pid) = (first.pid(), second.pid());
    first.wait();
    second.wait();
    let violations = world.violations();
    assert_eq!(violations.len(), 1, "{violations:#?}");
    assert_eq!(violations[0]["what"], "two writers");
    assert_eq!(violations[0]["detail"], format!("{second_pid} while {first_pid} was writing"));

    world.write_delay_ms(0);
    aliyun(&world, &["configure", "ai-mode", "disable"]);
    aliyun(&world, &set);
    assert_eq!(world.violations().len(), 1);
}

#[test]
fn the_marker_of_a_killed_writer_is_not_a_violation() {
    let world = World::new();
    world.write_delay_ms(10_000);
    let first = Running::start(world.aliyun(&["configure", "ai-mode", "enable"]));
    world.wait_until("the first process writes", || world.path("stand_in/writing").exists());
    first.signal(Signal::KILL);
    assert_eq!(first.wait().signal(), Some(9));
    world.write_delay_ms(0);
    aliyun(&world, &["configure", "ai-mode", "disable"]);
    world.assert_clean();
    assert!(!world.processes()[0].ended());
}
