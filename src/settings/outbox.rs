//! The table `[outbox]` of a configuration file: what is kept about sent messages.

use std::time::Duration;

use toml_edit::TableLike;

use crate::settings::limits::Invalid;

/// What is kept about sent messages, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outbox {
    /// Whether sends are recorded for `alimsg outbox`.
    pub enabled: bool,
    /// Whether the record has texts and variables.
    pub texts: bool,
    /// How long the outbox and the results of idempotency keys are kept.
    pub keep: Duration,
}

const DAY: u64 = 24 * 60 * 60;
/// The duplicate check and limits need the sends of a day.
const MIN_DAYS: u64 = 2;
const MAX_DAYS: u64 = 3650;

impl Default for Outbox {
    fn default() -> Self {
        Self { enabled: true, texts: false, keep: Duration::from_secs(90 * DAY) }
    }
}

/// The table of one file. A value that is not given is that of another file, or the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Table {
    pub enabled: Option<bool>,
    pub texts: Option<bool>,
    pub keep: Option<Duration>,
}

impl Table {
    /// Parses the table of a file.
    ///
    /// # Errors
    /// A key is unknown, or its value is not valid.
    pub fn parse(table: &dyn TableLike) -> Result<Self, Invalid> {
        let mut parsed = Self::default();
        for (key, item) in table.iter() {
            let invalid = |message: String| Invalid { key: key.to_string(), message };
            let boolean = || {
                let value = item.as_bool();
                value.ok_or_else(|| invalid(format!("{key} takes true or false"))).map(Some)
            };
            match key {
                "enabled" => parsed.enabled = boolean()?,
                "texts" => parsed.texts = boolean()?,
                "keep" => {
                    let keep = item.as_str().and_then(parse_days);
                    parsed.keep = Some(keep.ok_or_else(|| {
                        invalid(format!(
                            "keep takes a number of days from {MIN_DAYS}d to {MAX_DAYS}d, such as \
                             \"90d\""
                        ))
                    })?);
                }
                _ => {
                    let known = "the keys are enabled, texts, keep";
                    return Err(invalid(format!("unknown key {key:?}; {known}")));
                }
            }
        }
        Ok(parsed)
    }
}

impl Outbox {
    /// Combines the tables of several files: for each key, the first one that has it wins.
    pub fn from_tables(tables: impl Iterator<Item = Table>) -> Self {
        let mut all = Table::default();
        for table in tables {
            all.enabled = all.enabled.or(table.enabled);
            all.texts = all.texts.or(table.texts);
            all.keep = all.keep.or(table.keep);
        }
        let default = Self::default();
        Self {
            enabled: all.enabled.unwrap_or(default.enabled),
            texts: all.texts.unwrap_or(default.texts),
            keep: all.keep.unwrap_or(default.keep),
        }
    }
}

/// Parses a number of days: `90d`.
pub fn parse_days(text: &str) -> Option<Duration> {
    let digits = text.strip_suffix('d')?;
    let days: u64 = digits.parse().ok().filter(|_| digits.bytes().all(|c| c.is_ascii_digit()))?;
    (MIN_DAYS..=MAX_DAYS).contains(&days).then(|| Duration::from_secs(days * DAY))
}

#[cfg(test)]
mod tests {
    use toml_edit::DocumentMut;

    use super::*;

    fn parse(text: &str) -> Result<Table, Invalid> {
        Table::parse(text.parse::<DocumentMut>().expect("TOML").as_table())
    }

    #[test]
    fn the_first_table_with_a_key_wins() {
        let system = parse("enabled = true\nkeep = \"30d\"").expect("valid");
        let user = parse("enabled = false\ntexts = true").expect("valid");
        let outbox = Outbox::from_tables([system, user].into_iter());
        let keep = Duration::from_secs(30 * DAY);
        assert_eq!(outbox, Outbox { enabled: true, texts: true, keep });
        assert_eq!(Outbox::from_tables(std::iter::empty()), Outbox::default());
        for text in ["keep = \"1d\"", "keep = 90", "keep = \"90\"", "texts = 1", "text = true"] {
            let invalid = parse(text).expect_err(text);
            assert!(text.starts_with(&invalid.key), "{invalid:?}");
        }
    }
}
