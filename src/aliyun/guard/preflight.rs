//! Steps 1 to 4: the checks before the first call.

use std::fs::File;

use crate::aliyun::cli::{AliyunCli, install_command};
use crate::aliyun::guard::ai_mode::AiMode;
use crate::aliyun::guard::preflight_cache::{Identity, PreflightCache};
use crate::aliyun::guard::run_step;
use crate::aliyun::guard::steps::{self, Step};
use crate::aliyun::guard::unusable::lock_failure;
use crate::api::account::{EnvCredentials, Profile};
use crate::api::operations::Product;
use crate::api::reply;
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::os::process::{Output, Termination};
use crate::settings::AiModeMethod;
use crate::storage::lock::LockError;

/// Runs the checks that the cache does not prove.
pub struct Preflight<'a> {
    pub context: &'a Context,
    pub cli: &'a AliyunCli,
    pub product: Product,
    pub env_credentials: &'a EnvCredentials,
}

impl Preflight<'_> {
    /// Returns the proofs, from the cache of an earlier run or from checks made now.
    ///
    /// # Errors
    /// `aliyun` is too old, its plugin cannot be installed or its profiles cannot be read.
    pub fn cache(&self) -> Result<PreflightCache> {
        if let Some(cache) = PreflightCache::load(self.cli).filter(|cache| self.is_enough(cache)) {
            return Ok(cache);
        }
        let lock = AiMode::with_screen(self.cli, &self.context.screen)
            .lock_preflight(self.context.settings.ai_mode)
            .map_err(lock_failure)?;
        // The previous holder of the lock may have proven everything already.
        let mut cache = PreflightCache::load(self.cli);
        let mut is_installed = None;
        for step in steps::PREFLIGHT {
            match (step, &mut cache) {
                (Step::CheckVersion, None) => self.check_version()?,
                (Step::SetAutoInstall, None) => {
                    self.set_auto_install()?;
                    cache = Some(PreflightCache::new(Identity::now(self.cli)));
                }
                (Step::ListPlugins, Some(cache)) if !self.has_plugin(cache) => {
                    is_installed = Some(self.is_plugin_installed()?);
                }
                (Step::InstallPlugin, Some(cache)) if is_installed == Some(false) => {
                    self.install_plugin(&lock)?;
                    cache.prove_plugin(self.product);
                }
                (Step::UpdatePlugins, Some(cache)) if is_installed == Some(true) => {
                    self.update_plugins(&lock)?;
                    cache.prove_plugin(self.product);
                }
                (Step::ListProfiles, Some(cache)) if self.needs_profiles(cache) => {
                    let identity = Identity::now(self.cli);
                    cache.prove_profiles(self.list_profiles(&identity)?, identity);
                }
                _ => {}
            }
        }
        let Some(cache) = cache else {
            return Err(Failure::internal("the checks of aliyun proved nothing"));
        };
        if let Err(error) = cache.save(self.cli) {
            self.context.screen.warn(format!(
                "cannot cache the checks of aliyun, so each run repeats them: {error:#}; set {} to \
                 another folder",
                crate::storage::folder::VARIABLE
            ));
        }
        Ok(cache)
    }

    fn is_enough(&self, cache: &PreflightCache) -> bool {
        self.has_plugin(cache) && !self.needs_profiles(cache)
    }

    /// Whether the cache proves the plugin and its folder still exists.
    fn has_plugin(&self, cache: &PreflightCache) -> bool {
        cache.has_plugin(self.product) && !self.cli.lacks_folder_of(self.product.plugin())
    }

    fn needs_profiles(&self, cache: &PreflightCache) -> bool {
        cache.profiles().is_none() && !self.env_credentials.decides_alone(&self.context.settings)
    }

    /// Step 1.
    fn check_version(&self) -> Result<()> {
        let output = self.command(Step::CheckVersion, None)?;
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

    /// Step 2. A failure is ignored, because every child process also gets an environment variable
    /// with the same effect, and the CLI refuses to write if no profile is configured.
    fn set_auto_install(&self) -> Result<()> {
        let lock = match AiMode::with_screen(self.cli, &self.context.screen)
            .lock_configuration(true)
        {
            // Nothing else has to be written, so the folder may be read-only.
            Err(LockError::Failed(_)) if self.context.settings.ai_mode == AiModeMethod::Call => {
                return Ok(());
            }
            lock => lock.map_err(lock_failure)?,
        };
        self.command(Step::SetAutoInstall, Some(&lock)).map(drop)
    }

    /// Step 3: whether the plugin is listed and its folder exists.
    fn is_plugin_installed(&self) -> Result<bool> {
        let plugin = self.product.plugin();
        let output = self.command(Step::ListPlugins, None)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let is_listed = text.lines().any(|row| row.split_whitespace().next() == Some(plugin));
        Ok(is_listed && !self.cli.lacks_folder_of(plugin))
    }

    /// The download inherits the preflight lock, so that no other run installs at the same time even
    /// if this run is killed. It does not write the configuration, so calls need not wait for it.
    fn update_plugins(&self, preflight: &File) -> Result<()> {
        let updated = self.command(Step::UpdatePlugins, Some(preflight))?;
        if let Some(failure_message) = reply::failure_message(&updated) {
            // A machine in a private network cannot reach the plugin catalogue but can still send.
            self.context
                .screen
                .warn(format!("the plugins of aliyun could not be updated: {failure_message}"));
        }
        Ok(())
    }

    fn install_plugin(&self, preflight: &File) -> Result<()> {
        let plugin = self.product.plugin();
        self.context.screen.note(&if self.cli.lacks_folder_of(plugin) {
            format!("the folder of {plugin} is missing: installing it again")
        } else {
            format!("installing {plugin}, once")
        });
        let installing = self.command(Step::InstallPlugin, Some(preflight))?;
        let Some(failure_message) = reply::failure_message(&installing) else { return Ok(()) };
        let hint = match installing.end {
            // The default timeout can be too short for a download; aliyun itself allows 300 s.
            Termination::TimedOut(_) => {
                "on a slow network, use a longer timeout: --timeout 300".to_string()
            }
            _ if failure_message.contains("requires CLI version") => {
                format!("upgrade aliyun: {}", install_command())
            }
            _ => "aliyun has no built-in fallback; check the network and try again".to_string(),
        };
        Err(Failure::environment(format!(
            "the plugin {plugin} cannot be installed: {failure_message}"
        ))
        .hint(hint)
        .next(format!("{} plugin install --names {plugin}", self.cli.shown)))
    }

    /// Fetches the profiles for step 4; [`crate::api::account::resolve`] chooses the account.
    fn list_profiles(&self, identity: &Identity) -> Result<Vec<Profile>> {
        let output = self.command(Step::ListProfiles, None)?;
        let profiles = Profile::parse_table(&String::from_utf8_lossy(&output.stdout));
        match reply::failure_message(&output) {
            // Without a configuration the CLI fails here, even if there are exported credentials.
            Some(failure_message) if identity.is_configured() => {
                Err(self.unreadable(&failure_message))
            }
            _ => Ok(profiles),
        }
    }

    /// The failure if the CLI cannot read its configuration.
    fn unreadable(&self, failure_message: &str) -> Box<Failure> {
        Failure::new(
            Kind::Credentials,
            format!("aliyun cannot read its profiles: {failure_message}"),
        )
        .hint("config.json in the configuration folder of aliyun is damaged or incomplete")
        .next(format!("{} configure list", self.cli.shown))
    }

    fn command(&self, step: Step, hold: Option<&File>) -> Result<Output> {
        let output = run_step(self.context, self.cli, &step.arguments(self.product), hold)?;
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
}
