//! The settings of a run: the global flags, combined with the environment and the terminal.

use std::path::PathBuf;
use std::time::Duration;

use crate::named_enum::named_enum;

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
    pub profile: Option<String>,
    pub region: Option<String>,
    pub credentials: Credentials,
    pub ai_mode: AiModeMethod,
    pub yes: bool,
    pub dry_run: bool,
    /// Print the plan and stop before the confirmation.
    pub plan_only: bool,
    /// Whether there is a terminal and prompts are allowed.
    pub interactive: bool,
    pub timeout: Duration,
    pub aliyun: Option<PathBuf>,
    pub sandbox: bool,
    /// `None` for the SQLite database in the state folder.
    pub store: Option<StoreUrl>,
    /// Keys and batches may be in a state folder that other machines or later runs do not have.
    pub ephemeral_state: bool,
}

impl Settings {
    /// Adds the flags of this run to a suggested command, so that it uses the same profile, region,
    /// credentials, ai-mode method, sandbox and `aliyun`.
    pub fn rerun_command(&self, command: &str) -> String {
        if !command.starts_with("alimsg ")
            || command.ends_with(" --help")
            || command.contains(" --sandbox ")
        {
            return command.to_string();
        }
        let mut flags = Vec::new();
        if self.sandbox {
            flags.push("--sandbox".to_string());
        }
        let aliyun = self.aliyun.as_ref().map(|path| path.display().to_string());
        for (flag, value) in
            [("--profile", &self.profile), ("--region", &self.region), ("--aliyun", &aliyun)]
        {
            flags.extend(value.iter().flat_map(|value| [flag.to_string(), value.clone()]));
        }
        if self.credentials == Credentials::Env {
            flags.extend(["--credentials", "env"].map(String::from));
        }
        if self.ai_mode == AiModeMethod::Call {
            flags.extend(["--ai-mode", "call"].map(String::from));
        }
        if let Some(store) = &self.store
            && std::env::var(StoreUrl::VARIABLE).ok().as_deref() != Some(store.as_str())
        {
            flags.extend(["--store".to_string(), store.shown()]);
        }
        if self.ephemeral_state {
            flags.push("--ephemeral-state".to_string());
        }
        if flags.is_empty() {
            return command.to_string();
        }
        format!("{command} {}", shell_words::join(flags))
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
