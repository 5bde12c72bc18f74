//! The `aliyun` that is driven: the real one, or this program playing it in the sandbox.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::account::{IGNORE_PROFILE, PREFIXES};
use crate::error::{Failure, Result};
use crate::os::process::{self, Launch, Output, SpawnOptions};
use crate::os::{role, system};
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
/// Moves the folder of the plugins.
const PLUGINS_FOLDER: &str = "ALIBABA_CLOUD_CLI_PLUGINS_DIR";
/// The CLI's folder in the home of a user.
const CONFIG_FOLDER: &str = ".aliyun";

/// Where `aliyun` is and what its processes are given. Serialised for the watchdog.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AliyunCli {
    pub program: PathBuf,
    /// How people are shown the program: as they would type it.
    pub shown: String,
    /// Where the CLI keeps `config.json` and `ai-mode.json`.
    pub config_folder: PathBuf,
    /// Where the CLI keeps its plugins and the list of them.
    plugins_folder: PathBuf,
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
        let config_folder = config_folder(settings.sandbox)?;
        let mut plugins_folder = config_folder.join("plugins");
        let program = if settings.sandbox {
            // The accounts of the user play no part in a rehearsal.
            let of_the_cli = |name: &String| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
            let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
            hidden.extend(names.filter(of_the_cli));
            let folder = folder::sandbox_folder()?;
            environment.push((role::VARIABLE.to_string(), role::ALIYUN.to_string()));
            environment.push((role::SANDBOX_FOLDER.to_string(), folder.display().to_string()));
            std::env::current_exe()
                .map_err(|error| Failure::internal(format!("cannot find this program: {error}")))?
        } else {
            if let Some(folder) = set(PLUGINS_FOLDER) {
                plugins_folder = folder.into();
            }
            find_program(settings.aliyun.as_deref())?
        };
        let limit = settings.timeout;
        Ok(Self { program, shown, config_folder, plugins_folder, environment, hidden, limit })
    }

    /// Whether the CLI lists this plugin although the plugin's folder is gone: calls fail then, and
    /// the CLI does not install it again by itself. A list that cannot be read proves nothing.
    pub fn lacks_folder_of(&self, plugin: &str) -> bool {
        let list = system::read_regular_file(&self.plugins_folder.join("manifest.json"));
        let list: Option<Value> = list.ok().and_then(|text| serde_json::from_slice(&text).ok());
        list.as_ref()
            .and_then(|list| list["plugins"][plugin]["path"].as_str())
            .map(Path::new)
            .is_some_and(|folder| folder.is_absolute() && !folder.is_dir())
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

/// The folder in which the CLI keeps `config.json` and `ai-mode.json`: `$HOME/.aliyun`. It has no
/// variable of its own for that. In the sandbox it lies in the state folder.
///
/// # Errors
/// `HOME` is not set, so the CLI would not find its configuration and plugins either.
pub fn config_folder(sandbox: bool) -> Result<PathBuf> {
    if sandbox {
        return Ok(folder::sandbox_folder()?.join(CONFIG_FOLDER));
    }
    let home = if cfg!(windows) {
        let divided = set("HOMEDRIVE").zip(set("HOMEPATH"));
        divided
            .map(|(drive, path)| [drive, path].into_iter().collect())
            .or_else(|| set("USERPROFILE"))
    } else {
        set("HOME")
    };
    let home = home.map(PathBuf::from).filter(|home| home.is_absolute()).ok_or_else(|| {
        Failure::environment(
            "HOME is not set to an absolute path, so the configuration of aliyun cannot be found",
        )
        .hint("set HOME to the home folder of the user that configured aliyun, then try again")
    })?;
    Ok(home.join(CONFIG_FOLDER))
}

fn set(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn find_program(given: Option<&Path>) -> Result<PathBuf> {
    let name = given.unwrap_or_else(|| Path::new("aliyun"));
    // An empty or relative entry of PATH means the current folder: a program that someone put
    // there must not be run with the user's credentials.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let trusted = std::env::split_paths(&path).filter(|entry| entry.is_absolute());
    // An empty list would mean the current folder as well.
    let trusted = std::env::join_paths(trusted).ok().filter(|list| !list.is_empty());
    let current = std::env::current_dir().unwrap_or_default();
    let found = which::which_in(name, trusted, current).ok();
    found.and_then(|path| std::path::absolute(path).ok()).ok_or_else(|| match given {
        Some(path) => {
            Failure::environment(format!("--aliyun {}: there is no such program", path.display()))
                .hint("--aliyun takes the path of the aliyun program")
        }
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
