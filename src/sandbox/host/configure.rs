//! `configure`: the profiles. The sandbox does not accept, store or print access keys.

use serde_json::json;

use crate::sandbox::answers::{Answer, host_error, printed, silent};
use crate::sandbox::home::Home;
use crate::sandbox::host::flags::{HostFlag, one, parse};
use crate::sandbox::host::{ai_mode, other_command, safety_policy, table};
use crate::sandbox::profile;

const COMMANDS: &[&str] = &["list", "set", "get", "ai-mode", "safety-policy"];

const LIST_FLAGS: &[HostFlag] =
    &[one("--config-path"), one("--profile"), one("--region"), one("--language")];

/// The settings that `configure set` changes: flag, key in the profile.
const SETTINGS: &[(&str, &str)] = &[
    ("--auto-plugin-install", "auto_plugin_install"),
    ("--auto-plugin-install-enable-pre", "auto_plugin_install_enable_pre"),
    ("--region", "region_id"),
    ("--language", "language"),
    ("--mode", "mode"),
];

pub fn run(args: &[String], home: &Home) -> Result<Answer, Answer> {
    let Some((command, rest)) = args.split_first() else {
        return Err(host_error(1, "cannot ask for the keys of a profile without a terminal: EOF"));
    };
    match command.as_str() {
        "ai-mode" => ai_mode::run(rest, home),
        "safety-policy" => safety_policy::run(rest, home),
        "list" => list(rest, home),
        "set" => set(rest, home),
        // The real program prints secrets here, so alimsg must never run this command.
        "get" => Err(host_error(1, "the sandbox stores no credentials")),
        other => Err(other_command(other, COMMANDS)),
    }
}

fn list(args: &[String], home: &Home) -> Result<Answer, Answer> {
    parse(args, LIST_FLAGS)?;
    let configuration = profile::load(home)?;
    let mut rows = vec![
        ["Profile", "| Credential ", "| Valid", "| Region", "| Language"].map(str::to_owned),
        ["---------", "| ------------------", "| -------", "| ----------------", "| --------"]
            .map(str::to_owned),
    ];
    let current = configuration["current"].as_str().unwrap_or(profile::NAME);
    for entry in configuration["profiles"].as_array().into_iter().flatten() {
        let text = |key: &str| entry[key].as_str().unwrap_or_default();
        let name = text("name");
        let mark = if name == current { " *" } else { "" };
        rows.push([
            format!("{name}{mark}"),
            format!("| {}", profile::MASKED_CREDENTIAL),
            "| Valid".to_owned(),
            format!("| {}", text("region_id")),
            format!("| {}", text("language")),
        ]);
    }
    Ok(printed(table(&rows, 8, 1)))
}

fn set(args: &[String], home: &Home) -> Result<Answer, Answer> {
    let settings = SETTINGS.iter().map(|(flag, _)| one(flag));
    let known: Vec<HostFlag> = settings.chain([one("--config-path"), one("--profile")]).collect();
    let flags = parse(args, &known)?;
    if let Some(name) = flags.value("--profile").filter(|name| *name != profile::NAME) {
        // A new profile has no keys, and the sandbox accepts none.
        return Err(host_error(
            1,
            &format!("fail to set configuration: access_key_id is not configured for {name}"),
        ));
    }
    let mut configuration = profile::load(home)?;
    for (flag, key) in SETTINGS {
        if let Some(value) = flags.value(flag) {
            configuration["profiles"][0][key] = match *key {
                "auto_plugin_install" | "auto_plugin_install_enable_pre" => {
                    json!(value.eq_ignore_ascii_case("true"))
                }
                _ => json!(value),
            };
        }
    }
    profile::save(home, &configuration)?;
    Ok(silent())
}
