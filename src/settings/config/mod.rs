//! The configuration: `config.toml` of the user and of the machine, and environment variables.
//!
//! For each key, the first of these wins: the flag, the environment variable, the table of the
//! profile, `[defaults]`. Of two files, the user's wins over the one of the machine, but the table
//! of a profile wins over `[defaults]` in any file.

mod edit;
mod file;
mod paths;
mod problem;
mod secret;

use std::path::{Path, PathBuf};

pub use edit::{Edit, edit};
pub use file::{ConfigFile, key, table_name};
pub use paths::{SYSTEM_FILE, UserFile, VARIABLE};
pub use problem::Problem;

use crate::error::{Failure, Result};
use crate::settings::defaults::{Default, Defaults, Key, Source};
use crate::settings::limits::Limits;
use crate::settings::outbox::Outbox;

/// The files of this run, the user's first.
#[derive(Debug, std::default::Default)]
pub struct Config {
    files: Vec<ConfigFile>,
    limits: Limits,
}

impl Config {
    /// Loads both files. A file that does not exist is empty, unless `ALIMSG_CONFIG` names it.
    ///
    /// # Errors
    /// A file cannot be read or is not valid: exit 2.
    pub fn load(must_exist: bool) -> Result<Self> {
        let user = UserFile::locate();
        if let Some(user) = user.as_ref().filter(|user| user.is_named && must_exist)
            && !user.path.exists()
            && file::read(&user.path)?.is_none()
        {
            return Err(Failure::usage(format!(
                "{VARIABLE}: {} does not exist",
                user.path.display()
            ))
            .hint("create it, for example with `alimsg config set language en`, or unset the variable"));
        }
        Self::load_files(
            user.map(|user| user.path),
            &paths::system_file(),
            UserFile::default_path(),
        )
    }

    /// `default` is the user's file if no variable names another one: its limits always apply.
    fn load_files(user: Option<PathBuf>, system: &Path, default: Option<PathBuf>) -> Result<Self> {
        let user = user.filter(|user| user != system);
        let default = default.filter(|path| Some(path) != user.as_ref() && path != system);
        let paths = user.iter().map(PathBuf::as_path).chain([system]);
        let files = paths.map(ConfigFile::load).collect::<Result<Vec<_>>>()?;
        let files: Vec<ConfigFile> = files.into_iter().flatten().collect();
        let default = default.as_deref().map(ConfigFile::load).transpose()?.flatten();
        let tables = files.iter().chain(&default).filter_map(|file| file.limits.clone());
        let limits = Limits { tables: tables.collect() };
        Ok(Self { files, limits })
    }

    /// The settings of the outbox. Those of the file of the machine take precedence, because a
    /// program can replace the user's file.
    pub fn outbox(&self) -> Outbox {
        Outbox::from_tables(self.files.iter().rev().map(|file| file.outbox))
    }

    /// The limits of all files.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The defaults for a profile; `variable` returns an environment variable.
    ///
    /// # Errors
    /// The value of a variable is not valid.
    pub fn defaults(
        &self,
        profile: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Defaults> {
        let mut defaults = Defaults::default();
        for key in Key::ALL {
            let name = key.variable();
            let Some(value) = variable(name).filter(|value| !value.is_empty()) else { continue };
            key.check(&value).map_err(|message| {
                Failure::usage(format!("invalid {name}: {message}"))
                    .hint(format!("correct the environment variable {name} or unset it"))
            })?;
            defaults.add(Default { key: *key, value, source: Source::Variable(name) });
        }
        let of_profile =
            |file| profile.into_iter().flat_map(move |name| ConfigFile::profile(file, name));
        self.files.iter().flat_map(of_profile).for_each(|default| defaults.add(default));
        self.files.iter().flat_map(ConfigFile::defaults).for_each(|default| defaults.add(default));
        Ok(defaults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_specific_source_wins() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        let user = write("user", "[defaults]\nfrom = \"11111\"\nlanguage = \"en\"\n");
        let system = write(
            "system",
            "[defaults]\nfrom = \"22222\"\nregion = \"cn-hangzhou\"\n[profile.p]\nlanguage = \"de\"",
        );
        let config = Config::load_files(Some(user), &system, None).expect("valid");
        let value = |profile, variable: &str, key| {
            let variable = |name: &str| (name == "ALIMSG_FROM").then(|| variable.to_string());
            let defaults = config.defaults(profile, variable).expect("valid");
            defaults.get(key).map(|default| default.value.clone()).unwrap_or_default()
        };
        assert_eq!(value(None, "33333", Key::From), "33333");
        assert_eq!(value(None, "", Key::From), "11111");
        assert_eq!(value(None, "", Key::Region), "cn-hangzhou");
        assert_eq!(value(None, "", Key::Language), "en");
        assert_eq!(value(Some("p"), "", Key::Language), "de");
        assert_eq!(value(Some("q"), "", Key::Language), "en");
        assert_eq!(value(None, "", Key::SignName), "");
        let failure = config.defaults(None, |_| Some("a b".into())).expect_err("not a number");
        assert!(failure.message.contains("ALIMSG_FROM"), "{}", failure.message);
    }

    #[test]
    fn limits_of_all_files_apply() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, per_hour: u64| {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("[limits]\nper_hour = {per_hour}\n")).expect("written");
            path
        };
        let (user, system, default) = (write("user", 5), write("system", 6), write("default", 7));
        let load = |user: &PathBuf| {
            let config = Config::load_files(Some(user.clone()), &system, Some(default.clone()));
            let limits = config.expect("valid").limits;
            limits.counts().iter().map(|count| count.max).collect::<Vec<_>>()
        };
        assert_eq!(load(&user), [5, 6, 7]);
        assert_eq!(load(&default), [7, 6]);
        assert_eq!(load(&system), [6, 7]);
    }

    #[test]
    fn a_missing_file_is_empty() {
        let folder = tempfile::tempdir().expect("a folder");
        let config =
            Config::load_files(Some(folder.path().join("a")), &folder.path().join("b"), None);
        assert!(config.expect("empty").files.is_empty());
        Config::load_files(Some(folder.path().to_path_buf()), &folder.path().join("b"), None)
            .expect_err("a folder is not a file");
    }
}
