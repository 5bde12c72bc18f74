//! What happened in a world: the records of the stand-in, the running processes and ai-mode.

use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::Value;

use super::process_table::processes_with;
use super::{Invocation, Process, WAIT_TIMEOUT, World, invocations};

const POLL_INTERVAL: Duration = Duration::from_millis(5);

impl World {
    /// All running processes of this world, including alimsg and its watchdogs.
    pub fn running(&self) -> Vec<Process> {
        processes_with(&format!("STAND_IN_DIR={}", self.path("stand_in").display()))
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

    /// How often this command was run; the name as in [`Self::commands`].
    pub fn count(&self, command: &str) -> usize {
        self.commands().iter().filter(|name| *name == command).count()
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

    /// Deletes the record of sent messages, so that equal ones are not refused.
    pub fn forget_messages(&self) {
        let path = self.path("state/store.sqlite3");
        if path.exists() {
            let store = rusqlite::Connection::open(path).expect("the store");
            store.execute_batch("DELETE FROM messages; DELETE FROM keys").expect("changed");
        }
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

    /// Asserts the state after every run: ai-mode is off, there are no violations, and all processes
    /// of `aliyun` and alimsg end.
    #[track_caller]
    pub fn assert_clean(&self) {
        self.assert_clean_within(WAIT_TIMEOUT);
    }

    /// As [`Self::assert_clean`], with another limit for the end of the processes.
    #[track_caller]
    pub fn assert_clean_within(&self, limit: Duration) {
        assert_ne!(self.ai_mode(), Some(true), "ai-mode is still on after {:?}", self.commands());
        let violations = self.violations();
        assert!(violations.is_empty(), "violations: {violations:#?}");
        let deadline = Instant::now() + limit;
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
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Waits until the condition holds; `what` describes it in the failure message.
    #[track_caller]
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        while !holds() {
            assert!(
                Instant::now() < deadline,
                "timeout: {what}; commands so far: {:?}",
                self.commands()
            );
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Waits until a call of this command has started: `dysmsapi send-sms`.
    #[track_caller]
    pub fn wait_for_command(&self, command: &str) {
        self.wait_until(command, || self.count(command) > 0);
    }
}
