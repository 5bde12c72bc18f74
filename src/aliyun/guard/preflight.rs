//! Steps 1 to 4: the checks before the first call.

use std::fs::File;

use crate::aliyun::cli::{AliyunCli, install_command};
use crate::aliyun::guard::ai_mode::AiMode;
use crate::aliyun::guard::checks::Checks;
use crate::aliyun::guard::preflight_cache::{Identity, PreflightCache};
use crate::aliyun::guard::steps::{self, Step};
use crate::aliyun::guard::unusable::lock_failure;
use crate::aliyun::guard::{plugin_files, renewal, run_step, stop_if_interrupted};
use crate::api::account::EnvCredentials;
use crate::api::call::shell_line;
use crate::api::operations::Product;
use crate::api::reply;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::os::process::Termination;
use crate::os::system;
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
    /// Returns the proofs, from the cache of an earlier run or from checks made now. Proofs that only
    /// aged are used, and renewed after this run.
    ///
    /// # Errors
    /// `aliyun` is too old, its plugin cannot be installed or its profiles cannot be read.
    pub fn cache(&self) -> Result<PreflightCache> {
        if let Some(cache) = PreflightCache::load(self.cli).filter(|cache| self.is_enough(cache)) {
            if cache.has_aged(self.product) && cache.may_be_renewed() && system::can_detach() {
                let (cli, product) = (self.cli.clone(), self.product);
                let renew = move || renewal::start(cli, product);
                self.context.status.after_run.replace(Some(Box::new(renew)));
            }
            return Ok(cache);
        }
        let lock = AiMode::with_screen(self.cli, &self.context.screen)
            .lock_preflight(self.context.settings.ai_mode)
            .map_err(lock_failure)?;
        // The previous holder of the lock may have proven everything already.
        let mut cache = PreflightCache::load(self.cli);
        let run = |arguments: &[String], [hold, also_hold]: [Option<&File>; 2]| {
            run_step(self.context, self.cli, arguments, hold, also_hold)
        };
        let checks = Checks { cli: self.cli, product: self.product, run: &run };
        let mut is_installed = None;
        for step in steps::PREFLIGHT {
            match (step, &mut cache) {
                (Step::CheckVersion, None) => checks.check_version()?,
                (Step::SetAutoInstall, None) => {
                    self.set_auto_install(&checks)?;
                    cache = Some(PreflightCache::new(Identity::now(self.cli)));
                }
                (Step::ListPlugins, Some(cache)) if !self.has_plugin(cache) => {
                    is_installed = Some(checks.is_plugin_installed()?);
                }
                (Step::InstallPlugin, Some(cache)) if is_installed == Some(false) => {
                    self.install_plugin(&checks, &lock)?;
                    cache.prove_plugin(self.cli, self.product);
                }
                (Step::UpdatePlugins, Some(cache)) if is_installed == Some(true) => {
                    self.update_plugins()?;
                    cache.prove_plugin(self.cli, self.product);
                }
                (Step::ListProfiles, Some(cache)) if self.needs_profiles(cache) => {
                    let identity = Identity::now(self.cli);
                    cache.prove_profiles(checks.list_profiles(identity.is_configured())?, identity);
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
        cache.has_plugin(self.cli, self.product) && !self.cli.lacks_folder_of(self.product.plugin())
    }

    fn needs_profiles(&self, cache: &PreflightCache) -> bool {
        cache.profiles().is_none() && !self.env_credentials.decides_alone(&self.context.settings)
    }

    /// Step 2. A failure is ignored, because every child process also gets an environment variable
    /// with the same effect, and the CLI refuses to write if no profile is configured.
    fn set_auto_install(&self, checks: &Checks<'_>) -> Result<()> {
        let lock = match AiMode::with_screen(self.cli, &self.context.screen)
            .lock_configuration(true)
        {
            // Nothing else has to be written, so the folder may be read-only.
            Err(LockError::Failed(_)) if self.context.settings.ai_mode == AiModeMethod::Call => {
                return Ok(());
            }
            lock => lock.map_err(lock_failure)?,
        };
        checks.command(Step::SetAutoInstall, [Some(&lock), None]).map(drop)
    }

    /// A failure is only a warning: a machine in a private network cannot reach the catalogue of
    /// plugins but can still send.
    fn update_plugins(&self) -> Result<()> {
        stop_if_interrupted()?;
        let method = self.context.settings.ai_mode;
        if method == AiModeMethod::Call && !system::is_writable(&self.cli.config_folder) {
            // The plugins are in this folder: they cannot be updated, only used.
            return Ok(());
        }
        self.context.screen.command(
            &self.cli.shown_environment(),
            &self.cli.shown,
            &Step::UpdatePlugins.arguments(self.product),
        );
        let updated = renewal::update_plugins(self.cli);
        stop_if_interrupted()?;
        if let Err(error) = updated {
            self.context
                .screen
                .warn(format!("the plugins of aliyun could not be updated: {error:#}"));
        }
        Ok(())
    }

    /// The download inherits the locks, so that no other run changes plugins at the same time even if
    /// this run is killed. It does not write the configuration, so calls need not wait for it.
    fn install_plugin(&self, checks: &Checks<'_>, preflight: &File) -> Result<()> {
        let update = plugin_files::lock_update(self.cli, self.cli.limit).map_err(lock_failure)?;
        let plugin = self.product.plugin();
        self.context.screen.note(&if self.cli.lacks_folder_of(plugin) {
            format!("the folder of {plugin} is missing: installing it again")
        } else {
            format!("installing {plugin}, once")
        });
        let installing = checks.command(Step::InstallPlugin, [Some(preflight), Some(&update)])?;
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
        .next(shell_line(&self.cli.shown, &["plugin", "install", "--names", plugin])))
    }
}
