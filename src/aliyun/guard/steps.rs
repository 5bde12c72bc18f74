//! The steps around the calls: which commands of `aliyun` run, and in which order.
//!
//! The runner takes the steps from these lists and a dry run prints them, so the order exists once.

use crate::api::operations::Product;

/// The oldest `aliyun` that has ai-mode.
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

/// Before anything is switched on. A later run skips what its cache proves.
pub const PREFLIGHT: [Step; 6] = [
    Step::CheckVersion,
    Step::SetAutoInstall,
    Step::ListPlugins,
    Step::InstallPlugin,
    Step::UpdatePlugins,
    Step::ListProfiles,
];

/// Right before the calls.
pub const SWITCH_ON: [Step; 2] = [Step::EnableAiMode, Step::SetUserAgent];

/// After the calls, on every exit.
pub const SWITCH_OFF: [Step; 1] = [Step::DisableAiMode];

impl Step {
    /// The argument vector behind `aliyun`.
    pub fn arguments(self, product: Product) -> Vec<String> {
        match self {
            Self::CheckVersion => words(&["version"]),
            // Never with `--profile`: that would also make the profile the current one.
            Self::SetAutoInstall => words(&["configure", "set", "--auto-plugin-install", "true"]),
            Self::ListPlugins => words(&["plugin", "list"]),
            Self::InstallPlugin => words(&["plugin", "install", "--names", product.plugin()]),
            Self::UpdatePlugins => words(&["plugin", "update"]),
            // Credentials are masked; `configure get` would print them in clear text.
            Self::ListProfiles => words(&["configure", "list"]),
            Self::EnableAiMode => words(&["configure", "ai-mode", "enable"]),
            Self::SetUserAgent => {
                words(&["configure", "ai-mode", "set-user-agent", "--user-agent", product.agent()])
            }
            Self::DisableAiMode => disable(),
        }
    }

    /// The condition under which a first run takes the step, if there is one.
    pub const fn condition(self) -> Option<&'static str> {
        match self {
            Self::InstallPlugin => Some("if the plugin is missing"),
            Self::UpdatePlugins => Some("if the plugin is there"),
            _ => None,
        }
    }
}

/// The command that reports whether ai-mode is on. It writes nothing.
pub fn show() -> Vec<String> {
    words(&["configure", "ai-mode", "show"])
}

/// The same for every product: the watchdog and the next run use it as well.
pub fn disable() -> Vec<String> {
    words(&["configure", "ai-mode", "disable"])
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}
