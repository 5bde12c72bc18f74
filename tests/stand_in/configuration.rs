//! `aliyun configure …`: profiles and ai-mode.
//!
//! The files are rewritten without a lock, `ai-mode.json` also in place, which is just what makes
//! two writers at once dangerous; a marker file finds them out.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::{fs, thread};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, test_kill_process};
use serde_json::{Map, Value, json};

use crate::answer::{Answer, table};
use crate::folder::{Folder, write_whole};
use crate::safety_policy;
use crate::witness::Witness;
use crate::words::Words;

/// The agent string that counts while none was set.
const DEFAULT_AGENT: &str = "AlibabaCloud-Agent-Skills";

/// Whether this is the one command besides product calls that knows `--user-agent`.
pub fn takes_agent(words: &Words) -> bool {
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
        // ai-mode came with 3.3.3; before, the word is unknown.
        ["ai-mode", action @ ..] if is_at_least(&witness.folder, semver::Version::new(3, 3, 3)) => {
            ai_mode(witness, words, action)
        }
        // So did policies, in the same version.
        ["safety-policy", action @ ..]
            if is_at_least(&witness.folder, semver::Version::new(3, 3, 3)) =>
        {
            safety_policy::answer(witness, words, action)
        }
        [other, ..] => Ok(Answer::usage(&format!("'{other}' is not a valid command"))),
        // The real program would begin to ask questions.
        [] => Ok(Answer::failure("failed to read user input: EOF")),
    }
}

/// What every command ends with where the configuration cannot be read: nothing is done, and the
/// exit code is **0**.
pub fn fault(folder: &Folder) -> Option<Answer> {
    let text = fs::read(folder.configuration("config.json")).ok()?;
    let why = match serde_json::from_slice::<Value>(&text) {
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
    // The end of the line is missing there, too.
    let stderr = format!("\u{1b}[1;31mERROR: load current configuration failed {why}\u{1b}[0m");
    Some(Answer { stderr, ..Answer::default() })
}

pub fn is_at_least(folder: &Folder, version: semver::Version) -> bool {
    semver::Version::parse(&folder.version()).is_ok_and(|own| own >= version)
}

fn list(witness: &Witness) -> Result<Answer> {
    let Some(profiles) = witness.folder.profiles()? else {
        let path = witness.folder.configuration("config.json");
        return Ok(Answer::failure(&format!(
            "load configure failed: stat {}: no such file or directory",
            path.display()
        )));
    };
    let row = |cells: [&str; 5]| cells.map(str::to_owned).to_vec();
    let mut rows = vec![
        row(["Profile", "| Credential ", "| Valid", "| Region", "| Language"]),
        row(["---------", "| ------------------", "| -------", "| ----------------", "| --------"]),
    ];
    for profile in profiles {
        let mark = if profile.current { " *" } else { "" };
        rows.push(vec![
            format!("{}{mark}", profile.name),
            format!("| {}", profile.credential),
            format!("| {}", if profile.valid { "Valid" } else { "Invalid" }),
            format!("| {}", profile.region),
            "| en".to_owned(),
        ]);
    }
    Ok(Answer::text(&table(&rows, 8, 1)))
}

/// Only the one setting that alimsg needs; every other would change the user's profile.
fn set(witness: &Witness, words: &Words) -> Result<Answer> {
    let Some(wanted @ ("true" | "false")) = words.flag("auto-plugin-install") else {
        return Ok(Answer::usage("the stand-in only sets --auto-plugin-install true|false"));
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
    // What is empty is left out.
    if !agent.is_empty() {
        shown["user_agent"] = json!(agent);
    }
    if enabled {
        let suffix = format!("AlibabaCloud-AIMode/enabled {effective}");
        shown["request_user_agent_suffix"] = json!(suffix);
    }
    Ok(Answer::text(&format!("{}\n", serde_json::to_string_pretty(&shown)?)))
}

/// Reads a file of the configuration, rests, and writes it back: in place, except for `config.json`
/// from 3.4.9 on. What cannot be read counts as empty: so a torn file loses its settings.
pub fn rewrite(
    witness: &Witness,
    name: &str,
    change: impl FnOnce(&mut Map<String, Value>),
) -> Result<Answer> {
    let mine = claim(witness)?;
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
        write_whole(&path, &Value::from(state))?;
    } else {
        let written = fs::write(&path, serde_json::to_string_pretty(&state)?);
        if let Err(error) = written {
            let reason = error.to_string().to_lowercase();
            return Ok(Answer::failure(&format!("open {}: {reason}", path.display())));
        }
    }
    drop(mine);
    Ok(Answer::default())
}

/// The marker of the one process that may write; gone when dropped.
struct Marker(PathBuf);

impl Drop for Marker {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Claims the right to write. If another living process holds it, that is the violation looked
/// for, and the write goes on regardless, as the real program's would.
fn claim(witness: &Witness) -> Result<Option<Marker>> {
    let marker = witness.folder.path("writing");
    let draft = witness.folder.path(&format!("writing-{}", std::process::id()));
    fs::write(&draft, std::process::id().to_string()).context("the marker of a writer")?;
    let outcome = link(witness, &draft, &marker);
    fs::remove_file(&draft).context("the marker of a writer")?;
    Ok(outcome?.then_some(Marker(marker)))
}

/// A hard link brings name and content at once, so that nobody reads a marker without a pid.
fn link(witness: &Witness, draft: &PathBuf, marker: &PathBuf) -> Result<bool> {
    for _ in 0..100 {
        match fs::hard_link(draft, marker) {
            Ok(()) => return Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).context("the marker of a writer"),
        }
        // Gone since: its owner has just finished; try again.
        let Ok(text) = fs::read_to_string(marker) else { continue };
        let owner: i32 = text.parse().context("the pid in the marker")?;
        if is_alive(owner) {
            let both = format!("{} while {owner} was writing", std::process::id());
            witness.violation("two writers", &both);
            return Ok(false);
        }
        // Its owner was killed while it wrote.
        let _ = fs::remove_file(marker);
    }
    bail!("the marker of a writer comes and goes");
}

/// Whether that process still runs; one that only waits to be collected does not.
fn is_alive(pid: i32) -> bool {
    if Pid::from_raw(pid).is_none_or(|pid| test_kill_process(pid).is_err()) {
        return false;
    }
    // Where there is no /proc the answer of the signal stands.
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .map_or(true, |stat| !stat.rsplit(')').next().unwrap_or_default().starts_with(" Z"))
}
