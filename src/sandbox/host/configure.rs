//! `configure`: the profiles. The sandbox does not accept, store or print access keys.

use anyhow::Result;
use serde_json::json;

use crate::sandbox::answers::{Answer, host_error, printed, silent};
use crate::sandbox::home::Home;
use crate::sandbox::host::flags::{HostFlag, one, parse};
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
        return Ok(host_error(1, "cannot ask for the keys of a profile without a terminal: EOF"));
    };
    match command.as_str() {
        "ai-mode" => ai_mode::run(rest, home),
        "safety-policy" => safety_policy::run(rest, home),
        "list" => list(rest, home),
        "set" => set(rest, home),
        // The real program prints secrets here, so alimsg must never run this command.
        "get" => Ok(host_error(1, "the sandbox stores no credentials")),
        "help" | "--help" | "-h" => Ok(usage()),
        flag if flag.starts_with('-') => Ok(host_error(2, &format!("invalid flag {flag}"))),
        other => Ok(no_such_command(other, COMMANDS)),
    }
}

fn list(args: &[String], home: &Home) -> Result<Answer> {
    match parse(args, LIST_FLAGS) {
        Err(refusal) => return Ok(refusal),
        Ok(flags) if flags.help => return Ok(usage()),
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
    let flags = match parse(args, SET_FLAGS) {
        Err(refusal) => return Ok(refusal),
        Ok(flags) if flags.help => return Ok(usage()),
        Ok(flags) => flags,
    };
    if let Some(name) = flags.value("--profile").filter(|name| *name != profile::NAME) {
        // A new profile has no keys, and the sandbox accepts none.
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
        if let Some(value) = flags.value(flag) {
            entry[key] = json!(value.eq_ignore_ascii_case("true"));
        }
    }
    for (flag, key) in [("--region", "region_id"), ("--language", "language"), ("--mode", "mode")] {
        if let Some(value) = flags.value(flag) {
            entry[key] = json!(value);
        }
    }
    profile::save(home, &configuration)?;
    Ok(silent())
}
