//! Where settings come from: the command line, the environment, or nowhere.

#![allow(clippy::expect_used, reason = "a test that cannot go on has to stop")]

use crate::support::lines::{SMS, and};
use crate::support::{Running, World};

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let world = World::new();
    let mut command = world.alimsg(&and(&SMS, &["--json"]));
    for name in ["PROFILE", "REGION", "TIMEOUT", "ALIYUN", "CREDENTIALS", "COLOR", "SANDBOX"] {
        command.env(format!("ALIMSG_{name}"), "");
    }
    let ran = Running::start(command).wait();
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    assert_eq!(world.sent().len(), 1);
    world.assert_clean();
}

#[test]
fn a_rehearsal_does_not_depend_on_the_accounts_of_the_user() {
    let world = World::bare();
    let mut command = world.alimsg(&and(&SMS, &["--json"]));
    command
        .args(["--sandbox", "--profile", "prod", "--credentials", "env"])
        .env("ALIBABA_CLOUD_PROFILE", "prod")
        .env("ALIBABA_CLOUD_IGNORE_PROFILE", "TRUE")
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIexample")
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "example");
    let ran = Running::start(command).wait();
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    let json = ran.json();
    assert_eq!(json["account"]["profile"], "sandbox", "{json:#}");
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(0), "{json:#}");
    assert!(world.processes().is_empty(), "the sandbox started the real thing");
}
