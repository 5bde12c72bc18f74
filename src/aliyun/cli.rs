//! The `aliyun` program: the real one, or this program in that role in the sandbox.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::account::{IGNORE_PROFILE, PREFIXES};
use crate::error::{Failure, Result};
use crate::os::process::{self, Launch, Output, SpawnOptions};
use crate::os::{role, system};
use crate::settings::{Credentials, Settings, StoreUrl};
use crate::storage::folder;

/// Makes the CLI install a missing plugin without a prompt, without changing its configuration.
const AUTO_INSTALL: &str = "ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL";
/// The number of retries, which plugins would also apply to sends.
const RETRY_COUNT: &str = "ALIBABA_CLOUD_RETRY_COUNT";
/// Since 3.4.0 the CLI repeats a call after an error with a retry time, regardless of the number of
/// retries. The error does not prove that a send failed, so this is disabled. `false` takes
/// precedence over the same setting in the configuration file.
const THROTTLING_RETRY: &str = "ALIBABA_CLOUD_THROTTLING_RETRY_ENABLED";
/// The variable with the folder of the plugins.
const PLUGINS_FOLDER: &str = "ALIBABA_CLOUD_CLI_PLUGINS_DIR";
/// The CLI's folder in the home folder of the user.
const CONFIG_FOLDER: &str = ".aliyun";

/// How to run `aliyun`: program, environment and limits. Serialised for the watchdog.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AliyunCli {
    pub program: PathBuf,
    /// The program as the user would type it.
    pub shown: String,
    /// The folder with `config.json` and `ai-mode.json`.
    pub config_folder: PathBuf,
    /// The folder with the plugins and their manifest.
    plugins_folder: PathBuf,
    pub environment: Vec<(String, String)>,
    /// Variables of this process that are removed for the child.
    pub hidden: Vec<String>,
    /// The time limit for one process.
    pub limit: Duration,
}

impl AliyunCli {
    /// The program as the user would type it; it need not exist.
    pub fn shown_name(settings: &Settings) -> String {
        match &settings.aliyun {
            Some(path) if !settings.sandbox => path.display().to_string(),
            _ => "aliyun".to_string(),
        }
    }

    /// Finds the `aliyun` to use.
    ///
    /// # Errors
    /// [`Kind::Environment`](crate::error::Kind::Environment) if it is not found, or if `HOME` is
    /// not set.
    pub fn find(settings: &Settings) -> Result<Self> {
        let shown = Self::shown_name(settings);
        let mut environment = variables(settings.account_credentials());
        let hidden = Self::hidden_variables(settings);
        let config_folder = config_folder(settings.sandbox)?;
        let mut plugins_folder = config_folder.join("plugins");
        let program = if settings.sandbox {
            let folder = folder::sandbox_folder()?;
            environment.push((role::VARIABLE.to_string(), role::ALIYUN.to_string()));
            environment.push((role::SANDBOX_FOLDER.to_string(), folder.display().to_string()));
            std::env::current_exe()
                .map_err(|error| Failure::internal(format!("cannot find this program: {error}")))?
        } else {
            if let Some(folder) = non_empty_variable(PLUGINS_FOLDER) {
                plugins_folder = folder.into();
            }
            find_program(settings.aliyun.as_deref())?
        };
        let limit = settings.timeout;
        Ok(Self { program, shown, config_folder, plugins_folder, environment, hidden, limit })
    }

    /// The variables of this process that its children do not get.
    pub fn hidden_variables(settings: &Settings) -> Vec<String> {
        let mut hidden = [RETRY_COUNT, StoreUrl::VARIABLE, "PGPASSWORD"].map(String::from).to_vec();
        if settings.sandbox {
            // The sandbox must not use the user's accounts.
            let is_cli_variable =
                |name: &String| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
            let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
            hidden.extend(names.filter(is_cli_variable));
        }
        hidden
    }

    /// The variables that the processes of a run would get, for a dry run: see
    /// [`Self::shown_environment`]. They are those of the real `aliyun`, also in the sandbox.
    pub fn planned_environment(settings: &Settings) -> Map<String, Value> {
        shown(&variables(settings.credentials))
    }

    /// The variables that change what a command of `aliyun` does, as the user would type them;
    /// `null` for a variable that is removed.
    pub fn shown_environment(&self) -> Map<String, Value> {
        shown(&self.environment)
    }

    /// The entry of a plugin in the manifest of the CLI; `None` if the manifest cannot be read.
    fn manifest_entry(&self, plugin: &str) -> Option<Value> {
        let manifest = system::read_regular_file(&self.manifest()).ok()?;
        let mut manifest: Value = serde_json::from_slice(&manifest).ok()?;
        Some(manifest["plugins"][plugin].take())
    }

    /// The list of the installed plugins.
    pub fn manifest(&self) -> PathBuf {
        self.plugins_folder.join("manifest.json")
    }

    /// The folder of an installed plugin, unless the manifest has another path.
    pub fn plugin_folder(&self, plugin: &str) -> PathBuf {
        self.plugins_folder.join(plugin)
    }

    /// Whether the manifest lists the plugin although its folder is missing. Calls then fail, and
    /// the CLI does not reinstall the plugin by itself. False if the manifest cannot be read.
    pub fn lacks_folder_of(&self, plugin: &str) -> bool {
        let entry = self.manifest_entry(plugin);
        let path = entry.as_ref().and_then(|entry| entry["path"].as_str()).map(Path::new);
        path.is_some_and(|folder| folder.is_absolute() && !folder.is_dir())
    }

    /// The installed version of a plugin, if the manifest has it.
    pub fn plugin_version(&self, plugin: &str) -> Option<String> {
        self.manifest_entry(plugin)?["version"].as_str().map(ToString::to_string)
    }

    /// Runs one command of `aliyun`.
    ///
    /// # Errors
    /// The process could not be started, so it had no effect.
    pub fn run(&self, arguments: &[String], options: &SpawnOptions<'_>) -> io::Result<Output> {
        process::run(&self.launch(arguments, self.limit, options))
    }

    /// As [`Self::run`], for a command that must not be killed: after `limit` it is left running.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_or_leave(
        &self,
        arguments: &[String],
        limit: Duration,
        options: &SpawnOptions<'_>,
    ) -> io::Result<Output> {
        process::run_or_leave(&self.launch(arguments, limit, options))
    }

    fn launch<'a>(
        &'a self,
        args: &'a [String],
        limit: Duration,
        options: &'a SpawnOptions<'a>,
    ) -> Launch<'a> {
        let (set_env, remove_env) = (&self.environment, &self.hidden);
        Launch { program: &self.program, args, set_env, remove_env, limit, options }
    }
}

/// The variables that every process of `aliyun` gets.
fn variables(credentials: Credentials) -> Vec<(String, String)> {
    let ignore_profile = (credentials == Credentials::Env).then_some((IGNORE_PROFILE, "TRUE"));
    let always = [(AUTO_INSTALL, "true"), (THROTTLING_RETRY, "false")];
    let variables = ignore_profile.into_iter().chain(always);
    variables.map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn shown(environment: &[(String, String)]) -> Map<String, Value> {
    let removed = std::env::var_os(RETRY_COUNT).map(|_| (RETRY_COUNT.to_string(), Value::Null));
    let is_of_aliyun = |(name, _): &&(String, String)| name.starts_with("ALIBABA_CLOUD_");
    let set = environment.iter().filter(is_of_aliyun);
    removed
        .into_iter()
        .chain(set.map(|(name, value)| (name.clone(), Value::from(value.as_str()))))
        .collect()
}

/// The folder with the CLI's `config.json` and `ai-mode.json`: `$HOME/.aliyun`, which no variable
/// can change. In the sandbox it is in the state folder.
///
/// # Errors
/// `HOME` is not set to an absolute path. The CLI could not find its configuration either.
pub fn config_folder(sandbox: bool) -> Result<PathBuf> {
    if sandbox {
        return Ok(folder::sandbox_folder()?.join(CONFIG_FOLDER));
    }
    let home = if cfg!(windows) {
        let home = non_empty_variable("HOMEDRIVE").zip(non_empty_variable("HOMEPATH"));
        home.map(|(drive, path)| [drive, path].into_iter().collect())
            .or_else(|| non_empty_variable("USERPROFILE"))
    } else {
        non_empty_variable("HOME")
    };
    let home = home.map(PathBuf::from).filter(|home| home.is_absolute()).ok_or_else(|| {
        Failure::environment(
            "HOME is not set to an absolute path, so the configuration of aliyun cannot be found",
        )
        .hint("set HOME to the home folder of the user who configured aliyun, then try again")
    })?;
    Ok(home.join(CONFIG_FOLDER))
}

fn non_empty_variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn find_program(given: Option<&Path>) -> Result<PathBuf> {
    let name = given.unwrap_or_else(|| Path::new("aliyun"));
    // Empty and relative entries of PATH refer to the current folder. A program that someone put
    // there must not run with the user's credentials.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let trusted = std::env::split_paths(&path).filter(|entry| entry.is_absolute());
    // An empty list would also mean the current folder.
    let trusted = std::env::join_paths(trusted).ok().filter(|list| !list.is_empty());
    let current = std::env::current_dir().unwrap_or_default();
    let program = which::which_in(name, trusted, current).ok();
    program.and_then(|path| std::path::absolute(path).ok()).ok_or_else(|| match given {
        Some(path) => {
            Failure::environment(format!("--aliyun {}: program not found", path.display()))
                .hint("--aliyun takes the path or name of the aliyun program")
        }
        None => Failure::environment("aliyun is not installed: not found in PATH")
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
