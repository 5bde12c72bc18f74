//! `aliyun configure …`: profiles and ai-mode.
//!
//! As in the real program, the files are rewritten without a lock, and `ai-mode.json` in place, so
//! concurrent writers can lose changes. A marker file detects concurrent writers.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::{fs, thread};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, test_kill_process};
use serde_json::{Map, Value, json};

use crate::answer::{Answer, table};
use crate::folder::{Folder, write_atomically};
use crate::safety_policy;
use crate::witness::Witness;
use crate::words::Words;

/// The agent string until one is set.
const DEFAULT_AGENT: &str = "AlibabaCloud-Agent-Skills";

/// Whether this is the only command, apart from product calls, that accepts `--user-agent`.
pub fn accepts_user_agent(words: &Words) -> bool {
    words.command == ["configure", "ai-mode", "set-user-agent"]
}

pub fn answer(witness: &Witness, words: &Words, rest: &[&str]) -> Result<Answer> {
    match rest {
        ["list"] => list(witness),
        ["get", ..] => {
            witness.violation("configure get", "prints the secret in clear text");
            Ok(Answer::text("{\n\t\"access_key_secret\": \"a secret in clear text\"\n}\n"))
        }
        ["set"] => set(witness, words),
        // Older versions have neither.
        [topic @ ("ai-mode" | "safety-policy"), action @ ..]
            if is_at_least(&witness.folder, semver::Version::new(3, 3, 3)) =>
        {
            let answer = if *topic == "ai-mode" { ai_mode } else { safety_policy::answer };
            answer(witness, words, action)
        }
        [other, ..] => Ok(Answer::usage(&format!("'{other}' is not a valid command"))),
        // The real program would prompt here.
        [] => Ok(Answer::failure("failed to read user input: EOF")),
    }
}

/// The error of every command if the configuration is damaged: nothing is done, and the exit code
/// is **0**.
pub fn damage(folder: &Folder) -> Option<Answer> {
    let text = fs::read(folder.configuration("config.json")).ok()?;
    let reason = match serde_json::from_slice::<Value>(&text) {
        Err(_) => "init config failed unexpected end of JSON input".to_owned(),
        Ok(settings) => {
            let current = settings["current"].as_str()?;
            let profiles = settings["profiles"].as_array()?;
            if profiles.iter().any(|profile| profile["name"] == current) {
                return None;
            }
            format!("unknown profile {current}, run configure to check")
        }
    };
    // Without a line break at the end, like the real program.
    let stderr = format!("\u{1b}[1;31mERROR: load current configuration failed {reason}\u{1b}[0m");
    Some(Answer { stderr, ..Answer::default() })
}

pub fn is_at_least(folder: &Folder, version: semver::Version) -> bool {
    semver::Version::parse(&folder.version()).is_ok_and(|installed| installed >= version)
}

fn list(witness: &Witness) -> Result<Answer> {
    let Some(profiles) = witness.folder.profiles()? else {
        let path = witness.folder.configuration("config.json");
        return Ok(Answer::failure(&format!(
            "load configure failed: stat {}: no such file or directory",
            path.display()
        )));
    };
    let mut rows = vec![
        ["Profile", "| Credential ", "| Valid", "| Region", "| Language"].map(str::to_owned),
        ["---------", "| ------------------", "| -------", "| ----------------", "| --------"]
            .map(str::to_owned),
    ];
    for profile in profiles {
        let mark = if profile.current { " *" } else { "" };
        rows.push([
            format!("{}{mark}", profile.name),
            format!("| {}", profile.credential),
            format!("| {}", if profile.valid { "Valid" } else { "Invalid" }),
            format!("| {}", profile.region),
            "| en".to_owned(),
        ]);
    }
    Ok(Answer::text(&table(&rows, 8, 1)))
}

/// Supports only the setting that alimsg needs; any other would change the user's profile.
fn set(witness: &Witness, words: &Words) -> Result<Answer> {
    let Some(wanted @ ("true" | "false")) = words.flag("auto-plugin-install") else {
        return Ok(Answer::usage("the stand-in only supports --auto-plugin-install true|false"));
    };
    let path = witness.folder.configuration("config.json");
    if !path.exists() {
        return Ok(Answer::failure("fail to set configuration: region can't be empty"));
    }
    let profiles = witness.folder.profiles()?.unwrap_or_default();
    if !profiles.iter().any(|profile| profile.current && profile.valid) {
        return Ok(Answer::failure("fail to set configuration: access_key_id is not configured"));
    }
    rewrite(witness, "config.json", |settings| {
        settings.insert("auto_plugin_install".to_owned(), Value::Bool(wanted == "true"));
    })
}

fn ai_mode(witness: &Witness, words: &Words, action: &[&str]) -> Result<Answer> {
    let enabled = |on: bool| {
        move |state: &mut Map<String, Value>| {
            state.insert("enabled".to_owned(), Value::Bool(on));
        }
    };
    match action {
        ["enable"] => rewrite(witness, "ai-mode.json", enabled(true)),
        ["disable"] => rewrite(witness, "ai-mode.json", enabled(false)),
        ["set-user-agent"] => {
            let Some(agent) = words.flag("user-agent") else {
                return Ok(Answer::failure("--user-agent is required for set-user-agent"));
            };
            rewrite(witness, "ai-mode.json", |state| {
                state.entry("enabled").or_insert(Value::Bool(false));
                state.insert("user_agent".to_owned(), Value::from(agent));
            })
        }
        [] | ["show"] => show(witness),
        [other, ..] => Ok(Answer::usage(&format!("'{other}' is not a valid command"))),
    }
}

fn show(witness: &Witness) -> Result<Answer> {
    let state = witness.folder.ai_mode();
    let enabled = state["enabled"].as_bool().unwrap_or(false);
    let agent = state["user_agent"].as_str().unwrap_or_default();
    let effective = if agent.is_empty() { DEFAULT_AGENT } else { agent };
    let mut shown = json!({
        "enabled": enabled,
        "effective_user_agent": effective,
        "config_file": witness.folder.configuration("ai-mode.json"),
    });
    // Empty values are omitted.
    if !agent.is_empty() {
        shown["user_agent"] = json!(agent);
    }
    if enabled {
        let suffix = format!("AlibabaCloud-AIMode/enabled {effective}");
        shown["request_user_agent_suffix"] = json!(suffix);
    }
    Ok(Answer::text(&format!("{shown:#}\n")))
}

/// Reads a configuration file, waits, and writes it back: in place, except for `config.json` since
/// 3.4.9. An unreadable file counts as empty, so a half-written file loses its settings.
pub fn rewrite(
    witness: &Witness,
    name: &str,
    change: impl FnOnce(&mut Map<String, Value>),
) -> Result<Answer> {
    let marker = claim(witness)?;
    let path = witness.folder.configuration(name);
    let mut state: Map<String, Value> = fs::read(&path)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    change(&mut state);
    thread::sleep(witness.folder.write_delay()?);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).context("making the configuration folder")?;
    }
    if name == "config.json" && is_at_least(&witness.folder, semver::Version::new(3, 4, 9)) {
        write_atomically(&path, &Value::from(state))?;
    } else {
        if let Err(error) = fs::write(&path, serde_json::to_string_pretty(&state)?) {
            let reason = error.to_string().to_lowercase();
            return Ok(Answer::failure(&format!("open {}: {reason}", path.display())));
        }
    }
    drop(marker);
    Ok(Answer::default())
}

/// The marker file of the current writer; deleted on drop.
struct Marker(PathBuf);

impl Drop for Marker {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Creates the marker. If the marker of another running process exists, records a violation and
/// returns `None`; the caller then writes anyway, as the real program does.
fn claim(witness: &Witness) -> Result<Option<Marker>> {
    let marker = witness.folder.path("writing");
    let draft = witness.folder.path(&format!("writing-{}", std::process::id()));
    fs::write(&draft, std::process::id().to_string()).context("the marker of a writer")?;
    let outcome = link(witness, &draft, &marker);
    fs::remove_file(&draft).context("the marker of a writer")?;
    Ok(outcome?.then_some(Marker(marker)))
}

/// Creates the marker as a hard link, so that its content exists from the start.
fn link(witness: &Witness, draft: &PathBuf, marker: &PathBuf) -> Result<bool> {
    for _ in 0..100 {
        match fs::hard_link(draft, marker) {
            Ok(()) => return Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).context("the marker of a writer"),
        }
        // Deleted meanwhile: its owner has finished.
        let Ok(text) = fs::read_to_string(marker) else { continue };
        let owner: i32 = text.parse().context("the pid in the marker")?;
        if is_alive(owner) {
            let detail = format!("{} while {owner} was writing", std::process::id());
            witness.violation("two writers", &detail);
            return Ok(false);
        }
        // Its owner was killed while writing.
        let _ = fs::remove_file(marker);
    }
    bail!("the marker of a writer changed 100 times");
}

/// Whether the process is running. A zombie is not.
fn is_alive(pid: i32) -> bool {
    if Pid::from_raw(pid).is_none_or(|pid| test_kill_process(pid).is_err()) {
        return false;
    }
    // Without /proc, the result of the signal decides.
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .map_or(true, |stat| !stat.rsplit(')').next().unwrap_or_default().starts_with(" Z"))
}
