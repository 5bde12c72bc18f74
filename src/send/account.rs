//! The account of a send, as far as it is known before any process starts.

use serde_json::json;

use crate::api::account::EnvCredentials;
use crate::settings::Settings;

/// The chosen account: the profile and region from flags or environment variables, and whether
/// profiles are ignored. Names only: this starts no process and reads no key.
pub fn account(settings: &Settings) -> String {
    let exported = EnvCredentials::from_process(settings);
    let ignores_profiles = exported.decides_alone(settings);
    let profile =
        settings.account_profile().cloned().or(exported.profile).filter(|_| !ignores_profiles);
    json!({
        "profile": profile,
        "region": settings.region,
        "credentials": if ignores_profiles { "env" } else { "auto" },
    })
    .to_string()
}
