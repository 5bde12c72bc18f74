//! The stand-in for `aliyun` is judged first: a lenient one would let every other test pass.

#[path = "stand_in_itself/rules.rs"]
mod rules;
mod support;

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use support::{Profile, Ran, Running, World};

const AGENT: &str = "--user-agent=AlibabaCloud-Agent-Skills/test";
const VERSION: &str = "--api-version=2017-05-25";
const ONCE: &str = "--retry-count=0";

fn aliyun(world: &World, arguments: &[&str]) -> Ran {
    Running::start(world.aliyun(arguments)).wait()
}

/// A well-formed SMS, and more flags.
fn sms<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["dysmsapi", "send-sms", AGENT, VERSION, ONCE];
    words.push("--phone-numbers=13800000000");
    words.extend(more);
    words
}

/// A world in which ai-mode is on, as it has to be for product calls.
fn switched_on() -> World {
    let world = World::new();
    world.set_ai_mode(true, "");
    world
}

/// The one violation that a command causes.
fn violation_of(world: &World, command: Command) -> Value {
    Running::start(command).wait();
    let violations = world.violations();
    assert_eq!(violations.len(), 1, "{violations:#?}");
    violations[0]["what"].clone()
}

/// Strips the colours and names exit code and message of a command that has to fail.
fn refusal(world: &World, arguments: &[&str]) -> (i32, String) {
    let ran = aliyun(world, arguments);
    assert!(ran.stderr.starts_with("\u{1b}[1;31mERROR: "), "{ran:#?}");
    assert_ne!(ran.exit(), 0, "{ran:#?}");
    assert!(world.sent().is_empty(), "{arguments:?} was sent");
    (ran.exit(), ran.stderr)
}

#[test]
fn a_whole_run_as_alimsg_makes_it_breaks_no_promise() {
    let world = World::new();
    let run: [&[&str]; 8] = [
        &["version"],
        &["configure", "set", "--auto-plugin-install", "true"],
        &["plugin", "list"],
        &["plugin", "update"],
        &["configure", "list"],
        &["configure", "ai-mode", "enable"],
        &["configure", "ai-mode", "set-user-agent", "--user-agent", "AlibabaCloud-Agent-Skills/x"],
        &sms(&["--out-id=-starts with a dash"]),
    ];
    let answers: Vec<Ran> = run.iter().map(|arguments| aliyun(&world, arguments)).collect();
    assert!(answers.iter().all(|ran| ran.exit() == 0), "{answers:#?}");
    assert_eq!(answers[0].stdout, "3.4.11\n");
    assert!(answers[2].stdout.contains("aliyun-cli-dysmsapi"), "{}", answers[2].stdout);
    assert!(answers[4].stdout.contains("default * | AK:***abc"), "{}", answers[4].stdout);
    assert_eq!(answers[7].json()["Code"], "OK");
    assert_eq!(world.agent().as_deref(), Some("AlibabaCloud-Agent-Skills/x"));

    let sent = world.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["flags"]["out-id"], "-starts with a dash");
    assert_eq!(sent[0]["account"], "profile:default");

    assert_eq!(world.ai_mode(), Some(true));
    aliyun(&world, &["configure", "ai-mode", "disable"]);
    assert_eq!(world.agent().as_deref(), Some("AlibabaCloud-Agent-Skills/x"));
    world.assert_clean();

    assert_eq!(
        world.commands(),
        [
            "version",
            "configure set",
            "plugin list",
            "plugin update",
            "configure list",
            "ai-mode enable",
            "ai-mode set-user-agent",
            "dysmsapi send-sms",
            "ai-mode disable",
        ]
    );
    let seen = world.processes();
    let call = &seen[7];
    assert!(call.ai_mode_enabled() && call.ended() && call.leader && call.pgid == call.pid);
    assert_eq!(call.stdin, "closed pipe");
    assert_eq!(call.flag("out-id"), Some("-starts with a dash"));
    assert_eq!(call.env["ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL"], "true");
    assert!(!seen[5].ai_mode_enabled());
    assert_eq!(seen[8].end.as_ref().unwrap().ai_mode["enabled"], false);
}

#[test]
fn a_bare_machine_has_no_profile_and_no_plugin() {
    let world = World::bare();
    let (exit, text) = refusal(&world, &["configure", "list"]);
    assert!(exit == 1 && text.contains("load configure failed: stat "), "{text}");
    let (exit, text) = refusal(&world, &["configure", "set", "--auto-plugin-install", "true"]);
    assert!(exit == 1 && text.contains("region can't be empty"), "{text}");
    assert_eq!(aliyun(&world, &["plugin", "update"]).stdout, "No plugins installed.\n");
    assert_eq!(refusal(&world, &["plugin", "install", "--names", "aliyun-cli-nothing"]).0, 1);
    assert_eq!(aliyun(&world, &["plugin", "install", "--names", "cams"]).exit(), 0);
    assert!(aliyun(&world, &["plugin", "list"]).stdout.contains("aliyun-cli-cams"));
}

#[test]
fn what_looks_like_a_flag_is_one() {
    let world = switched_on();
    for (words, part) in [
        (sms(&["--sign-name", "--region"]), "must be assigned with value"),
        (sms(&["--out-id", "-x"]), "unknown flag -x"),
        (sms(&["--region="]), "must be assigned with value"),
        (sms(&["--out-id=a", "--out-id=b"]), "duplicated"),
        (sms(&["--out-id", "a", "b"]), "one command"),
        (sms(&["--Out-Id=a"]), "invalid flag"),
        (sms(&["--template-params", "1=Alice", "Bob"]), "not key=value"),
        (sms(&["--template-params=1=Alice"]), "own words"),
        (sms(&["--page", "Index=1", "--page", "Size=50"]), "duplicated"),
        (sms(&["--yes=true"]), "takes no value"),
    ] {
        let text = refusal(&world, &words).1;
        assert!(text.contains(part), "{words:?}: {text}");
    }
}

#[test]
fn a_cry_for_help_ends_with_0_and_sends_nothing() {
    let world = switched_on();
    for word in ["help", "-h", "--help"] {
        let ran = aliyun(&world, &sms(&["--payload", "a", word]));
        assert_eq!(ran.exit(), 0);
        assert!(ran.stdout.contains("Usage:"), "{ran:#?}");
    }
    assert!(world.sent().is_empty());
}

#[test]
fn many_values_are_taken_by_the_flags_that_have_many() {
    let world = switched_on();
    let mut words = vec!["cams", "send-chatapp-message", AGENT, "--to", "8613800000000"];
    words.extend(["--template-params", "1=Alice", "2=a=b", "--payload=x", "--payload=y"]);
    assert!(aliyun(&world, &words).json()["MessageId"].is_string());
    let flags = &world.sent()[0]["flags"];
    assert_eq!(flags["template-params"], json!(["1=Alice", "2=a=b"]));
    assert_eq!(flags["payload"], json!(["x", "y"]));
    assert_eq!(flags["to"], "8613800000000");
}

#[test]
fn commands_that_do_not_exist_end_with_2() {
    let world = switched_on();
    for words in [
        vec!["ecs", "describe-regions"],
        vec!["dysmsapi", "SendSms", AGENT, VERSION],
        vec!["dysmsapi", AGENT, VERSION],
        vec!["configure", "nothing"],
        vec!["plugin", "nothing"],
        vec!["version", AGENT],
        vec!["configure", "list", AGENT],
        vec!["plugin", "list", AGENT],
    ] {
        assert_eq!(refusal(&world, &words).0, 2, "{words:?}");
    }
    world.version("3.3.2");
    assert_eq!(aliyun(&world, &["version"]).stdout, "3.3.2\n");
    assert_eq!(refusal(&world, &["configure", "ai-mode", "enable"]).0, 2);
}

#[test]
fn an_sms_call_names_its_api_version() {
    let world = switched_on();
    assert_eq!(refusal(&world, &["dysmsapi", "send-sms", AGENT]).0, 1);
    assert_eq!(refusal(&world, &["dysmsapi", "send-sms", AGENT, "--api-version=2018-05-01"]).0, 1);
}

#[test]
fn a_missing_plugin_is_downloaded_in_front_of_the_reply() {
    let world = switched_on();
    world.plugins(&[]);
    let mut command = world.aliyun(&sms(&[]));
    command.env_remove("ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL");
    let ran = Running::start(command).wait();
    assert!(ran.stderr.contains("is not a valid built-in product"), "{ran:#?}");
    assert_eq!(ran.exit(), 1);
    assert!(world.sent().is_empty());

    let ran = aliyun(&world, &sms(&["--profile=nobody"]));
    assert_eq!((ran.exit(), ran.stdout.as_str()), (3, ""), "no download for nobody");

    let ran = aliyun(&world, &sms(&[]));
    assert!(ran.stdout.starts_with("Downloading aliyun-cli-dysmsapi"), "{ran:#?}");
    assert!(ran.stdout.contains("installed successfully!\n{"), "{ran:#?}");
    assert!(ran.stderr.contains("required but not installed"), "{ran:#?}");
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn the_profile_wins_over_the_environment() {
    let world = switched_on();
    let call = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command = world.aliyun(&sms(more));
        command.envs(variables.iter().copied());
        Running::start(command).wait()
    };
    let account = || world.sent().pop().unwrap()["account"].clone();
    let keys =
        [("ALIBABA_CLOUD_ACCESS_KEY_ID", "exported"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "fake")];
    call(&[], &keys);
    assert_eq!(account(), "profile:default");

    let mut ignoring = keys.to_vec();
    ignoring.push(("ALIBABA_CLOUD_IGNORE_PROFILE", "TRUE"));
    call(&[], &ignoring);
    assert_eq!(account(), "environment:exported");

    let ran = call(&["--profile=nobody"], &[]);
    assert!(ran.exit() == 3 && ran.stderr.contains("unknown profile nobody"), "{ran:#?}");

    // A key of its own wins also where something else is missing and comes from the environment.
    world.profiles(&[Profile { valid: false, ..Profile::DEFAULT }]);
    assert!(aliyun(&world, &["configure", "list"]).stdout.contains("| Invalid"));
    assert_eq!(call(&[], &[]).exit(), 3);
    assert_eq!(call(&[], &keys).exit(), 0);
    assert_eq!(account(), "profile:default");

    world.profiles(&[Profile { valid: false, credential: "", region: "", ..Profile::DEFAULT }]);
    let ran = call(&[], &keys);
    assert!(ran.exit() == 3 && ran.stderr.contains("region can't be empty"), "{ran:#?}");
    assert_eq!(call(&["--region=cn-beijing"], &keys).exit(), 0);
    assert_eq!(account(), "environment:exported");
}

#[test]
fn an_upload_needs_a_scheme_and_a_yes() {
    let world = World::new();
    let file = world.file("cat.png", "meow");
    let target = "oss://bucket/cat.png";
    let endpoint = "--endpoint=https://oss.example";
    assert_eq!(refusal(&world, &["oss", "cp", &file, target, "-f", "--endpoint=oss.example"]).0, 1);
    assert_eq!(refusal(&world, &["oss", "cp", &file, target, endpoint]).0, 1);
    assert_eq!(aliyun(&world, &["oss", "cp", &file, target, endpoint, "-f"]).exit(), 0);
    let uploads = world.uploads();
    assert_eq!((&uploads[0]["bytes"], &uploads[0]["to"]), (&json!(4), &json!(target)));
    world.assert_clean();
}

#[test]
fn every_broken_promise_is_noticed() {
    let notices = |what: &str, change: &dyn Fn(&World) -> Command| {
        let world = switched_on();
        let command = change(&world);
        assert_eq!(violation_of(&world, command), what);
    };
    notices("configure get", &|world| world.aliyun(&["configure", "get"]));
    notices("profile on configure", &|world| {
        world.aliyun(&["configure", "set", "--auto-plugin-install", "true", "--profile", "x"])
    });
    notices("profile on configure", &|world| world.aliyun(&["plugin", "list", "--profile=x"]));
    notices("retry", &|world| {
        world.aliyun(&["dysmsapi", "send-sms", AGENT, VERSION, "--phone-numbers=13800000000"])
    });
    notices("retry", &|world| {
        let mut command = world.aliyun(&sms(&[]));
        command.env_remove("ALIBABA_CLOUD_THROTTLING_RETRY_ENABLED");
        command
    });
    notices("user agent", &|world| world.aliyun(&["cams", "list-chatapp-template"]));
    notices("ai-mode off", &|world| {
        world.set_ai_mode(false, "");
        world.aliyun(&sms(&[]))
    });
    notices("ai-mode off", &|world| {
        fs::remove_file(world.path("home/.aliyun/ai-mode.json")).unwrap();
        world.aliyun(&sms(&[]))
    });
    notices("auto-install", &|world| {
        let mut command = world.aliyun(&["version"]);
        command.env_remove("ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL");
        command
    });
    notices("process group", &|world| {
        let mut command = world.aliyun(&["version"]);
        command.process_group(rustix::process::getpgrp().as_raw_nonzero().get());
        command
    });
    notices("stdin", &|world| {
        let mut command = world.aliyun(&["version"]);
        command.stdin(Stdio::null());
        command
    });
    notices("script", &|world| {
        world.script(json!([{ "mach": ["version"] }]));
        world.aliyun(&["version"])
    });
}

#[test]
fn stdin_is_told_apart() {
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
fn two_writers_at_once_are_noticed_and_two_in_a_row_are_not() {
    let world = World::new();
    world.write_delay_ms(1000);
    let first = Running::start(world.aliyun(&["configure", "ai-mode", "enable"]));
    world.wait_until("the first one writes", || world.path("stand_in/writing").exists());
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
fn the_marker_of_a_killed_writer_accuses_nobody() {
    let world = World::new();
    world.write_delay_ms(10_000);
    let first = Running::start(world.aliyun(&["configure", "ai-mode", "enable"]));
    world.wait_until("the first one writes", || world.path("stand_in/writing").exists());
    first.signal(Signal::KILL);
    assert_eq!(first.wait().signal(), Some(9));
    world.write_delay_ms(0);
    aliyun(&world, &["configure", "ai-mode", "disable"]);
    world.assert_clean();
    assert!(!world.processes()[0].ended());
}

#[test]
#[should_panic(expected = "ai-mode was left on")]
fn a_world_with_ai_mode_on_is_not_clean() {
    switched_on().assert_clean();
}

#[test]
#[should_panic(expected = "promises were broken")]
fn a_world_with_a_broken_promise_is_not_clean() {
    let world = World::new();
    aliyun(&world, &["configure", "get"]);
    world.assert_clean();
}

#[test]
#[should_panic(expected = "processes were left behind")]
fn a_world_with_a_process_left_is_not_clean() {
    let world = World::new();
    world.script(json!([{ "delay_ms": 30_000 }]));
    let _left = Running::start(world.aliyun(&["version"]));
    world.wait_until("it is noted", || !world.processes().is_empty());
    world.assert_clean();
}

#[test]
fn a_terminal_shows_and_takes_text() {
    let world = World::new();
    let mut terminal = support::Terminal::start(world.aliyun(&["version"]));
    terminal.expect("3.4.11");
    assert_eq!(terminal.wait().exit(), 0);
    assert_eq!(world.processes()[0].stdin, "terminal");

    #[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", r#"printf '\033[1mna\033[0mme? '; read x; echo "hello $x"; exit 3"#]);
    let mut terminal = support::Terminal::start(shell);
    terminal.expect("name? ");
    terminal.write("world\n");
    terminal.expect("hello world");
    assert_eq!(terminal.wait().exit(), 3);
}

#[test]
fn it_starts_fast_enough_for_many_tests() {
    let world = World::new();
    let since = Instant::now();
    for _ in 0..20 {
        aliyun(&world, &["version"]);
    }
    // Generous, for a loaded machine; a single one takes a few milliseconds.
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
}

#[test]
fn a_configuration_that_cannot_be_read_stops_every_command_with_exit_code_0() {
    let world = switched_on();
    std::fs::write(world.path("home/.aliyun/config.json"), "{").unwrap();
    for words in
        [&["version"][..], &["configure", "ai-mode", "disable"], &["plugin", "list"], &["nothing"]]
    {
        let ran = aliyun(&world, words);
        assert_eq!((ran.exit(), ran.stdout.as_str()), (0, ""), "{words:?}");
        assert!(ran.stderr.contains("ERROR: load current configuration failed"), "{ran:#?}");
    }
    assert_eq!(world.ai_mode(), Some(true));
}
