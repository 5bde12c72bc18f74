//! Tests of the stand-in for `aliyun`. If it were too lenient, the other tests would prove nothing.

mod command_lines;
mod machine;
mod many_recipients;
mod rules;
mod test_support;
mod violations;

use crate::support::{Ran, Running, World};

const AGENT: &str = "--user-agent=AlibabaCloud-Agent-Skills/test";
const VERSION: &str = "--api-version=2017-05-25";
const NO_RETRY: &str = "--retry-count=0";

fn aliyun(world: &World, arguments: &[&str]) -> Ran {
    Running::start(world.aliyun(arguments)).wait()
}

/// A valid SMS call with more flags.
fn sms<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["dysmsapi", "send-sms", AGENT, VERSION, NO_RETRY];
    words.push("--phone-numbers=13800000000");
    words.extend(more);
    words
}

/// A world with ai-mode on, which product calls need.
fn with_ai_mode() -> World {
    let world = World::new();
    world.set_ai_mode(true, "");
    world
}

/// Runs a command that must fail; returns exit code and stderr.
fn refusal(world: &World, arguments: &[&str]) -> (i32, String) {
    let ran = aliyun(world, arguments);
    assert!(ran.stderr.starts_with("\u{1b}[1;31mERROR: "), "{ran:#?}");
    assert_ne!(ran.exit(), 0, "{ran:#?}");
    assert!(world.sent().is_empty(), "{arguments:?} was sent");
    (ran.exit(), ran.stderr)
}

#[test]
fn the_commands_of_a_complete_run_cause_no_violation() {
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
    let processes = world.processes();
    let call = &processes[7];
    assert!(call.ai_mode_enabled() && call.ended() && call.leader && call.pgid == call.pid);
    assert_eq!(call.stdin, "closed pipe");
    assert_eq!(call.flag("out-id"), Some("-starts with a dash"));
    assert_eq!(call.env["ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL"], "true");
    assert!(!processes[5].ai_mode_enabled());
    assert_eq!(processes[8].end.as_ref().unwrap().ai_mode["enabled"], false);
}
