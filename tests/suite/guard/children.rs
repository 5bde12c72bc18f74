//! The stdin, process group and environment of every `aliyun` process.

use crate::guard::messages::*;
use crate::support::World;

#[test]
fn every_child_has_a_closed_pipe_as_stdin() {
    let world = fresh();
    // Children do not read alimsg's own stdin.
    assert_accepted(&world.run_with_stdin(&SMS, "yes\nyes\nyes\n"));
    let seen = world.processes();
    assert_eq!(seen.len(), 9);
    assert!(seen.iter().all(|seen| seen.stdin == "closed pipe"), "{seen:#?}");
    world.assert_clean();
}

#[test]
fn every_child_leads_its_own_process_group() {
    let world = fresh();
    assert_accepted(&world.run(&SMS));
    let seen = world.processes();
    assert!(seen.iter().all(|seen| seen.leader && seen.pgid == seen.pid), "{seen:#?}");
}

#[test]
fn every_child_inherits_the_environment_and_may_install_plugins() {
    let world = fresh();
    let mut command = world.alimsg(&SMS);
    command
        .env("ALIBABA_CLOUD_CONNECT_TIMEOUT", "5")
        .env("ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL", "false")
        .env("ALICLOUD_SOMETHING", "else");
    assert_accepted(&run(command));
    for seen in world.processes() {
        let value = |name: &str| seen.env.get(name).map(String::as_str);
        assert_eq!(value("ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL"), Some("true"), "{seen:#?}");
        assert_eq!(value("ALIBABA_CLOUD_CONNECT_TIMEOUT"), Some("5"), "{seen:#?}");
        assert_eq!(value("ALICLOUD_SOMETHING"), Some("else"), "{seen:#?}");
        // Unset by the user, so the profile applies.
        assert_eq!(value("ALIBABA_CLOUD_IGNORE_PROFILE"), None, "{seen:#?}");
    }
    world.assert_clean();
}

#[test]
fn no_child_retries() {
    let world = fresh();
    let mut command = world.alimsg(&SMS);
    command
        .env("ALIBABA_CLOUD_RETRY_COUNT", "5")
        .env("ALIBABA_CLOUD_THROTTLING_RETRY_ENABLED", "true");
    assert_accepted(&run(command));
    assert_eq!(calls(&world)[0].flag("retry-count"), Some("0"));
    for seen in world.processes() {
        let value = |name: &str| seen.env.get(name).map(String::as_str);
        assert_eq!(value("ALIBABA_CLOUD_RETRY_COUNT"), None, "{seen:#?}");
        assert_eq!(value("ALIBABA_CLOUD_THROTTLING_RETRY_ENABLED"), Some("false"), "{seen:#?}");
    }
}

#[test]
fn internal_variables_are_not_passed_to_children() {
    let world = fresh();
    assert_accepted(&world.run(&SMS));
    for seen in world.processes() {
        assert!(!seen.env.keys().any(|name| name.starts_with("ALIMSG_INTERNAL")), "{seen:#?}");
    }
}

#[test]
fn the_aliyun_given_by_flag_or_variable_runs() {
    let world = World::new();
    let named = world.path("elsewhere");
    std::fs::create_dir(&named).expect("a folder");
    std::fs::rename(world.path("bin/aliyun"), named.join("aliyun")).expect("the stand-in moves");
    let path = named.join("aliyun");
    let mut command = world.alimsg(&SMS);
    command.env("PATH", world.path("bin")).arg("--aliyun").arg(&path);
    assert_accepted(&run(command));
    // A relative path works as well.
    let mut command = world.alimsg(&SMS);
    command.env("PATH", world.path("bin")).args(["--aliyun", "elsewhere/aliyun"]);
    assert_accepted(&run(command));
    assert_eq!(world.sent().len(), 2);
    world.assert_clean();
}
