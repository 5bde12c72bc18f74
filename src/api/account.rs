//! Which account sends and pays.
//!
//! A configured profile wins over exported credentials, silently: keys of another account in the
//! environment are ignored by the CLI. This module finds out who it will really be, without ever
//! reading a key: of the environment it asks only whether a variable is set.

use serde::{Deserialize, Serialize};

use crate::error::{Failure, Kind, Result};
use crate::settings::{Credentials, Settings};

/// Prefixes under which the CLI looks for its variables, in its order.
pub const PREFIXES: [&str; 3] = ["ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_"];
/// Makes the CLI use the credentials of the environment alone. It compares with `TRUE`.
pub const IGNORE_PROFILE: &str = "ALIBABA_CLOUD_IGNORE_PROFILE";

/// One row of `aliyun configure list`; credentials are masked there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub name: String,
    pub credential: String,
    pub valid: bool,
    pub region: String,
    pub current: bool,
}

impl Profile {
    /// Reads the table of `configure list`: `Profile | Credential | Valid | Region | Language`.
    pub fn parse_table(table: &str) -> Vec<Self> {
        table.lines().filter_map(Self::parse_row).collect()
    }

    fn parse_row(row: &str) -> Option<Self> {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [name, middle @ .., valid, region, _language] = cells.as_slice() else { return None };
        let valid = match *valid {
            "Valid" => true,
            "Invalid" => false,
            _ => return None,
        };
        // A credential may itself contain a bar, where it is a command.
        let credential = middle.join("|");
        let current = name.strip_suffix(" *");
        // The heading has the words of a valid row.
        if credential == "Credential" {
            return None;
        }
        Some(Self {
            name: current.unwrap_or(name).to_string(),
            credential,
            valid,
            region: (*region).to_string(),
            current: current.is_some(),
        })
    }

    /// Whether it holds something to sign with, told from how it is masked: a mode, a colon and
    /// what is left of a key, a role or a command. That counts for the CLI also where the profile
    /// as a whole is not valid; the environment only fills the rest.
    fn has_own_credential(&self) -> bool {
        !matches!(self.credential.split_once(':'), None | Some((_, "***")))
    }
}

/// Where the credentials of a call come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Profile,
    Environment,
}

/// The account that sends and pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    pub source: Source,
    pub profile: Option<String>,
    /// As `configure list` masks it.
    pub credential: Option<String>,
    pub region: Option<String>,
    /// Credentials are exported too, and ignored.
    pub overrides_environment: bool,
    /// Among those is an AccessKey, which could be used in the place of the profile.
    #[serde(skip)]
    has_choice: bool,
}

impl Account {
    /// One line for people.
    pub fn describe(&self) -> String {
        let region = self.region.as_deref().unwrap_or("not set");
        match (&self.profile, &self.credential) {
            (Some(profile), Some(credential)) => {
                format!("profile {profile} ({credential}), region {region}")
            }
            _ => format!("environment, region {region}"),
        }
    }

    /// Said loudly where exported credentials are not those that count.
    pub fn warning(&self) -> Option<String> {
        self.overrides_environment.then(|| {
            format!(
                "credentials are exported, but aliyun ignores them: profile {} sends and pays{}",
                self.profile.as_deref().unwrap_or("default"),
                if self.has_choice {
                    "; to use the exported ones, add --credentials env"
                } else {
                    ""
                }
            )
        })
    }
}

/// What the environment says about credentials. Values of secrets are never looked at.
pub struct EnvCredentials {
    /// Of any kind.
    pub credentials: bool,
    /// An AccessKey: the only kind that the CLI takes when it ignores the profiles. A role or a
    /// token file need more than variables can say, and before 3.3.17 the CLI then signs with the
    /// current profile, without a word.
    pub keys: bool,
    pub profile: Option<String>,
    pub region: Option<String>,
    pub ignore_profile: bool,
    /// The CLI answers calls from records, which it can from 3.3.12 on; calls that have none it
    /// makes.
    pub recorded: bool,
}

impl EnvCredentials {
    /// `get` returns a variable that is set and not empty.
    pub fn read(get: &dyn Fn(&str) -> Option<String>) -> Self {
        let any = |name: &str| PREFIXES.iter().find_map(|prefix| get(&format!("{prefix}{name}")));
        let is_set = |name: &str| any(name).is_some();
        let keys = (is_set("ACCESS_KEY_ID") || get("ACCESS_KEY_ID").is_some())
            && (is_set("ACCESS_KEY_SECRET") || get("ACCESS_KEY_SECRET").is_some());
        let ecs_role = get("ALIBABA_CLOUD_ECS_METADATA").is_some();
        let oidc = ["OIDC_PROVIDER_ARN", "OIDC_TOKEN_FILE", "ROLE_ARN"].into_iter().all(is_set);
        Self {
            credentials: keys || ecs_role || oidc,
            keys,
            profile: ["ALIBABACLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"]
                .into_iter()
                .find_map(get),
            region: any("REGION_ID").or_else(|| get("REGION_ID")).or_else(|| get("REGION")),
            ignore_profile: [IGNORE_PROFILE, "ALIBABACLOUD_IGNORE_PROFILE"]
                .into_iter()
                .find_map(get)
                .is_some_and(|value| value == "TRUE"),
            recorded: get("ALIBABA_CLOUD_CLI_MOCK").is_some_and(|value| value == "true"),
        }
    }

    pub fn of_this_process(settings: &Settings) -> Self {
        if settings.sandbox {
            // The sandbox has an account of its own; those of the user play no part in it.
            return Self::read(&|_| None);
        }
        Self::read(&|name| {
            // Only whether a secret is set is of interest, so its value is not copied.
            let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
            let secret =
                ["ACCESS_KEY", "TOKEN_FILE", "_ARN"].iter().any(|part| name.contains(part));
            Some(if secret { String::new() } else { value.to_string_lossy().into_owned() })
        })
    }

    /// Whether `configure list` has nothing to say about this run.
    pub fn decides_alone(&self, settings: &Settings) -> bool {
        settings.credentials == Credentials::Env || self.ignore_profile
    }
}

/// Who will send, by the rules of the CLI: the named profile, else the one of the environment,
/// else the current one; exported credentials only fill what a profile leaves empty. `program` is
/// how people call the CLI.
///
/// # Errors
/// [`Kind::Credentials`] if nobody can.
pub fn resolve(
    program: &str,
    settings: &Settings,
    env_credentials: &EnvCredentials,
    profiles: &[Profile],
) -> Result<Account> {
    let environment = |region: Option<String>| Account {
        source: Source::Environment,
        profile: None,
        credential: None,
        region,
        overrides_environment: false,
        has_choice: false,
    };
    if env_credentials.decides_alone(settings) {
        if !env_credentials.keys {
            return Err(none(program, "no AccessKey is exported, and the profiles are ignored")
                .hint(
                    "export ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or \
                     let the profiles count: without --credentials env, and with \
                     ALIBABA_CLOUD_IGNORE_PROFILE unset",
                ));
        }
        // What the CLI falls back to when it ignores the profiles.
        let region = settings.region.clone().unwrap_or_else(|| "cn-hangzhou".into());
        return Ok(environment(Some(region)));
    }
    let wanted = settings.profile.as_ref().or(env_credentials.profile.as_ref());
    let profile = match wanted {
        Some(name) => {
            Some(profiles.iter().find(|profile| profile.name == *name).ok_or_else(|| {
                none(program, &format!("there is no profile {name:?}; {}", names(profiles)))
            })?)
        }
        None => profiles.iter().find(|profile| profile.current),
    };
    let own_region = profile.map(|profile| profile.region.clone()).filter(|r| !r.is_empty());
    let region = settings.region.clone().or(own_region).or_else(|| env_credentials.region.clone());
    match profile {
        Some(profile) if profile.valid => Ok(Account {
            source: Source::Profile,
            profile: Some(profile.name.clone()),
            credential: Some(profile.credential.clone()),
            region,
            overrides_environment: env_credentials.credentials,
            has_choice: env_credentials.keys,
        }),
        Some(profile) if env_credentials.credentials && profile.has_own_credential() => Err(none(
            program,
            &format!(
                "the profile {} is not valid, and exported credentials cannot take its place: \
                 what it holds would still count",
                profile.name
            ),
        )
        .hint(if env_credentials.keys {
            "repair the profile with aliyun itself, or add --credentials env"
        } else {
            "repair the profile with aliyun itself, or choose another one with --profile"
        })),
        _ if env_credentials.credentials => match region {
            Some(region) => Ok(environment(Some(region))),
            None => Err(Failure::missing(&["--region"], Vec::new()).hint(
                "exported credentials need a region: add --region, \
                 or export ALIBABA_CLOUD_REGION_ID",
            )),
        },
        Some(profile) => Err(none(program, &format!("the profile {} is not valid", profile.name))),
        None => Err(none(program, "no profile is configured and no credentials are exported")),
    }
}

fn names(profiles: &[Profile]) -> String {
    if profiles.is_empty() {
        return "none is configured".into();
    }
    let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    format!("there are {}", names.join(", "))
}

fn none(program: &str, message: &str) -> Box<Failure> {
    Failure::new(Kind::Credentials, message)
        .hint(
            "configure a profile with aliyun itself (alimsg never takes or reads a key), \
             or choose one with --profile",
        )
        .next(format!("{program} configure"))
        .next(format!("{program} configure list"))
}
