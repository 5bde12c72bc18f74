//! Selects the account that signs and pays for a call.

use anyhow::Result;

use crate::answer::Answer;
use crate::folder::Folder;
use crate::words::Words;

/// The last line of the real program's errors about a profile.
const TIP: &str = "Configuration failed, use `aliyun configure` to configure it";

/// Returns `profile:NAME` or `environment:KEY-ID`, or the error of the real program.
///
/// A profile takes precedence over the environment, which only supplies missing values, unless
/// `ALIBABA_CLOUD_IGNORE_PROFILE` is exactly `TRUE` (measured).
pub fn select(folder: &Folder, words: &Words) -> Result<std::result::Result<String, Answer>> {
    let error = |text: &str| Ok(Err(Answer::unconfigured(&format!("{text}\n\n{TIP}"))));
    let ignores_profile = variable("ALIBABA_CLOUD_IGNORE_PROFILE").as_deref() == Some("TRUE");
    let mut region = words.flag("region").map(str::to_owned);
    let mut signer = None;
    if ignores_profile {
        region = region.or(Some("cn-hangzhou".to_owned()));
    } else {
        let profiles = folder.profiles()?.unwrap_or_default();
        let named =
            words.flag("profile").map(str::to_owned).or_else(|| variable("ALIBABA_CLOUD_PROFILE"));
        let chosen = match &named {
            Some(name) => profiles.iter().find(|profile| profile.name == *name),
            None => profiles.iter().find(|profile| profile.current),
        };
        if let (None, Some(name)) = (chosen, named) {
            return error(&format!("unknown profile {name}, run configure to check"));
        }
        if let Some(profile) = chosen {
            if profile.valid {
                return Ok(Ok(format!("profile:{}", profile.name)));
            }
            region = region.or(Some(profile.region.clone()).filter(|region| !region.is_empty()));
            // The profile's key is used even if other values come from the environment.
            let has_key = !matches!(profile.credential.split_once(':'), None | Some((_, "***")));
            signer = has_key.then(|| format!("profile:{}", profile.name));
        }
    }
    if region.or_else(|| variable("ALIBABA_CLOUD_REGION_ID")).is_none() {
        return error("region can't be empty");
    }
    // A role needs a session name, which only a profile contains.
    match key().or_else(|| other_source().filter(|_| !ignores_profile)) {
        None => error("access_key_id is not configured for profile 'default'"),
        Some(source) => Ok(Ok(signer.unwrap_or_else(|| format!("environment:{source}")))),
    }
}

fn key() -> Option<String> {
    let key = variable("ALIBABA_CLOUD_ACCESS_KEY_ID")?;
    variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET")?;
    Some(key)
}

fn other_source() -> Option<String> {
    if let Some(role) = variable("ALIBABA_CLOUD_ECS_METADATA") {
        return Some(role);
    }
    let provider = variable("ALIBABA_CLOUD_OIDC_PROVIDER_ARN")?;
    variable("ALIBABA_CLOUD_OIDC_TOKEN_FILE")?;
    variable("ALIBABA_CLOUD_ROLE_ARN")?;
    Some(provider)
}

/// An environment variable; an empty value counts as missing.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
