//! The settings of a run: the global flags, combined with the environment and the terminal.

pub mod config;
pub mod defaults;
pub mod limits;
pub mod outbox;
mod rerun;

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;

use crate::named_enum::named_enum;
use crate::os::role;
use crate::settings::defaults::{Defaults, Key};
use crate::settings::limits::Limits;
use crate::settings::outbox::Outbox;
pub use rerun::RerunFlags;

/// How long a second send of the same message counts as a duplicate, unless it is configured.
const DUPLICATE_WINDOW: SignedDuration = SignedDuration::from_mins(5);

named_enum! {
    /// Which credentials to use (`--credentials`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Credentials {
        /// As in the CLI: a profile takes precedence; exported credentials fill in missing values.
        Auto = "auto",
        /// Only exported credentials; profiles are ignored.
        Env = "env",
    }
}

named_enum! {
    /// How the calls get ai-mode (`--ai-mode`).
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub enum AiModeMethod {
        /// It is switched on before the calls and off after them.
        #[default]
        Switch = "switch",
        /// Each call requests it with a flag. Nothing is switched on.
        Call = "call",
    }
}

impl AiModeMethod {
    /// The flag of `aliyun` that requests ai-mode for one call. It is the first argument: the CLI
    /// removes it there, and would pass it to the plugin if it came after the product.
    pub const FLAG: &str = "--cli-ai-mode";

    /// The arguments before the product.
    pub fn first_arguments(self) -> Vec<String> {
        match self {
            Self::Switch => Vec::new(),
            Self::Call => vec![Self::FLAG.to_string()],
        }
    }
}

/// What a run does with the plan of a send or a change before it acts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PlanUse {
    /// It asks the user, unless `--yes` is given.
    #[default]
    Ask,
    /// It prints the plan as its result and stops.
    Show,
    /// With `--yes`: it acts if its plan has this digest, because a person has agreed to that plan.
    Agreed(String),
}

impl PlanUse {
    /// The value of [`role::PLAN`] for [`Self::Show`]. Another value is a digest.
    pub const SHOW: &str = "show";

    pub fn from_env() -> Self {
        match std::env::var(role::PLAN) {
            Err(_) => Self::Ask,
            Ok(text) if text.is_empty() => Self::Ask,
            Ok(text) if text == Self::SHOW => Self::Show,
            Ok(digest) => Self::Agreed(digest),
        }
    }
}

/// Where keys and batches are stored (`--store`): the URL of a database, or `sqlite`. It may contain
/// a password, so it is never printed; see [`StoreUrl::shown`].
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl(String);

impl StoreUrl {
    /// The variable with the URL.
    pub const VARIABLE: &str = "ALIMSG_STORE";
    /// The parameters of a URL that identify a database or are needed to reach it.
    const SHOWN: [&str; 7] =
        ["host", "port", "user", "dbname", "sslmode", "sslrootcert", "passfile"];

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL without a password.
    pub fn shown(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            return if self.0 == "sqlite" { self.0.clone() } else { "…".to_string() };
        };
        let (main, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = main.split_once('/').unwrap_or((main, ""));
        let authority = match authority.rsplit_once('@') {
            Some((credentials, hosts)) => {
                format!("{}@{hosts}", credentials.split(':').next().unwrap_or_default())
            }
            None => authority.to_string(),
        };
        let is_shown = |parameter: &&str| {
            Self::SHOWN.contains(&parameter.split('=').next().unwrap_or_default())
        };
        let parameters: Vec<&str> = parameters.split('&').filter(is_shown).collect();
        let mark = if parameters.is_empty() { "" } else { "?" };
        format!("{scheme}://{authority}/{database}{mark}{}", parameters.join("&"))
    }
}

impl From<String> for StoreUrl {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for StoreUrl {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "StoreUrl({:?})", self.shown())
    }
}

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// As given; see [`Settings::account_profile`].
    pub profile: Option<String>,
    pub region: Option<String>,
    /// As given; see [`Settings::account_credentials`].
    pub credentials: Credentials,
    pub ai_mode: AiModeMethod,
    pub yes: bool,
    pub dry_run: bool,
    pub plan: PlanUse,
    /// Whether there is a terminal and prompts are allowed.
    pub interactive: bool,
    pub timeout: Duration,
    pub aliyun: Option<PathBuf>,
    pub sandbox: bool,
    /// `None` for the SQLite database in the state folder.
    pub store: Option<StoreUrl>,
    /// Keys and batches may be in a state folder that other machines or later runs do not have.
    pub ephemeral_state: bool,
    /// Values for flags that are not given.
    pub defaults: Defaults,
    /// The limits that a person set.
    pub limits: Limits,
    /// What is kept about sent messages.
    pub outbox: Outbox,
}

impl Settings {
    /// The profile that a run uses. The sandbox has a single account: a script that names another
    /// profile must also run there, so the profile is ignored.
    pub fn account_profile(&self) -> Option<&String> {
        self.profile.as_ref().filter(|_| !self.sandbox)
    }

    /// The credentials that a run uses. The sandbox has its own.
    pub const fn account_credentials(&self) -> Credentials {
        if self.sandbox { Credentials::Auto } else { self.credentials }
    }

    /// How long a second send of the same message counts as a duplicate.
    pub fn duplicate_window(&self) -> SignedDuration {
        let configured = self.defaults.get(Key::DuplicateWindow);
        configured
            .and_then(|default| defaults::parse_window(&default.value))
            .and_then(|window| SignedDuration::try_from(window).ok())
            .unwrap_or(DUPLICATE_WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_store_is_not_shown() {
        for (text, shown) in [
            (
                "postgres://ann:geheim@db:5433/x?sslmode=require",
                "postgres://ann@db:5433/x?sslmode=require",
            ),
            ("postgresql://db/x?password=geheim&host=/run", "postgresql://db/x?host=/run"),
            ("postgresql://ann:ge@heim@db", "postgresql://ann@db/"),
            ("postgresql:///x?pass%77ord=geheim", "postgresql:///x"),
            ("host=db password=geheim", "…"),
            ("sqlite", "sqlite"),
        ] {
            let store = StoreUrl::from(text.to_string());
            assert_eq!(store.shown(), shown);
            assert!(!format!("{store:?}").contains("heim"), "{store:?}");
        }
    }
}
