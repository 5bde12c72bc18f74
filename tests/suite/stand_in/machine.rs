//! Installed plugins and configured profiles.

use super::{aliyun, refusal, sms, with_ai_mode};
use crate::support::{Profile, Running, World};

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
fn a_missing_plugin_is_downloaded_before_the_reply() {
    let world = with_ai_mode();
    world.plugins(&[]);
    let mut command = world.aliyun(&sms(&[]));
    command.env_remove("ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL");
    let ran = Running::start(command).wait();
    assert!(ran.stderr.contains("is not a valid built-in product"), "{ran:#?}");
    assert_eq!(ran.exit(), 1);
    assert!(world.sent().is_empty());

    let ran = aliyun(&world, &sms(&["--profile=nobody"]));
    assert_eq!((ran.exit(), ran.stdout.as_str()), (3, ""), "no download without an account");

    let ran = aliyun(&world, &sms(&[]));
    assert!(ran.stdout.starts_with("Downloading aliyun-cli-dysmsapi"), "{ran:#?}");
    assert!(ran.stdout.contains("installed successfully!\n{"), "{ran:#?}");
    assert!(ran.stderr.contains("required but not installed"), "{ran:#?}");
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn the_profile_takes_precedence_over_the_environment() {
    let world = with_ai_mode();
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

    // The profile's key is used even if other values come from the environment.
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
fn a_damaged_configuration_stops_every_command_with_exit_code_0() {
    let world = with_ai_mode();
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
