//! `configure`: the profiles. Keys are neither kept, shown nor taken here.

use anyhow::Result;
use serde_json::json;

use crate::sandbox::answers::{Answer, host_error, printed, silent};
use crate::sandbox::home::Home;
use crate::sandbox::host::flags::{HostFlag, one, read};
use crate::sandbox::host::{ai_mode, no_such_command, safety_policy, table, usage};
use crate::sandbox::profile;

const COMMANDS: &[&str] = &["list", "set", "get", "ai-mode", "safety-policy"];

const LIST_FLAGS: &[HostFlag] =
    &[one("--config-path"), one("--profile"), one("--region"), one("--language")];

const SET_FLAGS: &[HostFlag] = &[
    one("--auto-plugin-install"),
    one("--auto-plugin-install-enable-pre"),
    one("--config-path"),
    one("--language"),
    one("--mode"),
    one("--profile"),
    one("--region"),
];

pub fn run(args: &[String], home: &Home) -> Result<Answer> {
    let Some((command, rest)) = args.split_first() else {
        return Ok(host_error(1, "the keys of a profile are asked for on a terminal only: EOF"));
    };
    match command.as_str() {
        "ai-mode" => ai_mode::run(rest, home),
        "safety-policy" => safety_policy::run(rest, home),
        "list" => list(rest, home),
        "set" => set(rest, home),
        // The real one prints secrets; nothing of the project may ever run it.
        "get" => Ok(host_error(1, "the sandbox keeps no credentials that could be shown")),
        "help" | "--help" | "-h" => Ok(usage()),
        flag if flag.starts_with('-') => Ok(host_error(2, &format!("invalid flag {flag}"))),
        other => Ok(no_such_command(other, COMMANDS)),
    }
}

fn list(args: &[String], home: &Home) -> Result<Answer> {
    match read(args, LIST_FLAGS) {
        Err(refusal) => return Ok(refusal),
        Ok(reading) if reading.help => return Ok(usage()),
        Ok(_) => {}
    }
    let configuration = profile::load(home)?;
    let rule = |dashes: usize| "-".repeat(dashes);
    let mut rows = vec![
        ["Profile", "| Credential ", "| Valid", "| Region", "| Language"]
            .map(str::to_owned)
            .to_vec(),
        vec![
            rule(9),
            format!("| {}", rule(18)),
            format!("| {}", rule(7)),
            format!("| {}", rule(16)),
            format!("| {}", rule(8)),
        ],
    ];
    let current = configuration["current"].as_str().unwrap_or(profile::NAME);
    for entry in configuration["profiles"].as_array().into_iter().flatten() {
        let name = entry["name"].as_str().unwrap_or_default();
        let mark = if name == current { " *" } else { "" };
        rows.push(vec![
            format!("{name}{mark}"),
            format!("| {}", profile::MASKED_CREDENTIAL),
            "| Valid".to_owned(),
            format!("| {}", entry["region_id"].as_str().unwrap_or_default()),
            format!("| {}", entry["language"].as_str().unwrap_or_default()),
        ]);
    }
    Ok(printed(table(&rows, 8, 1)))
}

fn set(args: &[String], home: &Home) -> Result<Answer> {
    let reading = match read(args, SET_FLAGS) {
        Err(refusal) => return Ok(refusal),
        Ok(reading) if reading.help => return Ok(usage()),
        Ok(reading) => reading,
    };
    if let Some(name) = reading.value("--profile").filter(|name| *name != profile::NAME) {
        // A profile that is new has no keys, and the sandbox takes none.
        return Ok(host_error(
            1,
            &format!("fail to set configuration: access_key_id is not configured for {name}"),
        ));
    }
    let mut configuration = profile::load(home)?;
    let entry = &mut configuration["profiles"][0];
    for (flag, key) in [
        ("--auto-plugin-install", "auto_plugin_install"),
        ("--auto-plugin-install-enable-pre", "auto_plugin_install_enable_pre"),
    ] {
        if let Some(value) = reading.value(flag) {
            entry[key] = json!(value.eq_ignore_ascii_case("true"));
        }
    }
    for (flag, key) in [("--region", "region_id"), ("--language", "language"), ("--mode", "mode")] {
        if let Some(value) = reading.value(flag) {
            entry[key] = json!(value);
        }
    }
    profile::save(home, &configuration)?;
    Ok(silent())
}
