//! The `aliyun` commands that run before and after the calls, in order.
//!
//! Both the guard and a dry run use these lists, so that the order is defined once.

use crate::api::operations::Product;
use crate::settings::AiModeMethod;

/// The first version of `aliyun` with ai-mode.
pub const OLDEST_VERSION: semver::Version = semver::Version::new(3, 3, 3);

/// One command of the guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    CheckVersion,
    SetAutoInstall,
    ListPlugins,
    InstallPlugin,
    UpdatePlugins,
    ListProfiles,
    EnableAiMode,
    SetUserAgent,
    DisableAiMode,
}

/// Steps before ai-mode is switched on. A run skips the steps that the cache proves.
pub const PREFLIGHT: [Step; 6] = [
    Step::CheckVersion,
    Step::SetAutoInstall,
    Step::ListPlugins,
    Step::InstallPlugin,
    Step::UpdatePlugins,
    Step::ListProfiles,
];

/// Steps that switch ai-mode on.
pub const SWITCH_ON: [Step; 2] = [Step::EnableAiMode, Step::SetUserAgent];

/// Steps just before the calls.
pub const fn before_calls(method: AiModeMethod) -> &'static [Step] {
    match method {
        AiModeMethod::Switch => &SWITCH_ON,
        AiModeMethod::Call => &[Step::SetUserAgent],
    }
}

/// Steps after the calls, on every exit.
pub const fn after_calls(method: AiModeMethod) -> &'static [Step] {
    match method {
        AiModeMethod::Switch => &[Step::DisableAiMode],
        AiModeMethod::Call => &[],
    }
}

impl Step {
    /// The arguments for `aliyun`.
    pub fn arguments(self, product: Product) -> Vec<String> {
        match self {
            Self::CheckVersion => words(&["version"]),
            // Not with `--profile`, which would also switch the current profile.
            Self::SetAutoInstall => words(&["configure", "set", "--auto-plugin-install", "true"]),
            Self::ListPlugins => words(&["plugin", "list"]),
            Self::InstallPlugin => words(&["plugin", "install", "--names", product.plugin()]),
            Self::UpdatePlugins => words(&["plugin", "update"]),
            // This masks credentials; `configure get` would print them in clear text.
            Self::ListProfiles => words(&["configure", "list"]),
            Self::EnableAiMode => words(&["configure", "ai-mode", "enable"]),
            Self::SetUserAgent => {
                words(&["configure", "ai-mode", "set-user-agent", "--user-agent", product.agent()])
            }
            Self::DisableAiMode => disable(),
        }
    }

    /// The condition for this step on a first run; `None` if it always runs.
    pub const fn condition(self, method: AiModeMethod) -> Option<&'static str> {
        match self {
            Self::InstallPlugin => Some("if the plugin is missing"),
            Self::UpdatePlugins => Some("if the plugin is there"),
            Self::SetUserAgent => Some(match method {
                AiModeMethod::Switch => "if this agent string is not stored yet",
                AiModeMethod::Call => "if no agent string is stored",
            }),
            _ => None,
        }
    }
}

/// The command that shows whether ai-mode is on. It writes nothing.
pub fn show() -> Vec<String> {
    words(&["configure", "ai-mode", "show"])
}

/// The command that switches ai-mode off. The watchdog and the next run use it too.
pub fn disable() -> Vec<String> {
    words(&["configure", "ai-mode", "disable"])
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}
