//! Runs commands as child processes with the settings that were fixed when the server started.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use clap::Command;
use serde_json::{Map, Value, json};

use crate::error::{Failure, Outcome, Result};
use crate::os::process::{self, Launch, SpawnOptions};
use crate::settings::{Settings, StoreUrl};

/// A child is never killed: it may be sending. Its own processes have a time limit.
const NO_LIMIT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What a child may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It only reads.
    Read,
    /// It prints its plan and stops before the confirmation.
    Plan,
    /// A person has agreed to its plan.
    Confirmed,
}

/// Runs commands and counts those that are running.
pub struct Runner {
    program: PathBuf,
    set_env: Vec<(String, String)>,
    remove_env: Vec<String>,
    running: Mutex<usize>,
    ended: Condvar,
}

impl Runner {
    /// The settings become variables of the children. Other variables of global flags are removed,
    /// so that they cannot change the output.
    ///
    /// # Errors
    /// The path of this program is unknown.
    pub fn new(settings: &Settings, program: &Command) -> Result<Self> {
        let path = std::env::current_exe().map_err(|error| {
            Failure::environment(format!("the path of this program is unknown: {error}"))
        })?;
        let globals = program.get_arguments().filter_map(clap::Arg::get_env);
        let remove_env = globals.map(|name| name.to_string_lossy().into_owned()).collect();
        let text = |name: &str, value: &str| (name.to_string(), value.to_string());
        let mut set_env = vec![
            text("ALIMSG_CREDENTIALS", settings.credentials.name()),
            text("ALIMSG_AI_MODE", settings.ai_mode.name()),
            text("ALIMSG_TIMEOUT", &settings.timeout.as_secs().to_string()),
            text("ALIMSG_SANDBOX", &settings.sandbox.to_string()),
            text("ALIMSG_EPHEMERAL_STATE", &settings.ephemeral_state.to_string()),
        ];
        let aliyun = settings.aliyun.as_ref().map(|path| path.display().to_string());
        let store = settings.store.as_ref().map(|store| store.as_str().to_string());
        for (name, value) in [
            ("ALIMSG_PROFILE", &settings.profile),
            ("ALIMSG_REGION", &settings.region),
            ("ALIMSG_ALIYUN", &aliyun),
            (StoreUrl::VARIABLE, &store),
        ] {
            set_env.extend(value.iter().map(|value| text(name, value)));
        }
        let (running, ended) = (Mutex::new(0), Condvar::new());
        Ok(Self { program: path, set_env, remove_env, running, ended })
    }

    /// Runs a command to its end and returns its JSON object. Blocks.
    pub fn run(&self, words: &[String], mode: Mode) -> Value {
        let mut arguments: Vec<String> = vec!["--json".into(), "--no-input".into()];
        match mode {
            Mode::Read => {}
            Mode::Plan => arguments.push("--plan-only".into()),
            Mode::Confirmed => arguments.push("--yes".into()),
        }
        arguments.extend_from_slice(words);
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let output = process::run(&Launch {
            program: &self.program,
            args: &arguments,
            set_env: &self.set_env,
            remove_env: &self.remove_env,
            limit: NO_LIMIT,
            options: &SpawnOptions::default(),
        });
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.ended.notify_all();
        let output = match output {
            Ok(output) => output,
            Err(error) => {
                let message = format!("the command cannot be started: {error}");
                return failed(&words_of(words), &Failure::environment(message));
            }
        };
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
            let mut failure = Failure::internal("the command ended without a result");
            if mode == Mode::Confirmed {
                failure = Failure::unknown_outcome("the command ended without a result")
                    .hint("do not repeat it; look for a receipt first");
            }
            failed(&words_of(words), &failure)
        })
    }

    /// Blocks until no child is running.
    pub fn wait_until_idle(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while *running > 0 {
            running = self.ended.wait(running).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The words of a command without its flags, for its name in the result.
fn words_of(words: &[String]) -> String {
    let is_word = |word: &&String| !word.starts_with('-');
    words.iter().take_while(is_word).cloned().collect::<Vec<_>>().join(" ")
}

/// A failure of the server itself, in the form of a command's result.
pub fn failed(command: &str, failure: &Failure) -> Value {
    let mut envelope = Map::new();
    envelope.insert("schema".into(), json!(1));
    envelope.insert("ok".into(), json!(false));
    envelope.insert("command".into(), json!(command));
    envelope.insert("error".into(), json!(failure));
    debug_assert!(matches!(failure.outcome, Outcome::NotSent | Outcome::Unknown));
    Value::Object(envelope)
}
