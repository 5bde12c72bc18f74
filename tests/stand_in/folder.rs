//! The folder that the test and the stand-in share.

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

/// How long a held process waits at most.
const HELD_LIMIT: Duration = Duration::from_secs(120);

/// One element of `profiles.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    pub credential: String,
    pub valid: bool,
    pub region: String,
    pub current: bool,
}

pub struct Folder {
    root: PathBuf,
    home: PathBuf,
}

impl Folder {
    pub fn from_environment() -> Result<Self> {
        let variable = |name: &str| {
            std::env::var_os(name).map(PathBuf::from).with_context(|| format!("{name} is not set"))
        };
        Ok(Self { root: variable("STAND_IN_DIR")?, home: variable("HOME")? })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A file in the CLI's own configuration folder.
    pub fn configuration(&self, name: &str) -> PathBuf {
        self.home.join(".aliyun").join(name)
    }

    pub fn version(&self) -> String {
        fs::read_to_string(self.path("version"))
            .map_or_else(|_| "3.4.11".to_owned(), |text| text.trim().to_owned())
    }

    /// Delay of a configuration writer between reading and writing.
    pub fn write_delay(&self) -> Result<Duration> {
        match fs::read_to_string(self.path("write_delay_ms")) {
            Ok(text) => Ok(Duration::from_millis(text.trim().parse().context("write_delay_ms")?)),
            Err(_) => Ok(Duration::ZERO),
        }
    }

    /// Waits until the test releases the held processes.
    pub fn wait_for_release(&self) -> Result<()> {
        let deadline = Instant::now() + HELD_LIMIT;
        while !self.path("released").exists() {
            ensure!(self.root.exists(), "the test has ended");
            ensure!(Instant::now() < deadline, "the test has not released this process");
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// The profiles; `None` if the CLI was never configured.
    pub fn profiles(&self) -> Result<Option<Vec<Profile>>> {
        match fs::read_to_string(self.path("profiles.json")) {
            Ok(text) => serde_json::from_str(&text).context("profiles.json").map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Content of `ai-mode.json`: null if it is missing, a string if it is not JSON.
    ///
    /// Read only once, like the real program: if the file is being rewritten in place, the call
    /// runs without ai-mode, and the record has to show that.
    pub fn ai_mode(&self) -> Value {
        match fs::read_to_string(self.configuration("ai-mode.json")) {
            Ok(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            Err(_) => Value::Null,
        }
    }

    /// Appends one line in a single write, so that lines of several processes never mix.
    pub fn append(&self, name: &str, line: impl Display) -> Result<()> {
        let text = format!("{line}\n");
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.path(name))
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("appending to {name}"))
    }
}

/// Writes a file atomically.
pub fn write_atomically(path: &Path, value: &Value) -> Result<()> {
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    fs::write(&temporary, value.to_string())
        .and_then(|()| fs::rename(&temporary, path))
        .with_context(|| format!("writing {}", path.display()))
}
