//! The records that the stand-in writes about its processes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rustix::process::{Pid, test_kill_process};
use serde::Deserialize;
use serde_json::Value;

/// One process of `aliyun`.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Without the program name.
    pub argv: Vec<String>,
    pub pid: i32,
    pub pgid: i32,
    /// Whether it leads its own process group.
    pub leader: bool,
    /// Whether this is the second process of a call, which acts as the plugin.
    pub plugin: bool,
    /// `closed pipe`, `open pipe`, `pipe with data`, `character device`, `terminal`, `file` …
    pub stdin: String,
    /// The variables beginning with `ALIBABA_CLOUD_`, `ALICLOUD_` and `ALIMSG_`.
    pub env: BTreeMap<String, String>,
    /// The content of `ai-mode.json` at the start; null if it was missing.
    pub ai_mode: Value,
    /// Unix time in nanoseconds.
    pub start: u64,
    /// `None` for a process that is running or was killed.
    pub end: Option<End>,
}

/// The normal exit of a process.
#[derive(Debug, Clone, Deserialize)]
pub struct End {
    pub exit: i32,
    pub ai_mode: Value,
    /// Unix time in nanoseconds.
    pub end: u64,
}

#[derive(Deserialize)]
struct Start {
    argv: Vec<String>,
    pid: i32,
    pgid: i32,
    leader: bool,
    plugin: bool,
    stdin: String,
    env: BTreeMap<String, String>,
    ai_mode: Value,
    start: u64,
}

impl Invocation {
    /// A short name: `version`, `configure set`, `ai-mode enable`, `dysmsapi send-sms`.
    pub fn command(&self) -> String {
        let mut words: Vec<&str> = self
            .words()
            .iter()
            .map(String::as_str)
            .take_while(|word| !word.starts_with('-'))
            .take(3)
            .collect();
        if words.starts_with(&["configure", "ai-mode"]) {
            words.remove(0);
        }
        words.truncate(2);
        words.join(" ")
    }

    /// The words from the product on, without the flag of `--ai-mode call` before it.
    pub fn words(&self) -> &[String] {
        &self.argv[usize::from(self.argv.first().is_some_and(|word| word == "--cli-ai-mode"))..]
    }

    /// Whether this call requested ai-mode for itself; for a plugin, whether its host did.
    pub fn requested_ai_mode(&self) -> bool {
        self.words().len() < self.argv.len()
            || (self.plugin && self.env.get("ALIBABA_CLOUD_CLI_AI_MODE").is_some_and(|v| v == "1"))
    }

    /// Whether ai-mode was on when it started.
    pub fn ai_mode_enabled(&self) -> bool {
        self.requested_ai_mode() || self.ai_mode["enabled"] == Value::Bool(true)
    }

    /// Whether it exited normally.
    pub fn ended(&self) -> bool {
        self.end.is_some()
    }

    /// Whether it is running now.
    pub fn is_running(&self) -> bool {
        !self.ended() && is_alive(self.pid)
    }

    /// The value of `--name=value`; the name without dashes.
    pub fn flag(&self, name: &str) -> Option<&str> {
        super::flag(&self.argv, name)
    }
}

/// Whether a process of `aliyun` with this pid is running. A zombie is not.
pub fn is_alive(pid: i32) -> bool {
    if Pid::from_raw(pid).is_none_or(|pid| test_kill_process(pid).is_err()) {
        return false;
    }
    // Without /proc, the result of the signal decides.
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return !Path::new("/proc/self").exists();
    };
    // "PID (name) STATE …": another program may have reused the pid.
    let is_aliyun = stat.contains("(aliyun)");
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
    is_aliyun && !state.starts_with(['Z', 'X'])
}

/// All records of the log, in the order of their start.
pub fn parse_log(folder: &Path) -> Vec<Invocation> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".json") && !name.ends_with(".end.json"))
        .collect();
    names.sort();
    names.iter().map(|name| parse_record(folder, name)).collect()
}

fn parse_record(folder: &Path, name: &str) -> Invocation {
    let text = fs::read_to_string(folder.join(name)).expect("a record of a start");
    let start: Start = serde_json::from_str(&text).expect("a record of a start");
    let end = fs::read_to_string(folder.join(name.replace(".json", ".end.json")))
        .ok()
        .map(|text| serde_json::from_str(&text).expect("a record of an end"));
    Invocation {
        argv: start.argv,
        pid: start.pid,
        pgid: start.pgid,
        leader: start.leader,
        plugin: start.plugin,
        stdin: start.stdin,
        env: start.env,
        ai_mode: start.ai_mode,
        start: start.start,
        end,
    }
}
