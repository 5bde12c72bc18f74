//! The processes of one world, found by the environment that each of them inherited. Where there is
//! no /proc they cannot be found, and nothing is claimed about them.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// A process that runs in a world.
#[derive(Debug, Clone)]
pub struct Process {
    pub pid: i32,
    /// `alimsg` or `aliyun`, as the system names it.
    pub name: String,
    pub is_watchdog: bool,
}

impl Process {
    /// Ends it for good; it may have ended by itself meanwhile.
    pub fn kill(&self) {
        if let Some(pid) = Pid::from_raw(self.pid) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Whether this system tells which processes there are.
pub fn can_be_listed() -> bool {
    Path::new("/proc/self/environ").exists()
}

/// Those with `variable` (a whole `NAME=value`) in their environment; not those that only wait to
/// be collected.
pub fn processes_with(variable: &str) -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| read(pid, variable)).collect()
}

fn read(pid: i32, variable: &str) -> Option<Process> {
    // Another user's process cannot be read, and is none of ours; one that is gone has nothing.
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let has = |wanted: &str| environment.split(|&b| b == 0).any(|one| one == wanted.as_bytes());
    if !has(variable) {
        return None;
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (name, state) = stat.split_once('(')?.1.rsplit_once(')')?;
    let is_over = state.trim_start().starts_with(['Z', 'X']);
    let is_watchdog = has("ALIMSG_INTERNAL_ROLE=watchdog");
    (!is_over).then(|| Process { pid, name: name.to_string(), is_watchdog })
}
