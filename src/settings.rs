//! What holds for a whole run: the global flags, resolved with the environment and the terminal.

use std::path::PathBuf;
use std::time::Duration;

/// Whose credentials count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// As the CLI does it: a profile wins, exported credentials fill what it leaves empty.
    Auto,
    /// Exported credentials alone; the profiles are ignored.
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
    /// There is a terminal, and prompts are allowed.
    pub interactive: bool,
    pub timeout: Duration,
    pub aliyun: Option<PathBuf>,
    pub sandbox: bool,
}

impl Settings {
    /// A suggested command with the flags of this run that decide where it looks: profile, region,
    /// credentials, sandbox and the `aliyun` to use.
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
