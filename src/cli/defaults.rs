//! Defaults from the environment and the configuration files, for flags that are not given.

use crate::api::account::EnvCredentials;
use crate::cli::tree;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::channel::Channel;
use crate::sandbox;
use crate::settings::Settings;
use crate::settings::config::Config;
use crate::settings::defaults::{Default, Key, UsedDefault};

/// What the configuration changed.
#[derive(Debug, std::default::Default)]
pub struct Configured {
    pub warnings: Vec<String>,
    /// Defaults of flags that every command has.
    pub used: Vec<UsedDefault>,
}

/// Loads the configuration and applies it to the settings.
///
/// # Errors
/// A file or a variable is not valid.
pub fn apply(settings: &mut Settings, is_ai_mode_given: bool) -> Result<Configured> {
    let config = Config::load(true)?;
    let mut configured = Configured::default();
    settings.limits = config.limits().clone();
    settings.outbox = config.outbox();
    for table in &settings.limits.tables {
        for command in &table.deny_commands {
            let words: Vec<&str> = command.split(' ').collect();
            if tree::path(words.iter().copied()) != words {
                return Err(Failure::usage(format!(
                    "{}: deny_commands: unknown command {command:?}",
                    table.source.display()
                ))
                .hint(
                    "`alimsg --help` lists the commands; correct the file, then run this again",
                ));
            }
        }
    }
    settings.defaults = config.defaults(profile(settings).as_deref(), variable)?;
    if let Some(default) = settings.defaults.get(Key::Region).filter(|_| settings.region.is_none())
    {
        configured.used.extend(used(default));
        settings.region = Some(default.value.clone());
    }
    if let Some(default) = settings.defaults.get(Key::AiMode).filter(|_| !is_ai_mode_given) {
        configured.used.extend(used(default));
        settings.ai_mode =
            crate::settings::AiModeMethod::from_name(&default.value).unwrap_or_default();
    }
    Ok(configured)
}

/// The variable, if it is set.
pub fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// The profile whose table applies: the one that aliyun is told to use. Without a profile in the
/// command or the environment, aliyun uses its current one, which only aliyun knows.
pub fn profile(settings: &Settings) -> Option<String> {
    if settings.sandbox {
        return settings.profile.clone();
    }
    let exported = EnvCredentials::from_process(settings);
    let requested = settings.profile.clone().or_else(|| exported.profile.clone());
    requested.filter(|_| !exported.decides_alone(settings))
}

/// The given value, else the default of the flag. The use of a default is recorded, for the plan.
///
/// Senders and channel instances have defaults for WhatsApp alone: Viber has others.
pub fn or_default(
    context: &Context,
    channel: Channel,
    flag: &'static str,
    given: Option<String>,
) -> Option<String> {
    if given.is_some() {
        return given;
    }
    let key = match Key::from_flag(flag)? {
        Key::From | Key::CustSpaceId if channel != Channel::Whatsapp => return None,
        key => key,
    };
    let default = context.settings.defaults.get(key)?;
    if context.settings.sandbox && !sandbox::has_value(flag, &default.value) {
        context.screen.note(&format!(
            "the sandbox has no {} {:?} ({}); give {flag}",
            key.name(),
            default.value,
            default.source.describe()
        ));
        return None;
    }
    let used = used(default)?;
    let mut all = context.status.used_defaults.borrow_mut();
    if !all.contains(&used) {
        if context.settings.dry_run || context.settings.yes {
            context.screen.note(&format!("{flag} {} (from {})", used.value, used.source));
        }
        all.push(used);
    }
    Some(default.value.clone())
}

fn used(default: &Default) -> Option<UsedDefault> {
    let (value, source) = (default.value.clone(), default.source.clone());
    Some(UsedDefault { flag: default.key.flag()?, value, source })
}
