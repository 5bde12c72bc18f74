//! The isolated environment of an integration test: a temporary home, a state folder and the stand-in
//! for `aliyun` on `PATH`. Everything is deleted afterwards.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test file uses the part of this module that it needs"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot continue must fail, and this is test code outside of #[test]"
)]

mod any_text;
mod calls;
mod invocations;
mod left;
pub mod lines;
mod ran;
pub mod replies;
mod sandbox;
mod shell;
mod signals;
mod terminal;
pub mod users;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::{Value, json};
use tempfile::TempDir;

pub use any_text::{any_text, for_any};
pub use calls::{assert_asks_for_messages, flag};
pub use invocations::{Invocation, is_alive};
pub use left::{Process, can_be_listed};
pub use ran::{Ran, Running};
pub use terminal::{Terminal, plain};

/// Timeout of [`World::wait_until`] and [`Terminal::expect`].
pub const PATIENCE: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(5);

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
}

impl World {
    /// Ready to send: both plugins installed, one valid profile.
    pub fn new() -> Self {
        let world = Self::bare();
        world.plugins(&["aliyun-cli-cams", "aliyun-cli-dysmsapi"]).profiles(&[Profile::DEFAULT]);
        world
    }

    /// `aliyun` is installed but not configured: no plugin, no profile.
    pub fn bare() -> Self {
        signals::reset_ignored();
        let world = Self { folder: TempDir::new().expect("a temporary folder") };
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

    /// alimsg with these arguments, an isolated environment and an empty stdin.
    pub fn alimsg(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(Path::new(env!("CARGO_BIN_EXE_alimsg")));
        command.args(arguments);
        command
    }

    /// The stand-in itself, started as alimsg has to start `aliyun`.
    pub fn aliyun(&self, arguments: &[&str]) -> Command {
        use std::os::unix::process::CommandExt;

        let mut command = self.program(&self.path("bin/aliyun"));
        let (closed, writer) = std::io::pipe().expect("a pipe");
        drop(writer);
        command
            .args(arguments)
            .env("ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL", "true")
            .env("ALIBABA_CLOUD_THROTTLING_RETRY_ENABLED", "false")
            .stdin(closed)
            .process_group(0);
        command
    }

    /// A shell command in which `"$0" "$@"` is alimsg with these arguments, for set-ups that need a
    /// shell, such as ignored signals and closed outputs.
    pub fn shell(&self, line: &str, arguments: &[&str]) -> Command {
        let mut command = self.program(Path::new("/bin/sh"));
        command.args(["-c", line, env!("CARGO_BIN_EXE_alimsg")]).args(arguments);
        command
    }

    /// alimsg as another user, who becomes the owner of all files of this world; see [`users`].
    pub fn alimsg_as(&self, user: u32, line: &str, arguments: &[&str]) -> Command {
        users::change_owner(self.folder.path(), user);
        let mut command = self.program(Path::new("/usr/bin/setpriv"));
        command
            .args([&format!("--reuid={user}"), &format!("--regid={user}")])
            .args(["--clear-groups", "--", "/bin/sh", "-c", line, env!("CARGO_BIN_EXE_alimsg")])
            .args(arguments);
        command
    }

    #[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
    fn program(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()))
            .env("HOME", self.path("home"))
            .env("ALIMSG_STATE_DIR", self.path("state"))
            .env("STAND_IN_DIR", self.path("stand_in"))
            // Tests of the receipt lookup set their own time limit.
            .env("ALIMSG_LOOK_UP", "0")
            .env("LANG", "C.UTF-8")
            .env("TMPDIR", self.path("tmp"))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs alimsg and waits for its exit.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.start(arguments).wait()
    }

    /// Runs alimsg with `input` on stdin (a pipe) and waits for its exit.
    pub fn run_with_stdin(&self, arguments: &[&str], input: &str) -> Ran {
        Running::start_with_stdin(self.alimsg(arguments), input).wait()
    }

    /// Starts alimsg without waiting for it.
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.alimsg(arguments))
    }

    /// Starts alimsg on a new terminal.
    pub fn terminal(&self, arguments: &[&str]) -> Terminal {
        let mut command = self.alimsg(arguments);
        command.env("TERM", "xterm-256color");
        Terminal::start(command)
    }

    /// All running processes of this world, including alimsg and its watchdogs.
    pub fn running(&self) -> Vec<Process> {
        left::processes_with(&format!("STAND_IN_DIR={}", self.path("stand_in").display()))
    }

    /// The running watchdogs of this world.
    pub fn watchdogs(&self) -> Vec<Process> {
        self.running().into_iter().filter(|process| process.is_watchdog).collect()
    }

    /// All recorded processes of `aliyun`, in the order of their start.
    pub fn processes(&self) -> Vec<Invocation> {
        invocations::parse_log(&self.path("stand_in/log"))
    }

    /// Short names of the recorded commands: `version`, `ai-mode enable`, `dysmsapi send-sms`.
    /// Plugin processes do not count.
    pub fn commands(&self) -> Vec<String> {
        self.processes()
            .iter()
            .filter(|invocation| !invocation.plugin)
            .map(Invocation::command)
            .collect()
    }

    /// The sending calls that reached the service: `command`, `flags` (names without dashes),
    /// `account`.
    pub fn sent(&self) -> Vec<Value> {
        self.lines("sent.jsonl")
    }

    /// The copies to OSS: `file`, `to`, `endpoint`, `account`, `bytes`.
    pub fn uploads(&self) -> Vec<Value> {
        self.lines("uploads.jsonl")
    }

    /// The recorded violations: `what`, `detail`, `argv`, `pid`.
    pub fn violations(&self) -> Vec<Value> {
        self.lines("violations.jsonl")
    }

    fn lines(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.path("stand_in").join(name)).unwrap_or_default();
        // A line without a line break is still being written.
        text.split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect()
    }

    /// Whether ai-mode is on; `None` if it was never set. A half-written file counts as off, as in
    /// the real CLI.
    pub fn ai_mode(&self) -> Option<bool> {
        let text = fs::read_to_string(self.path("home/.aliyun/ai-mode.json")).ok()?;
        let state: Value = serde_json::from_str(&text).unwrap_or_default();
        Some(state["enabled"].as_bool().unwrap_or(false))
    }

    /// The agent string of ai-mode.
    pub fn agent(&self) -> Option<String> {
        let text = fs::read_to_string(self.path("home/.aliyun/ai-mode.json")).ok()?;
        let state: Value = serde_json::from_str(&text).ok()?;
        state["user_agent"].as_str().map(str::to_owned)
    }

    /// Sets ai-mode without alimsg, as after a crashed run or by another program.
    pub fn set_ai_mode(&self, enabled: bool, agent: &str) -> &Self {
        let state = json!({ "enabled": enabled, "user_agent": agent });
        fs::create_dir_all(self.path("home/.aliyun")).expect("the CLI's folder");
        write_atomically(&self.path("home/.aliyun/ai-mode.json"), &state.to_string());
        self
    }

    /// Asserts that ai-mode was switched off between any two runs of the command.
    #[track_caller]
    pub fn assert_off_between(&self, command: &str) {
        let commands = self.commands();
        let between = commands.split(|name| name == command).collect::<Vec<_>>();
        assert!(between.len() > 2, "{command} was not run twice: {commands:?}");
        for pause in &between[1..between.len() - 1] {
            assert!(pause.iter().any(|name| name == "ai-mode disable"), "{commands:?}");
        }
    }

    /// Waits until no process of this world is running: no `aliyun`, no alimsg, no watchdog.
    #[track_caller]
    pub fn wait_for_quiet(&self) {
        self.wait_until("all processes have exited", || {
            self.running().is_empty() && !self.processes().iter().any(Invocation::is_running)
        });
    }

    /// Asserts the state after every run: ai-mode is off, there are no violations, and no process of
    /// `aliyun` or alimsg is running (with a grace period of 5 seconds).
    #[track_caller]
    pub fn assert_clean(&self) {
        assert_ne!(self.ai_mode(), Some(true), "ai-mode is still on after {:?}", self.commands());
        let violations = self.violations();
        assert!(violations.is_empty(), "violations: {violations:#?}");
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let invocations: Vec<Invocation> =
                self.processes().into_iter().filter(|invocation| invocation.is_running()).collect();
            let running = self.running();
            if invocations.is_empty() && running.is_empty() {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "processes are still running: {invocations:#?} {running:#?}"
            );
            thread::sleep(STEP);
        }
    }

    /// Waits until the condition holds; `what` describes it in the failure message.
    #[track_caller]
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds() {
            assert!(
                Instant::now() < deadline,
                "timeout: {what}; commands so far: {:?}",
                self.commands()
            );
            thread::sleep(STEP);
        }
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

/// Replaces a file atomically, since processes may be reading it.
fn write_atomically(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, text).expect("a file of the world");
    fs::rename(&draft, path).expect("a file of the world");
}
