//! What every process of `aliyun` is given: input, process group, environment.

use crate::guard::messages::*;
use crate::support::World;

#[test]
fn every_child_gets_a_closed_pipe_as_its_input() {
    let world = fresh();
    // Not what stands on alimsg's own input, either.
    assert_accepted(&world.run_with_stdin(&SMS, "yes\nyes\nyes\n"));
    let seen = world.processes();
    assert_eq!(seen.len(), 9);
    assert!(seen.iter().all(|seen| seen.stdin == "closed pipe"), "{seen:#?}");
    world.assert_clean();
}

#[test]
fn every_child_leads_a_process_group_of_its_own() {
    let world = fresh();
    assert_accepted(&world.run(&SMS));
    let seen = world.processes();
    assert!(seen.iter().all(|seen| seen.leader && seen.pgid == seen.pid), "{seen:#?}");
}

#[test]
fn every_child_gets_the_environment_and_installs_plugins_by_itself() {
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
        // Nobody decided that, so the profile counts.
        assert_eq!(value("ALIBABA_CLOUD_IGNORE_PROFILE"), None, "{seen:#?}");
    }
    world.assert_clean();
}

#[test]
fn no_child_is_told_to_retry() {
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
fn the_parts_that_alimsg_plays_itself_are_not_handed_down() {
    let world = fresh();
    assert_accepted(&world.run(&SMS));
    for seen in world.processes() {
        assert!(!seen.env.keys().any(|name| name.starts_with("ALIMSG_INTERNAL")), "{seen:#?}");
    }
}

#[test]
fn an_aliyun_that_is_named_is_the_one_that_runs() {
    let world = World::new();
    let named = world.path("elsewhere");
    std::fs::create_dir(&named).expect("a folder");
    std::fs::rename(world.path("bin/aliyun"), named.join("aliyun")).expect("the stand-in moves");
    let path = named.join("aliyun");
    let mut command = world.alimsg(&SMS);
    command.env("PATH", world.path("bin")).arg("--aliyun").arg(&path);
    assert_accepted(&run(command));
    // By its relative path as well.
    let mut command = world.alimsg(&SMS);
    command.env("PATH", world.path("bin")).args(["--aliyun", "elsewhere/aliyun"]);
    assert_accepted(&run(command));
    assert_eq!(world.sent().len(), 2);
    world.assert_clean();
}
