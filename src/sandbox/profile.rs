//! The only profile of the simulated program: always valid, without any secret.

use anyhow::Context as _;
use anyhow::Result;
use serde_json::{Value, json};

use crate::sandbox::answers::{Answer, host_error};
use crate::sandbox::arguments::Line;
use crate::sandbox::home::{self, Home};

/// Name of the only profile.
pub const NAME: &str = "sandbox";
/// Its credential as `configure list` prints it.
pub const MASKED_CREDENTIAL: &str = "AK:***box";
/// Its region.
pub const REGION: &str = "cn-hangzhou";

/// Loads the configuration; creates it on first use.
///
/// # Errors
/// The file cannot be read or created, or is not JSON.
pub fn load(home: &Home) -> Result<Value> {
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
            "region_id": REGION,
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
pub fn save(home: &Home, configuration: &Value) -> Result<()> {
    let path = home.configuration().join("config.json");
    home::write_atomically(&path, format!("{configuration:#}\n").as_bytes())
}

/// Whether the profile enables the automatic installation of plugins.
pub fn installs_plugins(configuration: &Value) -> bool {
    configuration["profiles"][0]["auto_plugin_install"] == json!(true)
}

/// Checks that the call has credentials: from its profile, or from the environment if
/// `ALIBABA_CLOUD_IGNORE_PROFILE` is `TRUE`.
pub fn choose(
    line: &Line,
    home: &Home,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Result<(), Answer>> {
    load(home)?;
    let is_set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    if env("ALIBABA_CLOUD_IGNORE_PROFILE").as_deref() == Some("TRUE") {
        // Only checks that the keys are set; their values are never used.
        let complete =
            is_set("ALIBABA_CLOUD_ACCESS_KEY_ID") && is_set("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
        return Ok(if complete {
            Ok(())
        } else {
            Err(host_error(3, "access_key_id is not configured and the profile is ignored"))
        });
    }
    let named = line
        .global("--profile")
        .map(str::to_owned)
        .or_else(|| env("ALIBABA_CLOUD_PROFILE").filter(|name| !name.is_empty()));
    Ok(match named {
        Some(name) if name != NAME => {
            Err(host_error(3, &format!("unknown profile {name}, run configure to check")))
        }
        _ => Ok(()),
    })
}
