//! The settings of a run: the global flags, combined with the environment and the terminal.

use std::path::PathBuf;
use std::time::Duration;

/// Which credentials to use (`--credentials`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// As in the CLI: a profile takes precedence; exported credentials fill in missing values.
    Auto,
    /// Only exported credentials; profiles are ignored.
    Env,
}

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    pub profile: Option<String>,
    pub region: Option<String>,
    pub credentials: Credentials,
    pub yes: bool,
    pub dry_run: bool,
    /// Whether there is a terminal and prompts are allowed.
    pub interactive: bool,
    pub timeout: Duration,
    pub aliyun: Option<PathBuf>,
    pub sandbox: bool,
}

impl Settings {
    /// Adds the flags of this run to a suggested command, so that it uses the same profile, region,
    /// credentials, sandbox and `aliyun`.
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
        if flags.is_empty() {
            return command.to_string();
        }
        format!("{command} {}", shell_words::join(flags))
    }
}
