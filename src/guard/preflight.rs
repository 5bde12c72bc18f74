//! Steps 1 to 4: what has to be true before anything is called.

use std::fs::File;

use super::ai_mode::AiMode;
use super::stamp::{Identity, Stamp};
use super::unusable::not_had;
use super::{run_step, steps};
use crate::account::{Exported, Profile};
use crate::failure::{Failure, Kind, Result};
use crate::host::{Host, install_command};
use crate::operations::Product;
use crate::process::{End, Finished};
use crate::reply;
use crate::run::Run;

/// The checks, as far as no stamp proves them.
pub struct Preflight<'a> {
    pub run: &'a Run,
    pub host: &'a Host,
    pub product: Product,
    pub exported: &'a Exported,
}

impl Preflight<'_> {
    /// What is proven, by the stamp of an earlier run or now.
    ///
    /// # Errors
    /// `aliyun` is too old, its plugin cannot be had or its profiles cannot be read.
    pub fn stamp(&self) -> Result<Stamp> {
        if let Some(stamp) = Stamp::load(self.host).filter(|stamp| self.is_enough(stamp)) {
            return Ok(stamp);
        }
        let lock =
            AiMode::with_notes(self.host, &self.run.screen).lock_preflight().map_err(not_had)?;
        // Whoever held the lock before may have proven all that is needed.
        let mut stamp = match Stamp::load(self.host) {
            Some(stamp) => stamp,
            None => {
                self.check_version()?;
                self.set_auto_install()?;
                Stamp::new(Identity::now(self.host))
            }
        };
        if !self.has_plugin(&stamp) {
            self.ensure_plugin(&lock)?;
            stamp.prove_plugin(self.product);
        }
        if self.needs_profiles(&stamp) {
            let identity = Identity::now(self.host);
            stamp.prove_profiles(self.list_profiles(&identity)?, identity);
        }
        if let Err(error) = stamp.save(self.host) {
            self.run.screen.warn(format!(
                "the checks of aliyun cannot be remembered, so each run repeats them: {error:#}; \
                 {} names another folder",
                crate::state::VARIABLE
            ));
        }
        Ok(stamp)
    }

    fn is_enough(&self, stamp: &Stamp) -> bool {
        self.has_plugin(stamp) && !self.needs_profiles(stamp)
    }

    /// The plugin was proven, and its folder was not removed since.
    fn has_plugin(&self, stamp: &Stamp) -> bool {
        stamp.has_plugin(self.product) && !self.host.lacks_folder_of(self.product.plugin())
    }

    fn needs_profiles(&self, stamp: &Stamp) -> bool {
        stamp.profiles().is_none() && !self.exported.decides_alone(&self.run.settings)
    }

    /// Step 1.
    fn check_version(&self) -> Result<()> {
        let finished = self.command(&steps::version(), None)?;
        let text = String::from_utf8_lossy(&finished.stdout);
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
                "{} does not say which version it is: {}",
                self.host.shown,
                reply::complaint(&finished)
            ))
            .hint(format!("check it with `{} version`, or {upgrade}", self.host.shown))),
        }
    }

    /// Step 2. The variable that every child gets has the same effect, so a failure costs nothing:
    /// the CLI refuses to write where no profile is configured.
    fn set_auto_install(&self) -> Result<()> {
        let lock = AiMode::with_notes(self.host, &self.run.screen)
            .lock_configuration(true)
            .map_err(not_had)?;
        self.command(&steps::auto_install(), Some(&lock)).map(drop)
    }

    /// Step 3. Downloads hold the lock of these checks, also when this run is killed: nobody is to
    /// install beside them. They write no configuration, so running calls need not wait for them.
    fn ensure_plugin(&self, preflight: &File) -> Result<()> {
        let plugin = self.product.plugin();
        let listed = self.command(&steps::list_plugins(), None)?;
        let text = String::from_utf8_lossy(&listed.stdout);
        let listed = text.lines().any(|row| row.split_whitespace().next() == Some(plugin));
        let lost = self.host.lacks_folder_of(plugin);
        if listed && !lost {
            let updated = self.command(&steps::update_plugins(), Some(preflight))?;
            if let Some(trouble) = reply::trouble(&updated) {
                // Hosts in a private network cannot reach the catalogue and still can send.
                self.run
                    .screen
                    .warn(format!("the plugins of aliyun could not be updated: {trouble}"));
            }
            return Ok(());
        }
        self.run.screen.note(&if lost {
            format!("the folder of {plugin} is missing: installing it again")
        } else {
            format!("installing {plugin}, once")
        });
        let installing = self.command(&steps::install_plugin(self.product), Some(preflight))?;
        let Some(trouble) = reply::trouble(&installing) else { return Ok(()) };
        let hint = match installing.end {
            // It is a download, to which aliyun itself gives five minutes.
            End::TimedOut(_) => "a slow network may need more: --timeout 300".to_string(),
            _ if trouble.contains("requires CLI version") => {
                format!("upgrade aliyun: {}", install_command())
            }
            _ => "aliyun has no built-in fallback; check the network and try again".to_string(),
        };
        Err(Failure::environment(format!("the plugin {plugin} cannot be installed: {trouble}"))
            .hint(hint)
            .next(format!("{} plugin install --names {plugin}", self.host.shown)))
    }

    /// The table of step 4; who sends is decided by [`crate::account::resolve`].
    fn list_profiles(&self, identity: &Identity) -> Result<Vec<Profile>> {
        let finished = self.command(&steps::list_profiles(), None)?;
        let profiles = Profile::parse_table(&String::from_utf8_lossy(&finished.stdout));
        match reply::trouble(&finished) {
            // Without a configuration the CLI fails here, also where exported credentials would do.
            Some(trouble) if identity.is_configured() => Err(self.unreadable(&trouble)),
            _ => Ok(profiles),
        }
    }

    /// The CLI cannot read its configuration.
    fn unreadable(&self, trouble: &str) -> Box<Failure> {
        Failure::new(Kind::Credentials, format!("aliyun cannot read its profiles: {trouble}"))
            .hint("config.json in the configuration folder of aliyun is damaged or incomplete")
            .next(format!("{} configure list", self.host.shown))
    }

    fn command(&self, arguments: &[String], hold: Option<&File>) -> Result<Finished> {
        let finished = run_step(self.run, self.host, arguments, hold)?;
        match reply::trouble(&finished) {
            // Whatever the command, this is how it ends where the configuration cannot be read.
            Some(trouble) if finished.succeeded() && reply::blames_configuration(&finished) => {
                Err(self.unreadable(&trouble))
            }
            _ => Ok(finished),
        }
    }
}
