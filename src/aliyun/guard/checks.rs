//! The checks of steps 1, 3 and 4: one command each, and what its output proves.

use std::fs::File;

use crate::aliyun::cli::{AliyunCli, install_command};
use crate::aliyun::guard::steps::{self, Step};
use crate::api::account::Profile;
use crate::api::call::shell_line;
use crate::api::operations::Product;
use crate::api::reply;
use crate::error::{Failure, Kind, Result};
use crate::os::process::Output;

/// Runs one command of `aliyun`, which inherits the locked files.
pub type Run<'a> = dyn Fn(&[String], [Option<&File>; 2]) -> Result<Output> + 'a;

/// Runs the checks for one product, in the foreground or after a run.
pub struct Checks<'a> {
    pub cli: &'a AliyunCli,
    pub product: Product,
    pub run: &'a Run<'a>,
}

impl Checks<'_> {
    /// Step 1.
    pub fn check_version(&self) -> Result<()> {
        let output = self.command(Step::CheckVersion, [None; 2])?;
        let text = String::from_utf8_lossy(&output.stdout);
        let version = text
            .split_whitespace()
            .find_map(|word| semver::Version::parse(word.strip_prefix('v').unwrap_or(word)).ok());
        let upgrade = format!("upgrade it: {}", install_command());
        match version {
            Some(version) if version >= steps::OLDEST_VERSION => Ok(()),
            Some(version) => Err(Failure::environment(format!(
                "aliyun {version} is too old: {} or later is needed",
                steps::OLDEST_VERSION
            ))
            .hint(upgrade)),
            None => Err(Failure::environment(format!(
                "{} did not print its version: {}",
                self.cli.shown,
                reply::describe_failure(&output)
            ))
            .hint(format!("check it with `{} version`, or {upgrade}", self.cli.shown))),
        }
    }

    /// Step 3: whether the plugin is listed and its folder exists.
    pub fn is_plugin_installed(&self) -> Result<bool> {
        let plugin = self.product.plugin();
        let output = self.command(Step::ListPlugins, [None; 2])?;
        let text = String::from_utf8_lossy(&output.stdout);
        let is_listed = text.lines().any(|row| row.split_whitespace().next() == Some(plugin));
        Ok(is_listed && !self.cli.lacks_folder_of(plugin))
    }

    /// Fetches the profiles for step 4; [`crate::api::account::resolve`] chooses the account.
    pub fn list_profiles(&self, is_configured: bool) -> Result<Vec<Profile>> {
        let output = self.command(Step::ListProfiles, [None; 2])?;
        match reply::failure_message(&output) {
            // Without a configuration the CLI fails here, even if there are exported credentials.
            Some(failure_message) if is_configured => Err(self.unreadable(&failure_message)),
            _ => Ok(Profile::parse_table(&String::from_utf8_lossy(&output.stdout))),
        }
    }

    /// Runs the command of a step.
    pub fn command(&self, step: Step, hold: [Option<&File>; 2]) -> Result<Output> {
        let output = (self.run)(&step.arguments(self.product), hold)?;
        match reply::failure_message(&output) {
            // Every command ends this way if the configuration cannot be read.
            Some(failure_message)
                if output.succeeded() && reply::is_configuration_error(&output) =>
            {
                Err(self.unreadable(&failure_message))
            }
            _ => Ok(output),
        }
    }

    /// The failure if the CLI cannot read its configuration.
    fn unreadable(&self, failure_message: &str) -> Box<Failure> {
        Failure::new(
            Kind::Credentials,
            format!("aliyun cannot read its profiles: {failure_message}"),
        )
        .hint("config.json in the configuration folder of aliyun is damaged or incomplete")
        .next(shell_line(&self.cli.shown, &["configure", "list"]))
    }
}
