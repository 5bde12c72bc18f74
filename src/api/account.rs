//! Which account sends and pays.
//!
//! The CLI prefers a configured profile and silently ignores credentials in the environment, even
//! those of another account. This module determines the account that the CLI will use. It never
//! reads a key: for variables with secrets it only checks whether they are set.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::call::shell_line;
use crate::error::{Failure, Kind, Result};
use crate::settings::{Credentials, Settings};

/// Prefixes of the CLI's environment variables, in the order in which it tries them.
pub const PREFIXES: [&str; 3] = ["ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_"];
/// Makes the CLI ignore its profiles if the value is exactly `TRUE`.
pub const IGNORE_PROFILE: &str = "ALIBABA_CLOUD_IGNORE_PROFILE";

/// One row of `aliyun configure list`, which masks credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub name: String,
    pub credential: String,
    pub valid: bool,
    pub region: String,
    pub current: bool,
}

impl Profile {
    /// Parses the table of `configure list`: `Profile | Credential | Valid | Region | Language`.
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
        // The credential of an external program is a command, which can contain a bar.
        let credential = middle.join("|");
        let current = name.strip_suffix(" *");
        // The heading also ends in "Valid | …".
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

    /// Whether the profile holds a credential, judged by the masked form: a mode, a colon and the
    /// rest of a key, role or command. The CLI uses that credential even if the profile is invalid,
    /// and takes only missing values from the environment.
    fn has_own_credential(&self) -> bool {
        !matches!(self.credential.split_once(':'), None | Some((_, "***")))
    }
}

/// Where the credentials of a call come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Profile,
    Environment,
}

/// The account that sends and pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Account {
    pub source: Source,
    pub profile: Option<String>,
    /// As `configure list` masks it.
    pub credential: Option<String>,
    pub region: Option<String>,
    /// Credentials are also set in the environment, and the CLI ignores them.
    pub overrides_environment: bool,
    /// The environment has an AccessKey, which `--credentials env` would use.
    #[serde(skip)]
    has_choice: bool,
}

impl Account {
    /// One line of text for the terminal.
    pub fn describe(&self) -> String {
        let region = self.region.as_deref().unwrap_or("not set");
        match (&self.profile, &self.credential) {
            (Some(profile), Some(credential)) => {
                format!("profile {profile} ({credential}), region {region}")
            }
            _ => format!("environment, region {region}"),
        }
    }

    /// The warning that exported credentials are ignored.
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

/// Credentials in the environment. Values of secrets are never read.
#[derive(Clone)]
pub struct EnvCredentials {
    /// Credentials of any kind are set.
    pub credentials: bool,
    /// An AccessKey is set: the only kind that works when the CLI ignores its profiles. Variables
    /// cannot fully describe a role or a token file, and CLI versions before 3.3.17 then silently
    /// sign with the current profile.
    pub keys: bool,
    pub profile: Option<String>,
    pub region: Option<String>,
    pub ignore_profile: bool,
    /// The CLI answers calls from recorded replies (mock mode, since 3.3.12); it still makes calls
    /// without a recorded reply.
    pub recorded: bool,
}

impl EnvCredentials {
    /// Evaluates the environment; `get` returns a variable that is set and not empty.
    fn from_lookup(get: &dyn Fn(&str) -> Option<String>) -> Self {
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

    /// Evaluates the environment of this process, which does not change.
    pub fn from_process(settings: &Settings) -> Self {
        if settings.sandbox {
            // The sandbox has its own account and ignores the user's.
            return Self::from_lookup(&|_| None);
        }
        static OF_PROCESS: LazyLock<EnvCredentials> = LazyLock::new(|| {
            EnvCredentials::from_lookup(&|name| {
                // For a secret, only its presence matters, so its value is not copied.
                let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
                let secret =
                    ["ACCESS_KEY", "TOKEN_FILE", "_ARN"].iter().any(|part| name.contains(part));
                Some(if secret { String::new() } else { value.to_string_lossy().into_owned() })
            })
        });
        OF_PROCESS.clone()
    }

    /// Whether the profiles of `configure list` have no effect on this run.
    pub fn decides_alone(&self, settings: &Settings) -> bool {
        settings.account_credentials() == Credentials::Env || self.ignore_profile
    }
}

/// Determines the account by the rules of the CLI: the profile of `--profile`, else of the
/// environment, else the current one. Credentials in the environment only fill empty fields of a
/// profile. `program` is the command that users type for the CLI.
///
/// # Errors
/// [`Kind::Credentials`] if there are no usable credentials; [`Kind::Usage`] if credentials in the
/// environment have no region.
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
            return Err(no_credentials(
                program,
                settings,
                "no AccessKey is exported, and profiles are disabled",
            )
            .hint(
                "export ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET; or, \
                     to use a profile, remove --credentials env and unset \
                     ALIBABA_CLOUD_IGNORE_PROFILE",
            ));
        }
        // The CLI's default when it ignores the profiles.
        let region = settings.region.clone().unwrap_or_else(|| "cn-hangzhou".into());
        return Ok(environment(Some(region)));
    }
    let requested = settings.account_profile().or(env_credentials.profile.as_ref());
    let profile = match requested {
        Some(name) => {
            Some(profiles.iter().find(|profile| profile.name == *name).ok_or_else(|| {
                no_credentials(
                    program,
                    settings,
                    &format!("profile {name:?} not found; {}", list_names(profiles)),
                )
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
        Some(profile) if env_credentials.credentials && profile.has_own_credential() => Err(no_credentials(
            program,
            settings,
            &format!(
                "profile {} is invalid, and aliyun would still use its credential instead of the \
                 exported ones",
                profile.name
            ),
        )
        .hint(if env_credentials.keys {
            "fix the profile with `aliyun configure`, or add --credentials env"
        } else {
            "fix the profile with `aliyun configure`, or choose another one with --profile"
        })),
        _ if env_credentials.credentials => match region {
            Some(region) => Ok(environment(Some(region))),
            None => Err(Failure::missing(&["--region"], Vec::new()).hint(
                "exported credentials need a region: add --region, \
                 or export ALIBABA_CLOUD_REGION_ID",
            )),
        },
        Some(profile) => Err(no_credentials(program, settings, &format!("profile {} is invalid", profile.name))),
        None => Err(no_credentials(program, settings, "no profile is configured and no credentials are exported")),
    }
}

fn list_names(profiles: &[Profile]) -> String {
    if profiles.is_empty() {
        return "no profiles are configured".into();
    }
    let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    format!("configured profiles: {}", names.join(", "))
}

fn no_credentials(program: &str, settings: &Settings, message: &str) -> Box<Failure> {
    let mut configure = vec!["configure"];
    configure.extend(settings.account_profile().into_iter().flat_map(|name| ["--profile", name]));
    Failure::new(Kind::Credentials, message)
        .hint(
            "configure a profile with aliyun (alimsg never reads keys), or choose one with \
             --profile",
        )
        .next(shell_line(program, &configure))
        .next(shell_line(program, &["configure", "list"]))
}
