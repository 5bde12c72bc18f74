//! Defaults: values for flags that are not given, from the environment or a configuration file.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::named_enum::named_enum;
use crate::settings::AiModeMethod;

/// The largest `duplicate_window`, in days: the store keeps accepted messages no longer.
const MAX_WINDOW_DAYS: u64 = 1;

named_enum! {
    /// A key of `[defaults]` and `[profile.NAME]` in a configuration file.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Key {
        From = "from",
        CustSpaceId = "cust_space_id",
        SignName = "sign_name",
        Language = "language",
        Region = "region",
        AiMode = "ai_mode",
        DuplicateWindow = "duplicate_window",
    }
}

impl Key {
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.name() == name)
    }

    /// The environment variable with the same meaning.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::From => "ALIMSG_FROM",
            Self::CustSpaceId => "ALIMSG_CUST_SPACE_ID",
            Self::SignName => "ALIMSG_SIGN_NAME",
            Self::Language => "ALIMSG_LANGUAGE",
            Self::Region => "ALIMSG_REGION",
            Self::AiMode => "ALIMSG_AI_MODE",
            Self::DuplicateWindow => "ALIMSG_DUPLICATE_WINDOW",
        }
    }

    /// The flag whose value it replaces; `None` for a setting without a flag.
    pub const fn flag(self) -> Option<&'static str> {
        match self {
            Self::From => Some("--from"),
            Self::CustSpaceId => Some("--cust-space-id"),
            Self::SignName => Some("--sign-name"),
            Self::Language => Some("--language"),
            Self::Region => Some("--region"),
            Self::AiMode => Some("--ai-mode"),
            Self::DuplicateWindow => None,
        }
    }

    pub fn from_flag(flag: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.flag() == Some(flag))
    }

    /// Checks the form of a value.
    ///
    /// # Errors
    /// What the key takes.
    pub fn check(self, value: &str) -> Result<(), String> {
        let is_plain = |c: char| !c.is_whitespace() && !c.is_control();
        let expected = match self {
            Self::From if is_made_of(value, 3..=15, |c| c.is_ascii_digit()) => return Ok(()),
            Self::From => "digits only, country code first, no +",
            Self::CustSpaceId if is_made_of(value, 1..=256, is_plain) => return Ok(()),
            Self::CustSpaceId => {
                "the ID of a channel instance, as `alimsg whatsapp accounts list` shows it"
            }
            Self::SignName
                if is_made_of(value, 1..=64, |c| !c.is_control() && !"【】".contains(c))
                    && value.trim() == value =>
            {
                return Ok(());
            }
            Self::SignName => "the name of a signature, without 【】",
            Self::Language
                if is_made_of(value, 2..=16, |c| c.is_ascii_alphanumeric() || "_-".contains(c)) =>
            {
                return Ok(());
            }
            Self::Language => "a language such as en or zh_CN",
            Self::Region
                if is_made_of(value, 2..=64, |c| {
                    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
                }) && !value.starts_with('-') =>
            {
                return Ok(());
            }
            Self::Region => "a region such as cn-hangzhou",
            Self::AiMode if AiModeMethod::from_name(value).is_some() => return Ok(()),
            Self::AiMode => "switch or call",
            Self::DuplicateWindow if parse_window(value).is_some() => return Ok(()),
            Self::DuplicateWindow => "a time of at most 1 day, such as 5m, 2h or 1d",
        };
        Err(format!("{} takes {expected}", self.name()))
    }
}

fn is_made_of(
    text: &str,
    length: std::ops::RangeInclusive<usize>,
    is_valid: impl Fn(char) -> bool,
) -> bool {
    length.contains(&text.chars().count()) && text.chars().all(is_valid)
}

impl AiModeMethod {
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.name() == name)
    }
}

/// Parses a whole number with its unit: s, m, h or d.
pub fn parse_window(text: &str) -> Option<Duration> {
    const DAY: u64 = 24 * 60 * 60;
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let seconds = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => DAY,
        _ => return None,
    };
    let number: u64 = digits.parse().ok().filter(|_| digits.bytes().all(|c| c.is_ascii_digit()))?;
    let seconds = number.checked_mul(seconds).filter(|all| *all <= MAX_WINDOW_DAYS * DAY)?;
    Some(Duration::from_secs(seconds))
}

/// Where a default comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Variable(&'static str),
    File { path: PathBuf, table: String },
}

impl Source {
    /// A few words for a plan.
    pub fn describe(&self) -> String {
        match self {
            Self::Variable(name) => format!("from {name}"),
            Self::File { .. } => "from config".to_string(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => formatter.write_str(name),
            Self::File { path, table } => write!(formatter, "{} [{table}]", path.display()),
        }
    }
}

impl Serialize for Source {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A default and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Default {
    pub key: Key,
    pub value: String,
    pub source: Source,
}

/// The defaults of a run, at most one for each key.
#[derive(Debug, Clone, std::default::Default)]
pub struct Defaults(Vec<Default>);

impl Defaults {
    pub fn get(&self, key: Key) -> Option<&Default> {
        self.0.iter().find(|default| default.key == key)
    }

    /// Adds a default, unless there is one for its key: the first source wins.
    pub fn add(&mut self, default: Default) {
        if self.get(default.key).is_none() {
            self.0.push(default);
        }
    }
}

/// A default that a command used instead of a flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UsedDefault {
    pub flag: &'static str,
    pub value: String,
    #[schemars(with = "String")]
    pub source: Source,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_form_of_their_key() {
        for (key, right, wrong) in [
            (
                Key::From,
                &["8613800000001", "30001"][..],
                &["+8613800000001", "", "86 138", "１２３４"][..],
            ),
            (Key::CustSpaceId, &["cams-1"], &["", "a b", "a\n"]),
            (Key::SignName, &["Acme", "阿里云", "Acme Store"], &["", " Acme", "【Acme】", "a\tb"]),
            (Key::Language, &["en", "zh_CN"], &["", "e", "en us"]),
            (Key::Region, &["cn-hangzhou"], &["", "--help", "CN"]),
            (Key::AiMode, &["switch", "call"], &["", "both", "Call"]),
            (
                Key::DuplicateWindow,
                &["5m", "0s", "1d"],
                &["", "5", "m", "-5m", "25h", "5 m", "+5m"],
            ),
        ] {
            for value in right {
                assert_eq!(key.check(value), Ok(()), "{value:?}");
            }
            for value in wrong {
                assert!(key.check(value).is_err(), "{key:?} {value:?}");
            }
        }
    }

    #[test]
    fn the_first_source_of_a_key_wins() {
        let default = |value: &str| Default {
            key: Key::From,
            value: value.into(),
            source: Source::Variable(Key::From.variable()),
        };
        let mut defaults = Defaults::default();
        defaults.add(default("1"));
        defaults.add(default("2"));
        assert_eq!(defaults.get(Key::From), Some(&default("1")));
        assert_eq!(defaults.get(Key::Region), None);
    }
}
