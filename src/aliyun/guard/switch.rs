//! Reads `ai-mode.json` without starting a process.

use std::path::Path;

use serde::Deserialize;

use crate::api::operations::Product;
use crate::os::system;

/// The agent string that the CLI uses if none is stored.
const DEFAULT_AGENT: &str = "AlibabaCloud-Agent-Skills";

/// The ai-mode setting, as stored by the CLI.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Switch {
    pub enabled: bool,
    user_agent: String,
}

impl Switch {
    /// Loads the file. `None` if it is missing or cannot be read, which proves nothing.
    pub fn load(config_folder: &Path) -> Option<Self> {
        let text = system::read_regular_file(&config_folder.join("ai-mode.json")).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Parses the output of `configure ai-mode show`.
    pub fn from_show(stdout: &[u8]) -> Option<Self> {
        let shown: serde_json::Value = serde_json::from_slice(stdout).ok()?;
        Some(Self { enabled: shown["enabled"].as_bool()?, user_agent: String::new() })
    }

    /// The warning that this run overwrites the user's own ai-mode setting, because ai-mode was on
    /// or had another agent string. `aliyun` is the program as the user types it.
    pub fn overwrite_warning(&self, aliyun: &str) -> Option<String> {
        let agent = self.user_agent.trim();
        let is_ours = Product::ALL.into_iter().any(|product| product.agent() == agent);
        let change = match (self.enabled, agent) {
            (false, "") => return None,
            (false, _) if is_ours => return None,
            (false, _) => format!("the agent string of ai-mode was {agent:?} and is replaced"),
            (true, "") => "ai-mode was on before this run and is off after it".to_string(),
            (true, _) => format!(
                "ai-mode was on before this run with the agent string {agent:?} and is off after it"
            ),
        };
        let command = |words: &[&str]| {
            shell_words::join([aliyun, "configure", "ai-mode"].iter().chain(words))
        };
        let stored = if agent.is_empty() { DEFAULT_AGENT } else { agent };
        let set_agent = command(&["set-user-agent", "--user-agent", stored]);
        let enable = command(&["enable"]);
        let restore = match (self.enabled, is_ours) {
            (true, true) => enable,
            (true, false) => format!("{set_agent} && {enable}"),
            (false, _) => set_agent,
        };
        Some(format!("{change}; to restore it: {restore}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switch(enabled: bool, agent: &str) -> Switch {
        Switch { enabled, user_agent: agent.into() }
    }

    #[test]
    fn only_settings_of_the_user_cause_a_warning() {
        assert_eq!(switch(false, "").overwrite_warning("aliyun"), None);
        for product in Product::ALL {
            assert_eq!(switch(false, product.agent()).overwrite_warning("aliyun"), None);
            let on = switch(true, product.agent()).overwrite_warning("aliyun").unwrap_or_default();
            assert!(on.ends_with("to restore it: aliyun configure ai-mode enable"), "{on}");
        }
        let agent = switch(false, "my agent").overwrite_warning("aliyun").unwrap_or_default();
        assert!(agent.ends_with("set-user-agent --user-agent 'my agent'"), "{agent}");
        let on = switch(true, "mine").overwrite_warning("aliyun").unwrap_or_default();
        assert!(on.contains("--user-agent mine && aliyun configure ai-mode enable"), "{on}");
        let on = switch(true, "").overwrite_warning("aliyun").unwrap_or_default();
        assert!(on.contains("--user-agent AlibabaCloud-Agent-Skills &&"), "{on}");
    }

    #[test]
    fn a_half_written_file_proves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Switch::load(folder.path()), None);
        for torn in ["", "{", "null", "[]x"] {
            std::fs::write(folder.path().join("ai-mode.json"), torn).expect("a file");
            assert_eq!(Switch::load(folder.path()), None, "{torn:?}");
        }
        std::fs::write(folder.path().join("ai-mode.json"), "{}").expect("a file");
        assert_eq!(Switch::load(folder.path()), Some(switch(false, "")));
    }
}
