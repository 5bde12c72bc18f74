//! Settings from the command line and from the environment.

use crate::support::messages::{SMS, and};
use crate::support::{Running, World};

#[test]
fn an_empty_variable_counts_as_unset() {
    let world = World::new();
    let mut command = world.alimsg(&and(&SMS, &["--json"]));
    for name in ["PROFILE", "REGION", "TIMEOUT", "ALIYUN", "CREDENTIALS", "COLOR", "SANDBOX"] {
        command.env(format!("ALIMSG_{name}"), "");
    }
    Running::start(command).wait().exits(0);
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn the_sandbox_ignores_the_accounts_of_the_user() {
    let world = World::bare();
    let mut command = world.alimsg(&and(&SMS, &["--json"]));
    command
        .args(["--sandbox", "--profile", "prod", "--credentials", "env"])
        .env("ALIBABA_CLOUD_PROFILE", "prod")
        .env("ALIBABA_CLOUD_IGNORE_PROFILE", "TRUE")
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIexample")
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "example");
    let ran = Running::start(command).wait().exits(0);
    let json = ran.json();
    assert_eq!(json["account"]["profile"], "sandbox", "{json:#}");
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(0), "{json:#}");
    assert!(world.processes().is_empty(), "the sandbox started the real thing");
}
