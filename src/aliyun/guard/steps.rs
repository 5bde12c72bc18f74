//! The commands of `aliyun` that the guard runs, as argument vectors.

use crate::api::operations::Product;

/// The oldest `aliyun` that has ai-mode.
pub const OLDEST_VERSION: semver::Version = semver::Version::new(3, 3, 3);

pub fn version() -> Vec<String> {
    words(&["version"])
}

/// Never with `--profile`: that would also make the profile the current one.
pub fn auto_install() -> Vec<String> {
    words(&["configure", "set", "--auto-plugin-install", "true"])
}

pub fn list_plugins() -> Vec<String> {
    words(&["plugin", "list"])
}

pub fn install_plugin(product: Product) -> Vec<String> {
    words(&["plugin", "install", "--names", product.plugin()])
}

pub fn update_plugins() -> Vec<String> {
    words(&["plugin", "update"])
}

/// Shows credentials masked; `configure get` would show them in clear text and is never run.
pub fn list_profiles() -> Vec<String> {
    words(&["configure", "list"])
}

pub fn enable() -> Vec<String> {
    words(&["configure", "ai-mode", "enable"])
}

/// Writes nothing.
pub fn show() -> Vec<String> {
    words(&["configure", "ai-mode", "show"])
}

pub fn set_user_agent(product: Product) -> Vec<String> {
    words(&["configure", "ai-mode", "set-user-agent", "--user-agent", product.agent()])
}

pub fn disable() -> Vec<String> {
    words(&["configure", "ai-mode", "disable"])
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}
