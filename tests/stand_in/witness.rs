//! Records of the stand-in: one file per process, and a list of violations.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::FileType;
use rustix::process::{getpgrp, getpid};
use serde_json::{Map, Value, json};

use crate::folder::{Folder, write_atomically};

/// Prefixes of the environment variables that affect `aliyun` or alimsg.
const WATCHED: [&str; 3] = ["ALIBABA_CLOUD_", "ALICLOUD_", "ALIMSG_"];

pub struct Witness {
    pub folder: Folder,
    argv: Vec<String>,
    stdin: &'static str,
    /// `…/log/<start>-<pid>`, without extension.
    stem: PathBuf,
}

impl Witness {
    /// Records the start of this process. File names sort by start time.
    pub fn begin(folder: Folder, argv: &[String], is_plugin: bool) -> Result<Self> {
        let start = now();
        let pid = std::process::id();
        let log = folder.path("log");
        std::fs::create_dir_all(&log).context("making the log folder")?;
        let stem = log.join(format!("{start:020}-{pid}"));
        let stdin = kind_of_stdin();
        let record = json!({
            "argv": argv,
            "pid": pid,
            "pgid": getpgrp().as_raw_nonzero().get(),
            "leader": getpgrp() == getpid(),
            "plugin": is_plugin,
            "stdin": stdin,
            "env": watched_environment(),
            "ai_mode": folder.ai_mode(),
            "start": start,
        });
        write_atomically(&stem.with_extension("json"), &record)?;
        Ok(Self { folder, argv: argv.to_vec(), stdin, stem })
    }

    /// Records the exit. A killed process has no such record.
    pub fn end(&self, exit: u8) {
        let record = json!({ "exit": exit, "ai_mode": self.folder.ai_mode(), "end": now() });
        // Not an error: the test may have ended and deleted its folder.
        let _ = write_atomically(&self.stem.with_extension("end.json"), &record);
    }

    /// Checks the rules that apply to every process.
    pub fn check_start(&self) {
        if self.stdin != "closed pipe" {
            self.violation("stdin", self.stdin);
        }
        if getpgrp() != getpid() {
            self.violation("process group", "not the leader of its own process group");
        }
        let variable = "ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL";
        if std::env::var(variable).as_deref() != Ok("true") {
            self.violation("auto-install", &format!("{variable} is not true"));
        }
    }

    /// Whether a product call is running that started before the update began, which is when alimsg
    /// last wrote the lock file of the calls. A later call waits if it has to.
    pub fn is_earlier_call_running(&self) -> bool {
        let lock = self.folder.configuration(".alimsg/calls.lock");
        let began = std::fs::metadata(lock).and_then(|file| file.modified()).ok();
        let began = began.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let began =
            began.map_or(u64::MAX, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
        let entries = std::fs::read_dir(self.folder.path("log")).into_iter().flatten().flatten();
        let starts = entries.map(|entry| entry.path()).filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.ends_with(".json") && !name.ends_with(".end.json")
        });
        starts.filter(|path| !path.with_extension("end.json").exists()).any(|path| {
            let record = std::fs::read_to_string(path).unwrap_or_default();
            let record: Value = serde_json::from_str(&record).unwrap_or_default();
            let is_call = record["argv"].as_array().is_some_and(|argv| {
                argv.iter().take(2).any(|word| word == "cams" || word == "dysmsapi")
            });
            let pid = record["pid"].as_u64().unwrap_or_default();
            is_call
                && record["start"].as_u64().is_some_and(|start| start < began)
                && std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
                    !stat
                        .rsplit_once(')')
                        .is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
                })
        })
    }

    pub fn violation(&self, what: &str, detail: &str) {
        let line = json!({
            "what": what, "detail": detail, "argv": self.argv, "pid": std::process::id(),
        });
        if let Err(error) = self.folder.append("violations.jsonl", &line) {
            crate::print_error(&format!("stand-in aliyun: {error:#}\n"));
        }
    }
}

/// Unix time in nanoseconds.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn watched_environment() -> Map<String, Value> {
    std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let watched = WATCHED.iter().any(|prefix| name.starts_with(prefix));
            watched.then(|| (name, Value::from(value.to_string_lossy())))
        })
        .collect()
}

/// The type of stdin. A pipe counts as closed if it is at its end without any data.
fn kind_of_stdin() -> &'static str {
    let stdin = std::io::stdin();
    let Ok(stat) = rustix::fs::fstat(&stdin) else { return "closed" };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::CharacterDevice if rustix::termios::isatty(&stdin) => "terminal",
        FileType::CharacterDevice => "character device",
        FileType::RegularFile => "file",
        FileType::Fifo => {
            // The parent may close its end shortly after the start. A closed pipe is detected at
            // once; only an open one waits for the whole timeout.
            let timeout = Timespec { tv_sec: 10, tv_nsec: 0 };
            let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
            match poll(&mut fds, Some(&timeout)) {
                Ok(ready) if ready > 0 => match rustix::io::read(&stdin, &mut [0_u8; 1]) {
                    Ok(0) => "closed pipe",
                    _ => "pipe with data",
                },
                _ => "open pipe",
            }
        }
        _ => "something else",
    }
}
