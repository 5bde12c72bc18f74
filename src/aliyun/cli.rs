//! The `aliyun` that is driven: the real one, or this program playing it in the sandbox.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::api::account::{IGNORE_PROFILE, PREFIXES};
use crate::error::{Failure, Result};
use crate::os::process::{self, Launch, Output, SpawnOptions};
use crate::os::role;
use crate::settings::{Credentials, Settings};
use crate::storage::folder;

/// Makes every child install a missing plugin by itself, and writes nothing.
const AUTO_INSTALL: &str = "ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL";
/// A number of retries that plugins would apply to sends too.
const RETRY_COUNT: &str = "ALIBABA_CLOUD_RETRY_COUNT";
/// From 3.4.0 on a call is repeated, whatever the number of retries, when an error of the service
/// names a time after which to come back. That says nothing about what became of a send. `false`
/// wins over the file with the same setting.
const THROTTLING_RETRY: &str = "ALIBABA_CLOUD_THROTTLING_RETRY_ENABLED";

/// Where `aliyun` is and what its processes are given. Serialised for the watchdog.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AliyunCli {
    pub program: PathBuf,
    /// How people are shown the program: as they would type it.
    pub shown: String,
    /// Where the CLI keeps `config.json` and `ai-mode.json`.
    pub config_folder: PathBuf,
    pub environment: Vec<(String, String)>,
    /// Variables of this process that they are not to see.
    pub hidden: Vec<String>,
    /// The limit for one process.
    pub limit: Duration,
}

impl AliyunCli {
    /// How the program is shown where it need not exist: on a dry run.
    pub fn shown_name(settings: &Settings) -> String {
        match &settings.aliyun {
            Some(path) if !settings.sandbox => path.display().to_string(),
            _ => "aliyun".to_string(),
        }
    }

    /// Finds the `aliyun` to use.
    ///
    /// # Errors
    /// [`Kind::Environment`](crate::error::Kind::Environment) if there is none.
    pub fn find(settings: &Settings) -> Result<Self> {
        let shown = Self::shown_name(settings);
        let mut environment = vec![
            (AUTO_INSTALL.to_string(), "true".to_string()),
            (THROTTLING_RETRY.to_string(), "false".to_string()),
        ];
        if settings.credentials == Credentials::Env {
            environment.push((IGNORE_PROFILE.to_string(), "TRUE".to_string()));
        }
        let mut hidden = vec![RETRY_COUNT.to_string()];
        let (program, config_folder) = if settings.sandbox {
            // The accounts of the user play no part in a rehearsal.
            let of_the_cli = |name: &String| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
            let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
            hidden.extend(names.filter(of_the_cli));
            let folder = folder::sandbox_folder()?;
            environment.push((role::VARIABLE.to_string(), role::ALIYUN.to_string()));
            environment.push((role::SANDBOX_FOLDER.to_string(), folder.display().to_string()));
            let this = std::env::current_exe()
                .map_err(|error| Failure::internal(format!("cannot find this program: {error}")))?;
            (this, folder.join(".aliyun"))
        } else {
            (find_program(settings.aliyun.as_deref())?, config_folder())
        };
        let limit = settings.timeout;
        Ok(Self { program, shown, config_folder, environment, hidden, limit })
    }

    /// Runs one command of `aliyun`.
    ///
    /// # Errors
    /// Only if the process could not be started: nothing has happened then.
    pub fn run(&self, arguments: &[String], options: &SpawnOptions<'_>) -> io::Result<Output> {
        process::run(&Launch {
            program: &self.program,
            args: arguments,
            set_env: &self.environment,
            remove_env: &self.hidden,
            limit: self.limit,
            options,
        })
    }
}

/// `$HOME/.aliyun`, as the CLI itself has it; it knows no variable of its own for that. Without a
/// home it writes to `/.aliyun`.
fn config_folder() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let home = if cfg!(windows) {
        let divided = set("HOMEDRIVE").zip(set("HOMEPATH"));
        divided
            .map(|(drive, path)| [drive, path].into_iter().collect())
            .or_else(|| set("USERPROFILE"))
    } else {
        set("HOME")
    };
    PathBuf::from(home.unwrap_or_else(|| "/".into())).join(".aliyun")
}

fn find_program(given: Option<&Path>) -> Result<PathBuf> {
    let name = given.unwrap_or_else(|| Path::new("aliyun"));
    let found = which::which(name).ok().and_then(|path| std::path::absolute(path).ok());
    found.ok_or_else(|| match given {
        Some(path) => Failure::environment(format!("{} is no program", path.display()))
            .hint("--aliyun takes the path of the aliyun program"),
        None => Failure::environment("aliyun is not installed: it is not in PATH")
            .hint(format!("install it: {}", install_command()))
            .next("alimsg --sandbox sms send --help"),
    })
}

/// How to install `aliyun` on this system.
pub fn install_command() -> &'static str {
    if cfg!(target_os = "macos") {
        "brew install aliyun-cli"
    } else if cfg!(windows) {
        "see https://help.aliyun.com/document_detail/121510.html"
    } else {
        "/bin/bash -c \"$(curl -fsSL https://aliyuncli.alicdn.com/install.sh)\""
    }
}
