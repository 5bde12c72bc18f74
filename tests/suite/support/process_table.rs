//! The running processes of one world, identified by an inherited environment variable. Without
//! /proc, none are found, so nothing is asserted about them.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// A running process of a world.
#[derive(Debug, Clone)]
pub struct Process {
    pub pid: i32,
    /// `alimsg` or `aliyun`, from the process table.
    pub name: String,
    pub is_watchdog: bool,
}

impl Process {
    /// Kills the process. Not an error if it has already exited.
    pub fn kill(&self) {
        if let Some(pid) = Pid::from_raw(self.pid) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Whether the system lists running processes in /proc.
pub fn can_be_listed() -> bool {
    Path::new("/proc/self/environ").exists()
}

/// The processes with `variable` (`NAME=value`) in their environment, without zombies.
pub fn processes_with(variable: &str) -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| inspect(pid, variable)).collect()
}

fn inspect(pid: i32, variable: &str) -> Option<Process> {
    // Fails for processes of other users, which are not ours, and for processes that have exited.
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let has = |wanted: &str| environment.split(|&b| b == 0).any(|one| one == wanted.as_bytes());
    if !has(variable) {
        return None;
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (name, state) = stat.split_once('(')?.1.rsplit_once(')')?;
    let has_exited = state.trim_start().starts_with(['Z', 'X']);
    let is_watchdog = has("ALIMSG_INTERNAL_ROLE=watchdog");
    (!has_exited).then(|| Process { pid, name: name.to_string(), is_watchdog })
}
