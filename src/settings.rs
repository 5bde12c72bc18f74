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

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    pub profile: Option<String>,
    pub region: Option<String>,
    pub credentials: Credentials,
    pub ai_mode: AiModeMethod,
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
        if flags.is_empty() {
            return command.to_string();
        }
        format!("{command} {}", shell_words::join(flags))
    }
}
