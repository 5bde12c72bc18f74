//! Which account sends and pays, and how alimsg reports it.

use std::process::Command;

use serde_json::Value;

use crate::guard::messages::*;
use crate::support::{Profile, Ran, World};

/// Both plugins are installed, no profile is configured.
fn unconfigured() -> World {
    let world = World::new();
    world.profiles(&[]);
    world
}

fn export_keys(command: &mut Command) {
    command
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-exported")
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "not-a-real-secret");
}

/// Sends an SMS with exported keys and these flags and variables.
fn with_keys(world: &World, more: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = world.alimsg(&with(&SMS, more));
    export_keys(&mut command);
    command.envs(variables.iter().copied());
    run(command)
}

/// The accounts that the service charged.
fn charged_accounts(world: &World) -> Vec<Value> {
    world.sent().iter().map(|sent| sent["account"].clone()).collect()
}

#[test]
fn no_profile_and_no_exported_keys_sends_nothing() {
    let world = unconfigured();
    let json = assert_not_sent(&world, &world.run(&SMS), 4);
    assert_eq!(json["error"]["kind"], "credentials");
    assert_eq!(json["error"]["next"][0], "aliyun configure");
    assert_eq!(world.ai_mode(), None, "{:?}", world.commands());
    world.assert_clean();
}

#[test]
fn exported_keys_are_enough_to_send() {
    let world = unconfigured();
    let ran = with_keys(&world, &[], &[("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou")]);
    assert_accepted(&ran);
    let json = ran.json();
    assert_eq!(json["account"]["source"], "environment", "{json:#}");
    assert_eq!(json["account"]["region"], "cn-hangzhou");
    assert_eq!(json["warnings"], serde_json::json!([]));
    assert_eq!(charged_accounts(&world), ["environment:LTAI-exported"]);
    // `configure set` and `configure list` failed, which does not stop the run.
    let failed = world.processes().into_iter().filter(|seen| {
        seen.argv[0] == "configure" && seen.end.as_ref().is_some_and(|end| end.exit != 0)
    });
    assert_eq!(failed.count(), 2);
    world.assert_clean();
}

#[test]
fn exported_keys_need_a_region() {
    let world = unconfigured();
    let json = assert_not_sent(&world, &with_keys(&world, &[], &[]), 2);
    assert_eq!(json["error"]["missing"], serde_json::json!(["--region"]));
    assert_eq!(world.ai_mode(), None);
    assert_accepted(&with_keys(&world, &["--region", "cn-hangzhou"], &[]));
    world.assert_clean();
}

#[test]
fn a_profile_wins_over_exported_keys_with_a_warning() {
    let world = World::new();
    let ran = with_keys(&world, &[], &[("ALIBABA_CLOUD_REGION_ID", "cn-beijing")]);
    assert_accepted(&ran);
    assert_eq!(charged_accounts(&world), ["profile:default"]);
    let json = ran.json();
    assert_eq!(json["account"]["source"], "profile", "{json:#}");
    assert_eq!(json["account"]["profile"], "default");
    assert_eq!(json["account"]["credential"], "AK:***abc");
    assert_eq!(json["account"]["overrides_environment"], true);
    let warning = json["warnings"][0].as_str().unwrap_or_default();
    assert!(warning.contains("profile default sends and pays"), "{json:#}");
    assert!(ran.stderr.contains(&format!("warning: {warning}")), "{ran:#?}");
    // Also on a warm run, which does not run `configure list`.
    let again = with_keys(&world, &[], &[]);
    assert_eq!(again.json()["warnings"], json["warnings"]);
    world.assert_clean();
}

#[test]
fn credentials_env_prefers_the_exported_keys() {
    let world = World::new();
    let ran = with_keys(&world, &["--credentials", "env"], &[]);
    assert_accepted(&ran);
    assert_eq!(charged_accounts(&world), ["environment:LTAI-exported"]);
    let json = ran.json();
    assert_eq!(json["account"]["source"], "environment", "{json:#}");
    assert_eq!(json["warnings"], serde_json::json!([]));
    assert!(!world.commands().contains(&"configure list".to_string()), "{:?}", world.commands());
    for seen in world.processes() {
        let ignore = seen.env.get("ALIBABA_CLOUD_IGNORE_PROFILE").map(String::as_str);
        assert_eq!(ignore, Some("TRUE"), "{seen:#?}");
    }
    world.assert_clean();
}

#[test]
fn credentials_env_without_exported_keys_sends_nothing() {
    let world = World::new();
    assert_not_sent(&world, &world.run(&with(&SMS, &["--credentials", "env"])), 4);
    assert_eq!(world.ai_mode(), None);
    world.assert_clean();
}

#[test]
fn credentials_env_does_not_accept_a_role_or_a_token_file() {
    for variables in [
        &[("ALIBABA_CLOUD_ECS_METADATA", "role")][..],
        &[
            ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "arn"),
            ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/token"),
            ("ALIBABA_CLOUD_ROLE_ARN", "arn"),
        ],
    ] {
        let world = World::new();
        let mut command = world.alimsg(&with(&SMS, &["--credentials", "env"]));
        command.envs(variables.iter().copied());
        let json = assert_not_sent(&world, &run(command), 4);
        assert!(json["error"]["hint"].to_string().contains("ACCESS_KEY_ID"), "{json:#}");
        assert_eq!(world.ai_mode(), None);
        world.assert_clean();
        // So no hint recommends them.
        let mut command = world.alimsg(&SMS);
        command.envs(variables.iter().copied());
        let json = run(command).json();
        let warning = json["warnings"][0].as_str().expect("a warning");
        assert!(
            warning.contains("ignores them") && !warning.contains("--credentials"),
            "{warning}"
        );
    }
}

#[test]
fn profile_and_exported_keys_can_share_a_state_folder() {
    let world = World::new();
    assert_accepted(&with_keys(&world, &["--credentials", "env"], &[]));
    assert_accepted(&world.run(&SMS));
    assert_accepted(&with_keys(&world, &["--credentials", "env"], &[]));
    assert_eq!(
        charged_accounts(&world),
        ["environment:LTAI-exported", "profile:default", "environment:LTAI-exported"]
    );
    world.assert_clean();
}

#[test]
fn an_unknown_profile_sends_nothing_and_lists_the_existing_ones() {
    let world = World::new();
    let json = assert_not_sent(&world, &world.run(&with(&SMS, &["--profile", "nobody"])), 4);
    let message = json["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("nobody") && message.contains("default"), "{json:#}");

    let mut command = world.alimsg(&SMS);
    command.env("ALIBABA_CLOUD_PROFILE", "nobody");
    assert_not_sent(&world, &run(command), 4);
    assert_eq!(world.ai_mode(), None);
    world.assert_clean();
}

#[test]
fn an_invalid_profile_sends_nothing() {
    let world = World::new();
    world.profiles(&[Profile { valid: false, ..Profile::DEFAULT }]);
    let json = assert_not_sent(&world, &world.run(&SMS), 4);
    assert!(
        json["error"]["message"].as_str().is_some_and(|m| m.contains("is invalid")),
        "{json:#}"
    );
    assert_eq!(world.ai_mode(), None);
    // A repaired profile is used at once.
    world.profiles(&[Profile::DEFAULT]);
    assert_accepted(&world.run(&SMS));
    world.assert_clean();
}

/// The CLI fills gaps in a profile from the environment, so the account that pays may not be the
/// account of the exported keys.
#[test]
fn an_invalid_profile_with_a_key_of_its_own_is_not_replaced_by_exported_keys() {
    for credential in ["AK:***abc", "AK:******", "StsToken:***abc", "EcsRamRole:", "OIDC:x@y"] {
        let world = World::new();
        world.profiles(&[Profile { valid: false, credential, ..Profile::DEFAULT }]);
        let json = assert_not_sent(&world, &with_keys(&world, &[], &[]), 4);
        let hint = json["error"]["hint"].as_str().unwrap_or_default();
        assert!(hint.contains("--credentials env"), "{json:#}");
        assert_eq!(world.ai_mode(), None);
        assert_accepted(&with_keys(&world, &["--credentials", "env"], &[]));
        assert_eq!(charged_accounts(&world), ["environment:LTAI-exported"]);
        world.assert_clean();
    }
}

#[test]
fn a_profile_without_a_key_uses_the_exported_keys() {
    // An empty profile, and one without keys only.
    for credential in ["", "AK:***", "StsToken:***"] {
        let world = World::new();
        world.profiles(&[Profile { valid: false, credential, ..Profile::DEFAULT }]);
        let ran = with_keys(&world, &[], &[]);
        assert_accepted(&ran);
        assert_eq!(ran.json()["account"]["source"], "environment");
        assert_eq!(ran.json()["account"]["region"], "cn-hangzhou", "the region of the profile");
        assert_eq!(charged_accounts(&world), ["environment:LTAI-exported"]);
        world.assert_clean();
    }
}

#[test]
fn the_current_profile_is_marked_by_a_blank_and_a_star() {
    let starred =
        Profile { name: "prod*", credential: "AK:***xyz", current: false, ..Profile::DEFAULT };
    let world = World::new();
    world.profiles(&[starred, Profile::DEFAULT]);
    assert_eq!(world.run(&SMS).json()["account"]["profile"], "default");
    assert_eq!(
        world.run(&with(&SMS, &["--profile", "prod*"])).json()["account"]["profile"],
        "prod*"
    );
    assert_eq!(charged_accounts(&world), ["profile:default", "profile:prod*"]);
    world.assert_clean();
}

#[test]
fn naming_a_profile_does_not_change_the_current_one() {
    let other =
        Profile { name: "other", credential: "AK:***xyz", current: false, ..Profile::DEFAULT };
    let world = World::new();
    world.profiles(&[Profile::DEFAULT, other]);
    let ran = world.run(&with(&SMS, &["--profile", "other"]));
    assert_accepted(&ran);
    assert_eq!(ran.json()["account"]["credential"], "AK:***xyz");
    assert_accepted(&world.run(&SMS));
    assert_eq!(charged_accounts(&world), ["profile:other", "profile:default"]);
    world.assert_clean();
}

#[test]
fn no_access_key_is_printed_or_stored() {
    let world = World::new();
    let ran = with_keys(&world, &["-v"], &[]);
    assert_accepted(&ran);
    assert!(!ran.stdout.contains("not-a-real-secret") && !ran.stderr.contains("not-a-real-secret"));
    assert!(!ran.stdout.contains("LTAI-exported") && !ran.stderr.contains("LTAI-exported"));
    let mut folders = vec![world.path("state"), world.path("home")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            assert!(!text.contains("not-a-real-secret"), "{}", entry.path().display());
            assert!(!text.contains("LTAI-exported"), "{}", entry.path().display());
        }
    }
}

#[test]
fn recorded_replies_are_not_used_as_replies_of_the_service() {
    let world = World::new();
    let mut command = world.alimsg(&SMS);
    command.env("ALIBABA_CLOUD_CLI_MOCK", "true");
    let ran = run(command);
    assert!(ran.stderr.contains("calls without a record are really made"), "{ran:?}");
    assert!(!world.run(&SMS).stderr.contains("MOCK"));
}
