//! Reads `ai-mode.json` without starting a process.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::api::operations::Product;
use crate::os::system;

/// The agent string that the CLI uses if none is stored.
const DEFAULT_AGENT: &str = "AlibabaCloud-Agent-Skills";
const FILE: &str = "ai-mode.json";
/// The CLI writes less than 200 bytes.
const MAX_BYTES: u64 = 4096;
/// How many times a file is read that cannot be parsed, and the pause in between.
const READ_ATTEMPTS: u32 = 4;
const READ_PAUSE: Duration = Duration::from_millis(5);

/// The file with the setting.
pub fn path(config_folder: &Path) -> PathBuf {
    config_folder.join(FILE)
}

/// The ai-mode setting, as stored by the CLI.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Switch {
    pub enabled: bool,
    user_agent: String,
}

/// The file in exactly the form in which the CLI writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    enabled: bool,
    #[serde(default)]
    user_agent: String,
}

impl Switch {
    /// Loads the file as tolerantly as the CLI. `None` if it is missing or cannot be read.
    pub fn load(config_folder: &Path) -> Option<Self> {
        let text = system::read_regular_file(&config_folder.join(FILE)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Loads the file only if it proves the setting: a small regular file of this user with exactly
    /// the known fields, which did not change while it was read. Everything else proves nothing, for
    /// example a file that another program is rewriting.
    pub fn load_proof(config_folder: &Path) -> Option<Self> {
        let file = system::open_own_file(&config_folder.join(FILE), false).ok()?;
        let before = file.metadata().ok()?;
        let mut text = Vec::new();
        (&file).take(MAX_BYTES + 1).read_to_end(&mut text).ok()?;
        let after = file.metadata().ok()?;
        let is_unchanged =
            before.len() == after.len() && before.modified().ok()? == after.modified().ok()?;
        let size = u64::try_from(text.len()).ok()?;
        if size > MAX_BYTES || size != after.len() || !is_unchanged {
            return None;
        }
        let Stored { enabled, user_agent } = serde_json::from_slice(&text).ok()?;
        Some(Self { enabled, user_agent })
    }

    /// Whether the file proves that no agent string is stored. Another program may be writing it, so
    /// it is read again if it cannot be parsed.
    pub fn lacks_agent(config_folder: &Path) -> bool {
        let path = config_folder.join(FILE);
        for attempt in 0..READ_ATTEMPTS {
            if attempt > 0 {
                std::thread::sleep(READ_PAUSE);
            }
            let text = match system::read_regular_file(&path) {
                Ok(text) => text,
                Err(error) => return error.kind() == std::io::ErrorKind::NotFound,
            };
            let Ok(Value::Object(fields)) = serde_json::from_slice(&text) else { continue };
            // The CLI ignores the case of names.
            let mut agents =
                fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("user_agent"));
            return agents
                .all(|(_, agent)| agent.as_str().is_some_and(|agent| agent.trim().is_empty()));
        }
        false
    }

    /// Whether ai-mode is on with the agent string of this product.
    pub fn is_on_for(&self, product: Product) -> bool {
        self.enabled && self.user_agent == product.agent()
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
            std::fs::write(folder.path().join(FILE), torn).expect("a file");
            assert_eq!(Switch::load(folder.path()), None, "{torn:?}");
        }
        std::fs::write(folder.path().join(FILE), "{}").expect("a file");
        assert_eq!(Switch::load(folder.path()), Some(switch(false, "")));
    }

    #[test]
    fn only_the_exact_form_of_the_cli_is_a_proof() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        let agent = Product::Dysmsapi.agent();
        let proof = |text: &str| {
            std::fs::write(&path, text).expect("a file");
            Switch::load_proof(folder.path())
        };
        assert_eq!(Switch::load_proof(folder.path()), None, "no file");
        let written = format!("{{\n\t\"enabled\": true,\n\t\"user_agent\": \"{agent}\"\n}}");
        assert_eq!(proof(&written), Some(switch(true, agent)));
        assert!(switch(true, agent).is_on_for(Product::Dysmsapi));
        assert!(!switch(true, agent).is_on_for(Product::Cams));
        assert!(!switch(false, agent).is_on_for(Product::Dysmsapi));
        assert!(!switch(true, &format!("{agent} ")).is_on_for(Product::Dysmsapi));
        assert_eq!(proof(r#"{"enabled":false}"#), Some(switch(false, "")));
        for length in 0..written.len() {
            assert_eq!(proof(&written[..length]), None, "{length} bytes");
        }
        for odd in [
            r#"{"user_agent":"x"}"#.to_string(),
            r#"{"enabled":"true","user_agent":"x"}"#.to_string(),
            r#"{"enabled":1,"user_agent":"x"}"#.to_string(),
            r#"{"enabled":null,"user_agent":"x"}"#.to_string(),
            r#"{"enabled":true,"user_agent":null}"#.to_string(),
            r#"{"enabled":true,"user_agent":["x"]}"#.to_string(),
            r#"{"enabled":true,"user_agent":"x","ossutil":{}}"#.to_string(),
            // The CLI ignores the case of names and uses the last value.
            r#"{"enabled":true,"user_agent":"x","Enabled":false}"#.to_string(),
            r#"{"enabled":true,"enabled":false,"user_agent":"x"}"#.to_string(),
            format!("{written} {written}"),
            format!("\u{feff}{written}"),
            format!("{written}{}", " ".repeat(5000)),
        ] {
            assert_eq!(proof(&odd), None, "{odd}");
        }
        std::fs::remove_file(&path).expect("removed");
        std::fs::create_dir(&path).expect("a folder");
        assert_eq!(Switch::load_proof(folder.path()), None, "a folder");
    }

    #[test]
    fn only_a_complete_file_without_an_agent_string_lacks_one() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(Switch::lacks_agent(folder.path()), "no file");
        for (text, lacks) in [
            ("{}", true),
            (r#"{"enabled":true}"#, true),
            (r#"{"enabled":false,"user_agent":" "}"#, true),
            (r#"{"enabled":false,"user_agent":"mine"}"#, false),
            (r#"{"enabled":false,"User_Agent":"mine"}"#, false),
            (r#"{"enabled":false,"user_agent":1}"#, false),
            (r#"{"enabled":false,"user_"#, false),
            ("", false),
            ("null", false),
        ] {
            std::fs::write(folder.path().join(FILE), text).expect("a file");
            assert_eq!(Switch::lacks_agent(folder.path()), lacks, "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_a_proof() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("target");
        std::fs::write(&target, r#"{"enabled":true}"#).expect("a file");
        std::os::unix::fs::symlink(&target, folder.path().join(FILE)).expect("a link");
        assert_eq!(Switch::load_proof(folder.path()), None);
    }
}
