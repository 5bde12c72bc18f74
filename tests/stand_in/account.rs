//! Whose account a call is made with, and paid by.

use anyhow::Result;

use crate::answer::Answer;
use crate::folder::Folder;
use crate::words::Words;

/// How the real program ends an error about a profile.
const TIP: &str = "Configuration failed, use `aliyun configure` to configure it";

/// `profile:NAME` or `environment:KEY-ID`, or the complaint of the real program.
///
/// The surprise is the order: what a profile holds wins over the environment, which only fills
/// the rest, unless `ALIBABA_CLOUD_IGNORE_PROFILE` is exactly `TRUE`.
pub fn of_call(folder: &Folder, words: &Words) -> Result<std::result::Result<String, Answer>> {
    let refused = |text: &str| Ok(Err(Answer::unconfigured(&format!("{text}\n\n{TIP}"))));
    let ignores_profile = variable("ALIBABA_CLOUD_IGNORE_PROFILE").as_deref() == Some("TRUE");
    let mut region = words.flag("region").map(str::to_owned);
    let mut signs = None;
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
            return refused(&format!("unknown profile {name}, run configure to check"));
        }
        if let Some(profile) = chosen {
            if profile.valid {
                return Ok(Ok(format!("profile:{}", profile.name)));
            }
            region = region.or(Some(profile.region.clone()).filter(|region| !region.is_empty()));
            // A key that is there is used; what is missing beside it comes from the environment.
            let holds_a_key =
                !matches!(profile.credential.split_once(':'), None | Some((_, "***")));
            signs = holds_a_key.then(|| format!("profile:{}", profile.name));
        }
    }
    if region.or_else(|| variable("ALIBABA_CLOUD_REGION_ID")).is_none() {
        return refused("region can't be empty");
    }
    // Where the profiles are ignored, nothing says how a role's session is to be called.
    match key().or_else(|| other_source().filter(|_| !ignores_profile)) {
        None => refused("access_key_id is not configured for profile 'default'"),
        Some(source) => Ok(Ok(signs.unwrap_or_else(|| format!("environment:{source}")))),
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

/// An environment variable; an empty one counts as absent.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
