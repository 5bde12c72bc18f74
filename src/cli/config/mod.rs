//! `alimsg config`: shows and changes defaults. Starts no process.

mod get;
mod list;
pub mod path;
mod set;
mod unset;

use clap::Subcommand;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::defaults;
use crate::cli::prelude::*;
use crate::settings::config::{self, Config, Edit, UserFile};
use crate::settings::defaults::Key;

pub const EXAMPLES: &str = "\
Defaults are used where a flag is not given; the plan before a send marks them. Order: the flag, the
environment variable, the table [profile.NAME] of the profile that --profile, ALIMSG_PROFILE or
ALIBABA_CLOUD_PROFILE names, [defaults]. Files: ~/.config/alimsg/config.toml (ALIMSG_CONFIG names
another), then /etc/alimsg/config.toml. A file cannot hold an access key.

Keys:
  from              sending number (WhatsApp)                 ALIMSG_FROM
  cust_space_id     channel instance (WhatsApp)               ALIMSG_CUST_SPACE_ID
  sign_name         signature (SMS)                           ALIMSG_SIGN_NAME
  language          language of templates                     ALIMSG_LANGUAGE
  region            region of the API calls                   ALIMSG_REGION
  ai_mode           switch or call                            ALIMSG_AI_MODE
  duplicate_window  how long an equal message is refused      ALIMSG_DUPLICATE_WINDOW

Examples:
  alimsg config set sign_name Acme
  alimsg config set from 8613800000001 --profile prod
  alimsg --sandbox config list
  alimsg config path";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List all keys with their values and where they come from
    List(list::Flags),
    /// Show one key
    Get(get::Flags),
    /// Set a key in the user's file; with --profile, in the table of that profile
    Set(set::Flags),
    /// Remove a key from the user's file; with --profile, from the table of that profile
    Unset(unset::Flags),
    /// Show which files are read
    Path(path::Flags),
}

dispatch! {
    List => list::run,
    Get => get::run,
    Set => set::run,
    Unset => unset::run,
    Path => path::run,
}

/// A key with its value.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Setting {
    key: &'static str,
    /// `null` if there is no default.
    value: Option<String>,
    /// The variable, or the file and its table.
    source: Option<String>,
}

/// All keys with the values that a run with these flags would use.
fn settings(context: &Context) -> Result<Vec<Setting>> {
    let profile = defaults::profile(&context.settings);
    let values = Config::load(false)?.defaults(profile.as_deref(), defaults::variable)?;
    let setting = |key: &Key| {
        let default = values.get(*key);
        Setting {
            key: key.name(),
            value: default.map(|default| default.value.clone()),
            source: default.map(|default| default.source.to_string()),
        }
    };
    Ok(Key::ALL.iter().map(setting).collect())
}

fn parse_key(name: &str) -> Result<Key> {
    config::key(name).map_err(config::Problem::failure)
}

/// A change of the user's file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Changed<'c> {
    key: &'static str,
    /// `null` if the key was removed.
    value: Option<&'c str>,
    /// `null` if the key was not set.
    former: Option<String>,
    table: String,
    path: String,
}

/// Changes a key in the user's file.
fn change(context: &Context, name: &str, edit: Edit<'_>) -> Result<Report> {
    let key = parse_key(name)?;
    let value = match edit {
        Edit::Set(value) => Some(value),
        Edit::Unset => None,
    };
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let file = UserFile::locate().ok_or_else(|| {
        Failure::usage("the home folder is unknown, so there is no place for the configuration")
            .hint(format!("name the file in {}", config::VARIABLE))
    })?;
    let profile = context.settings.profile.as_deref();
    let former = config::edit(&file.path, profile, key, edit)?;
    let table = config::table_name(profile);
    let path = file.path.display().to_string();
    let changed = Changed { key: key.name(), value, former, table, path };
    if std::env::var_os(key.variable()).is_some_and(|value| !value.is_empty()) {
        context.screen.warn(format!("{} is set and wins over the file", key.variable()));
    }
    Ok(Report::from_record(&changed, serde_json::Value::Null))
}
