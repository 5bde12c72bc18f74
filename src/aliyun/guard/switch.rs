//! What `ai-mode.json` holds, read without starting a process.

use std::path::Path;

use serde::Deserialize;

use crate::api::operations::Product;
use crate::os::system;

/// The agent string that the CLI uses where none is stored.
const DEFAULT_AGENT: &str = "AlibabaCloud-Agent-Skills";

/// The switch as the CLI has stored it.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Switch {
    pub enabled: bool,
    user_agent: String,
}

impl Switch {
    /// `None` if there is no such file, or it cannot be read: it proves nothing then.
    pub fn load(config_folder: &Path) -> Option<Self> {
        let text = system::read_regular_file(&config_folder.join("ai-mode.json")).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// The answer of `configure ai-mode show`.
    pub fn from_show(stdout: &[u8]) -> Option<Self> {
        let shown: serde_json::Value = serde_json::from_slice(stdout).ok()?;
        Some(Self { enabled: shown["enabled"].as_bool()?, user_agent: String::new() })
    }

    /// The warning about an ai-mode that someone else set and that this run overwrites: it was on,
    /// or it had another agent string. `aliyun` is the program as the user types it.
    pub fn overwrite_warning(&self, aliyun: &str) -> Option<String> {
        let agent = self.user_agent.trim();
        let is_ours = Product::ALL.into_iter().any(|product| product.agent() == agent);
        let found = match (self.enabled, agent) {
            (false, "") => return None,
            (false, _) if is_ours => return None,
            (false, _) => format!("ai-mode had the agent string {agent:?}, which is replaced"),
            (true, "") => "ai-mode was on before this run, and is off after it".to_string(),
            (true, _) => format!(
                "ai-mode was on before this run, with the agent string {agent:?}, and is off after it"
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
        Some(format!("{found}; to restore it: {restore}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switch(enabled: bool, agent: &str) -> Switch {
        Switch { enabled, user_agent: agent.into() }
    }

    #[test]
    fn only_what_a_user_set_is_foreign() {
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
    fn a_torn_file_proves_nothing() {
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
