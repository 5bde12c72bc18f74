//! Whose account a call is made with, and paid by.

use anyhow::Result;

use crate::answer::Answer;
use crate::folder::Folder;
use crate::words::Words;

/// `profile:NAME` or `environment:KEY-ID`, or the complaint of the real program.
///
/// The surprise is the order: a configured profile wins over exported keys, unless
/// `ALIBABA_CLOUD_IGNORE_PROFILE` is exactly `TRUE`.
pub fn of_call(folder: &Folder, words: &Words) -> Result<std::result::Result<String, Answer>> {
    let ignores_profile = variable("ALIBABA_CLOUD_IGNORE_PROFILE").as_deref() == Some("TRUE");
    if !ignores_profile {
        let profiles = folder.profiles()?.unwrap_or_default();
        let named =
            words.flag("profile").map(str::to_owned).or_else(|| variable("ALIBABA_CLOUD_PROFILE"));
        let chosen = match &named {
            Some(name) => profiles.iter().find(|profile| profile.name == *name),
            None => profiles.iter().find(|profile| profile.current),
        };
        match (chosen, named) {
            (Some(profile), _) if profile.valid => {
                return Ok(Ok(format!("profile:{}", profile.name)));
            }
            (None, Some(name)) => {
                let text = format!("unknown profile {name}, run configure to check");
                return Ok(Err(Answer::unconfigured(&text)));
            }
            _ => {}
        }
    }
    let Some(source) = environment() else {
        return Ok(Err(Answer::unconfigured("access_key_id is not configured")));
    };
    let has_region = ignores_profile
        || words.flag("region").is_some()
        || variable("ALIBABA_CLOUD_REGION_ID").is_some();
    if !has_region {
        return Ok(Err(Answer::unconfigured("region can't be empty")));
    }
    Ok(Ok(format!("environment:{source}")))
}

fn environment() -> Option<String> {
    let key = variable("ALIBABA_CLOUD_ACCESS_KEY_ID");
    let secret = variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    if let (Some(key), Some(_)) = (key, secret) {
        return Some(key);
    }
    if let Some(role) = variable("ALIBABA_CLOUD_ECS_METADATA") {
        return Some(role);
    }
    let provider = variable("ALIBABA_CLOUD_OIDC_PROVIDER_ARN")?;
    variable("ALIBABA_CLOUD_OIDC_TOKEN_FILE")?;
    variable("ALIBABA_CLOUD_ROLE_ARN")?;
    Some(provider)
}

/// An environment variable; an empty one counts as absent.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
