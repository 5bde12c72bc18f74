//! The only profile of the simulated program: always valid, without any secret.

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::sandbox::Environment;
use crate::sandbox::answers::{Answer, host_error};
use crate::sandbox::arguments::Line;
use crate::sandbox::home::{self, Home};

/// Name of the only profile.
pub const NAME: &str = "sandbox";
/// Its credential as `configure list` prints it.
pub const MASKED_CREDENTIAL: &str = "AK:***box";
/// The environment variables of an access key.
pub const ACCESS_KEY: [&str; 2] =
    ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"];

/// Loads the configuration; creates it on first use.
///
/// # Errors
/// The file cannot be read or created, or is not JSON.
pub fn load(home: &Home) -> anyhow::Result<Value> {
    let path = home.configuration().join("config.json");
    if let Some(text) = home::read_if_present(&path)? {
        return serde_json::from_str(&text)
            .with_context(|| format!("{} is not JSON", path.display()));
    }
    let fresh = json!({
        "current": NAME,
        "profiles": [{
            "name": NAME,
            "mode": "AK",
            "region_id": "cn-hangzhou",
            "language": "en",
            "output_format": "json",
            "auto_plugin_install": false,
        }],
        "meta_path": "",
    });
    save(home, &fresh)?;
    Ok(fresh)
}

/// Writes the configuration, even if it did not change, as the real program does.
pub fn save(home: &Home, configuration: &Value) -> anyhow::Result<()> {
    let path = home.configuration().join("config.json");
    home::write_atomically(&path, format!("{configuration:#}\n").as_bytes())
}

/// Whether the profile enables the automatic installation of plugins.
pub fn installs_plugins(configuration: &Value) -> bool {
    configuration["profiles"][0]["auto_plugin_install"] == json!(true)
}

/// Whether the credentials come from the environment. Only the exact value `TRUE` counts.
pub fn is_ignored(env: Environment<'_>) -> bool {
    env("ALIBABA_CLOUD_IGNORE_PROFILE").as_deref() == Some("TRUE")
}

/// Whether all of these environment variables are set. The values are never used.
pub fn are_set<const N: usize>(names: [&str; N], env: Environment<'_>) -> bool {
    names.into_iter().all(|name| env(name).is_some_and(|value| !value.is_empty()))
}

/// Checks that the call has credentials: from its profile, or from the environment if the profile
/// is ignored.
pub fn check(line: &Line, home: &Home, env: Environment<'_>) -> Result<(), Answer> {
    load(home)?;
    if is_ignored(env) {
        return if are_set(ACCESS_KEY, env) {
            Ok(())
        } else {
            Err(host_error(3, "access_key_id is not configured and the profile is ignored"))
        };
    }
    let named = line
        .global("--profile")
        .map(str::to_owned)
        .or_else(|| env("ALIBABA_CLOUD_PROFILE").filter(|name| !name.is_empty()));
    match named {
        Some(name) if name != NAME => {
            Err(host_error(3, &format!("unknown profile {name}, run configure to check")))
        }
        _ => Ok(()),
    }
}
