//! The isolated environment of an integration test: a temporary home, a state folder and the stand-in
//! for `aliyun` on `PATH`. Everything is deleted afterwards.

#![allow(
    dead_code,
    unused_imports,
    clippy::expect_used,
    clippy::panic,
    reason = "the benchmark uses a part of this module, and a test stops at the first error"
)]

mod any_text;
mod calls;
mod commands;
pub mod failpoints;
mod fresh_machine;
mod invocations;
pub mod messages;
mod process_table;
mod records;
pub mod replies;
mod run;
mod sandbox;
pub mod schema;
mod signals;
mod suggestions;
pub mod tasks;
mod terminal;
pub mod users;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

pub use any_text::{any_text, for_any};
pub use calls::{assert_lists_messages_since, flag};
pub use invocations::{Invocation, is_alive};
pub use process_table::{Process, can_be_listed};
pub use run::{Ran, Running};
pub use terminal::{Terminal, plain};

/// Timeout of [`World::wait_until`] and [`Terminal::expect`]; far above what a busy machine needs.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

/// One profile of the CLI, with the columns of `aliyun configure list`.
#[derive(Clone, Copy)]
pub struct Profile {
    pub name: &'static str,
    pub credential: &'static str,
    pub valid: bool,
    pub region: &'static str,
    pub current: bool,
}

impl Profile {
    /// Valid and current.
    pub const DEFAULT: Self = Self {
        name: "default",
        credential: "AK:***abc",
        valid: true,
        region: "cn-hangzhou",
        current: true,
    };
}

pub struct World {
    folder: TempDir,
    /// How often each argument with `{n}` was used.
    numbered: Mutex<HashMap<String, usize>>,
}

impl World {
    /// Ready to send: both plugins installed, one valid profile.
    pub fn new() -> Self {
        let world = Self::bare();
        world.plugins(&["aliyun-cli-cams", "aliyun-cli-dysmsapi"]).profiles(&[Profile::DEFAULT]);
        world
    }

    /// A ready world in which these rules change the answers of `aliyun`; see [`Self::script`].
    pub fn with_script(rules: Value) -> Self {
        let world = Self::new();
        world.script(rules);
        world
    }

    /// A ready world in which the calls of this command get these replies, in this order.
    pub fn answering(command: &str, replies: &[Value]) -> Self {
        let mut rules: Vec<Value> = replies.iter().map(|value| reply_to(command, value)).collect();
        rules.iter_mut().for_each(|rule| rule["times"] = json!(1));
        Self::with_script(Value::from(rules))
    }

    /// `aliyun` is installed but not configured: no plugin, no profile.
    pub fn bare() -> Self {
        signals::reset_ignored();
        let folder = TempDir::new().expect("a temporary folder");
        let world = Self { folder, numbered: Mutex::default() };
        for name in ["home", "state", "bin", "stand_in", "tmp"] {
            fs::create_dir(world.path(name)).expect("a folder of the world");
        }
        std::os::unix::fs::symlink(stand_in(), world.path("bin/aliyun")).expect("a link");
        world
    }

    /// A path inside the world: `home`, `state`, `bin`, `stand_in`, or a file of the test.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes an input file for a command and returns its path.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        fs::write(&path, content).expect("a file of the world");
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    /// Replaces the user's configuration file of alimsg.
    pub fn configure(&self, text: &str) {
        fs::create_dir_all(self.path("home/.config/alimsg")).expect("a folder of the world");
        self.file("home/.config/alimsg/config.toml", text);
    }

    /// Replaces the profiles. An empty list means that the CLI was never configured.
    pub fn profiles(&self, profiles: &[Profile]) -> &Self {
        let listed = self.path("stand_in/profiles.json");
        let config = self.path("home/.aliyun/config.json");
        if profiles.is_empty() {
            let _ = fs::remove_file(listed);
            let _ = fs::remove_file(config);
            return self;
        }
        let rows: Vec<Value> = profiles
            .iter()
            .map(|profile| {
                json!({
                    "name": profile.name, "credential": profile.credential,
                    "valid": profile.valid, "region": profile.region, "current": profile.current,
                })
            })
            .collect();
        write_atomically(&listed, &Value::from(rows).to_string());
        // alimsg compares this file with an earlier version, but never parses it.
        let current = profiles.iter().find(|profile| profile.current).map(|profile| profile.name);
        let names: Vec<Value> =
            profiles.iter().map(|profile| json!({ "name": profile.name })).collect();
        fs::create_dir_all(self.path("home/.aliyun")).expect("the CLI's folder");
        write_atomically(&config, &json!({ "current": current, "profiles": names }).to_string());
        self
    }

    /// Replaces the list of installed plugins; takes full names.
    pub fn plugins(&self, names: &[&str]) -> &Self {
        let folder = self.path("home/.aliyun/plugins");
        let mut manifest = json!({ "plugins": {} });
        for name in names {
            let path = folder.join(name);
            fs::create_dir_all(&path).expect("the folder of a plugin");
            manifest["plugins"][*name] = json!({ "name": name, "path": path });
        }
        if !names.is_empty() {
            write_atomically(&folder.join("manifest.json"), &manifest.to_string());
        }
        let lines: Vec<String> = names.iter().map(|name| format!("{name}\n")).collect();
        write_atomically(&self.path("stand_in/plugins"), &lines.concat());
        self
    }

    /// Replaces the rules that change the answers of `aliyun`; for the fields of a rule, see
    /// `tests/stand_in/script.rs`.
    pub fn script(&self, rules: Value) -> &Self {
        assert!(rules.is_array(), "a script is a list of rules");
        let _ = fs::remove_dir_all(self.path("stand_in/uses"));
        write_atomically(&self.path("stand_in/script.json"), &rules.to_string());
        self
    }

    /// Lets the processes of `aliyun` continue that a rule with `held` stops, also later ones.
    pub fn release(&self) {
        write_atomically(&self.path("stand_in/released"), "");
    }

    /// Sets the output of `aliyun version`.
    pub fn version(&self, version: &str) -> &Self {
        write_atomically(&self.path("stand_in/version"), version);
        self
    }

    /// Makes every writer of the CLI configuration wait between reading and writing, to provoke
    /// races.
    pub fn write_delay_ms(&self, delay: u64) -> &Self {
        write_atomically(&self.path("stand_in/write_delay_ms"), &delay.to_string());
        self
    }

    /// Sets ai-mode without alimsg, as after a crashed run or by another program.
    pub fn set_ai_mode(&self, enabled: bool, agent: &str) -> &Self {
        let state = json!({ "enabled": enabled, "user_agent": agent });
        fs::create_dir_all(self.path("home/.aliyun")).expect("the CLI's folder");
        write_atomically(&self.path("home/.aliyun/ai-mode.json"), &state.to_string());
        self
    }
}

/// The path of the stand-in, next to the binary under test.
fn stand_in() -> PathBuf {
    let binary = Path::new(env!("CARGO_BIN_EXE_alimsg"));
    let path = binary.parent().expect("a folder").join("examples/aliyun");
    assert!(
        path.exists(),
        "{} does not exist; `cargo test` builds the stand-in for aliyun, for a single test run \
         `cargo build --example aliyun` first",
        path.display()
    );
    path
}

/// A rule that makes the calls of this command print this reply: `reply_to("cams list-instance", …)`.
pub fn reply_to(command: &str, value: &Value) -> Value {
    json!({ "match": command.split(' ').collect::<Vec<_>>(), "stdout": value.to_string() })
}

/// Replaces a file atomically, since processes may be reading it.
fn write_atomically(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, text).expect("a file of the world");
    fs::rename(&draft, path).expect("a file of the world");
}
