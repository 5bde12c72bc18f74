//! `configure ai-mode`: one small file, rewritten in place and without a lock. Like in the real
//! program, concurrent runs can overwrite each other's changes.

use anyhow::Context as _;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::sandbox::answers::{Answer, host_error, printed, silent};
use crate::sandbox::home::{self, Home};
use crate::sandbox::host::flags::{one, parse};
use crate::sandbox::host::{no_such_command, usage};

/// The agent string until `set-user-agent` sets one.
const DEFAULT_AGENT: &str = "AlibabaCloud-Agent-Skills";
const MARKER: &str = "AlibabaCloud-AIMode/enabled";
const COMMANDS: &[&str] = &["show", "enable", "disable", "set-user-agent", "reset-user-agent"];

#[derive(Debug, Default, Serialize, Deserialize)]
struct AiMode {
    #[serde(default)]
    enabled: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    user_agent: String,
}

pub fn run(args: &[String], home: &Home) -> Result<Answer> {
    let (command, rest) = match args.split_first() {
        Some((first, rest)) if !first.starts_with('-') => (first.as_str(), rest),
        _ => ("show", args),
    };
    if command == "help" {
        return Ok(usage());
    }
    if !COMMANDS.contains(&command) {
        return Ok(no_such_command(command, COMMANDS));
    }
    let with_agent = [one("--config-path"), one("--user-agent")];
    let flags = if command == "set-user-agent" { &with_agent[..] } else { &with_agent[..1] };
    let flags = match parse(rest, flags) {
        Err(refusal) => return Ok(refusal),
        Ok(flags) if flags.help => return Ok(usage()),
        Ok(flags) => flags,
    };
    if let Some(word) = flags.words.first() {
        return Ok(no_such_command(word, &[]));
    }
    let mut mode = load(home);
    match command {
        "enable" => mode.enabled = true,
        "disable" => mode.enabled = false,
        "set-user-agent" => match flags.value("--user-agent") {
            Some(agent) => mode.user_agent = agent.to_owned(),
            None => return Ok(host_error(1, "set-user-agent needs --user-agent")),
        },
        "reset-user-agent" => mode.user_agent.clear(),
        _ => return Ok(show(&mode, home)),
    }
    let path = home.configuration().join("ai-mode.json");
    home::write_in_place(&path, &encode(&mode)?)?;
    Ok(silent())
}

/// The stored mode; the default if the file cannot be read or parsed.
fn load(home: &Home) -> AiMode {
    std::fs::read_to_string(home.configuration().join("ai-mode.json"))
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}

/// JSON indented with tabs, without a trailing newline, as the real program writes it.
fn encode(mode: &AiMode) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    mode.serialize(&mut serializer).context("cannot write ai-mode as JSON")?;
    Ok(bytes)
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
    shown["config_file"] = json!(home.configuration().join("ai-mode.json").display().to_string());
    printed(format!("{shown:#}\n"))
}
