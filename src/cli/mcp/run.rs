//! Runs commands as child processes with the settings that were fixed when the server started.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use clap::Command;
use serde_json::Value;

use crate::aliyun::cli::AliyunCli;
use crate::cli::mcp::arguments::Arguments;
use crate::error::{Failure, Result};
use crate::os::process::{self, Launch, SpawnOptions};
use crate::os::{role, signals};
use crate::output::failure_object;
use crate::settings::config::UserFile;
use crate::settings::{PlanUse, Settings, StoreUrl};

/// A child is never killed: it may be sending. Its own processes have a time limit.
const NO_LIMIT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long the server waits for children that send or change something after its client has
/// disconnected. They go on without the server.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(5 * 60);

/// What a child may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// It only reads.
    Read,
    /// It prints its plan and stops before the confirmation.
    Plan,
    /// It acts if its plan has this digest: a person has agreed to that plan.
    Agreed(String),
}

/// Runs commands and counts those that send or change something.
pub struct Runner {
    program: PathBuf,
    set_env: Vec<(String, String)>,
    remove_env: Vec<String>,
    settings: Settings,
    at_start: Fixed,
    acting: Mutex<usize>,
    ended: Condvar,
}

impl Runner {
    /// The settings become variables of the children. Other variables of global flags are removed,
    /// so that they cannot change the output.
    ///
    /// # Errors
    /// The path of this program is unknown.
    pub fn new(settings: &Settings, tree: &Command) -> Result<Self> {
        let program = std::env::current_exe().map_err(|error| {
            Failure::environment(format!("the path of this program is unknown: {error}"))
        })?;
        let globals = tree.get_arguments().filter_map(clap::Arg::get_env);
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
        let settings = settings.clone();
        let at_start = Fixed::now(&program, &settings);
        let (acting, ended) = (Mutex::new(0), Condvar::new());
        Ok(Self { program, set_env, remove_env, settings, at_start, acting, ended })
    }

    /// Runs a command to its end and returns its JSON object. Blocks.
    pub fn run(&self, arguments: &Arguments, mode: &Mode) -> Value {
        let Arguments { words, files } = arguments;
        let _acting = matches!(mode, Mode::Agreed(_)).then(|| Acting::new(self));
        let result = self.run_child(words, files.variable(), mode);
        let result = result.and_then(|result| files.settle(result));
        result.unwrap_or_else(|failure| self.failed(&name(words), failure))
    }

    fn run_child(&self, words: &[String], files: String, mode: &Mode) -> Result<Value> {
        if let Some(changed) = self.at_start.changed(&Fixed::now(&self.program, &self.settings)) {
            return Err(Failure::usage(format!("{changed} has changed since the server started"))
                .hint("a person has to check the change and restart the server"));
        }
        let mut arguments: Vec<String> = vec!["--json".into(), "--no-input".into()];
        let plan = match mode {
            Mode::Read => None,
            Mode::Plan => Some(PlanUse::SHOW),
            Mode::Agreed(digest) => {
                arguments.push("--yes".into());
                Some(digest.as_str())
            }
        };
        arguments.extend_from_slice(words);
        let mut set_env = self.set_env.clone();
        set_env.push((role::FILES.to_string(), files));
        set_env.extend(plan.map(|plan| (role::PLAN.to_string(), plan.to_string())));
        let output = process::run(&Launch {
            program: &self.program,
            args: &arguments,
            set_env: &set_env,
            remove_env: &self.remove_env,
            limit: NO_LIMIT,
            options: &SpawnOptions::default(),
        });
        let output = output.map_err(|error| {
            Failure::environment(format!("the command cannot be started: {error}"))
        })?;
        serde_json::from_slice(&output.stdout).map_err(|_| {
            let message = "the command ended without a result";
            match mode {
                Mode::Read | Mode::Plan => Failure::internal(message),
                Mode::Agreed(_) => Failure::unknown_outcome(message)
                    .hint("do not repeat it before you have looked for its receipt"),
            }
        })
    }

    /// A failure of the server itself, in the form of a command's result.
    pub fn failed(&self, command: &str, failure: Box<Failure>) -> Value {
        failure_object(command, failure, self.settings.sandbox)
    }

    /// Blocks until no child sends or changes anything, at most [`SHUTDOWN_LIMIT`]; a second signal
    /// ends the wait. In a container, the children end with the server. Returns whether none is left.
    pub fn wait_until_idle(&self) -> bool {
        const PAUSE: Duration = Duration::from_millis(100);
        let deadline = Instant::now() + SHUTDOWN_LIMIT;
        let mut acting = self.acting.lock().unwrap_or_else(PoisonError::into_inner);
        while *acting > 0 && Instant::now() < deadline && signals::count() < 2 {
            let waited = self.ended.wait_timeout(acting, PAUSE);
            acting = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *acting == 0
    }
}

/// Counts a child while it sends or changes something.
struct Acting<'r>(&'r Runner);

impl<'r> Acting<'r> {
    fn new(runner: &'r Runner) -> Self {
        *runner.acting.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self(runner)
    }
}

impl Drop for Acting<'_> {
    fn drop(&mut self) {
        *self.0.acting.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.ended.notify_all();
    }
}

/// What decides how messages are sent. It must be the same for every command of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fixed {
    /// Length and time of change of this program.
    program: Option<(u64, SystemTime)>,
    /// The content of the user's configuration. The one of the machine belongs to its
    /// administrator and always applies.
    configuration: Option<Vec<u8>>,
    aliyun: Option<PathBuf>,
}

impl Fixed {
    fn now(program: &std::path::Path, settings: &Settings) -> Self {
        let metadata = std::fs::metadata(program).ok();
        let user = UserFile::locate();
        let find = || AliyunCli::find(settings).ok().map(|cli| cli.program);
        Self {
            program: metadata.and_then(|file| Some((file.len(), file.modified().ok()?))),
            configuration: user.and_then(|user| std::fs::read(user.path).ok()),
            aliyun: if settings.sandbox { None } else { find() },
        }
    }

    /// What has changed. An `aliyun` that was missing can be installed.
    fn changed(&self, now: &Self) -> Option<&'static str> {
        match () {
            () if self.program != now.program => Some("alimsg itself"),
            () if self.configuration != now.configuration => Some("the configuration"),
            () if self.aliyun.is_some() && self.aliyun != now.aliyun => Some("the path of aliyun"),
            () => None,
        }
    }
}

/// The words of a command without its flags.
fn name(words: &[String]) -> String {
    let is_word = |word: &&String| !word.starts_with('-');
    words.iter().take_while(is_word).cloned().collect::<Vec<_>>().join(" ")
}
