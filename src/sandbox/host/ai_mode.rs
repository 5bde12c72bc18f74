//! `configure ai-mode`: one small file, rewritten in place and without a lock. Like in the real
//! program, concurrent runs can overwrite each other's changes.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::sandbox::answers::{Answer, host_error, printed, silent};
use crate::sandbox::home::Home;
use crate::sandbox::host::flags::one;
use crate::sandbox::host::{parse_flags_only, split_command};

const FILE: &str = "ai-mode.json";
/// The agent string until `set-user-agent` sets one.
const DEFAULT_AGENT: &str = "AlibabaCloud-Agent-Skills";
const MARKER: &str = "AlibabaCloud-AIMode/enabled";
const COMMANDS: &[&str] = &["show", "enable", "disable", "set-user-agent", "reset-user-agent"];

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct AiMode {
    enabled: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    user_agent: String,
}

pub fn run(args: &[String], home: &Home) -> Result<Answer, Answer> {
    let (command, rest) = split_command(args, COMMANDS)?;
    let with_agent = [one("--config-path"), one("--user-agent")];
    let known = if command == "set-user-agent" { &with_agent[..] } else { &with_agent[..1] };
    let flags = parse_flags_only(rest, known)?;
    let mut mode: AiMode = home.load_settings(FILE);
    match command {
        "enable" => mode.enabled = true,
        "disable" => mode.enabled = false,
        "set-user-agent" => match flags.value("--user-agent") {
            Some(agent) => mode.user_agent = agent.to_owned(),
            None => return Err(host_error(1, "set-user-agent needs --user-agent")),
        },
        "reset-user-agent" => mode.user_agent.clear(),
        _ => return Ok(show(&mode, home)),
    }
    home.save_settings(FILE, &mode)?;
    Ok(silent())
}

fn show(mode: &AiMode, home: &Home) -> Answer {
    let effective =
        if mode.user_agent.trim().is_empty() { DEFAULT_AGENT } else { mode.user_agent.trim() };
    let mut shown = json!({ "enabled": mode.enabled });
    if !mode.user_agent.is_empty() {
        shown["user_agent"] = json!(mode.user_agent);
    }
    shown["effective_user_agent"] = json!(effective);
    if mode.enabled {
        shown["request_user_agent_suffix"] = json!(format!("{MARKER} {effective}"));
    }
    shown["config_file"] = json!(home.configuration().join(FILE).display().to_string());
    printed(format!("{shown:#}\n"))
}
