//! The limits that a person sets: the table `[limits]` of the configuration files.
//!
//! Each file has its own table, and all of them apply to a send, so the strictest rule wins.

mod parse;
mod pattern;
mod quiet_hours;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::named_enum::named_enum;
pub use parse::Invalid;
pub use pattern::Pattern;
pub use quiet_hours::QuietHours;

named_enum! {
    /// A rule; its name is the key in `[limits]`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Rule {
        AllowRecipients = "allow_recipients",
        DenyRecipients = "deny_recipients",
        DenyRecipientsFile = "deny_recipients_file",
        AllowSenders = "allow_senders",
        AllowSignatures = "allow_signatures",
        AllowTemplates = "allow_templates",
        MaxRecipients = "max_recipients",
        PerHour = "per_hour",
        PerDay = "per_day",
        PerRecipientPerDay = "per_recipient_per_day",
        QuietHours = "quiet_hours",
        DenyCommands = "deny_commands",
        SandboxOnly = "sandbox_only",
        Store = "store",
        /// Applies without a key: no text may contain what looks like a credential.
        Credentials = "credentials",
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The rules of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The file.
    pub source: PathBuf,
    pub allow_recipients: Option<Vec<Pattern>>,
    pub deny_recipients: Vec<Pattern>,
    /// A file of numbers that must never be contacted.
    pub deny_recipients_file: Option<PathBuf>,
    pub allow_senders: Option<Vec<Pattern>>,
    pub allow_signatures: Option<Vec<Pattern>>,
    pub allow_templates: Option<Vec<Pattern>>,
    pub max_recipients: Option<u64>,
    pub per_hour: Option<u64>,
    pub per_day: Option<u64>,
    pub per_recipient_per_day: Option<u64>,
    pub quiet_hours: Option<QuietHours>,
    pub deny_commands: Vec<String>,
    pub sandbox_only: bool,
    /// The store that has to be used: the path of a state folder or a URL without a password.
    pub store: Option<String>,
}

/// A maximum number of messages in a period that ends now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountRule {
    pub rule: Rule,
    pub max: u64,
    pub window: Duration,
    pub source: PathBuf,
}

/// The limits of a run, in one table for each file that has some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    pub tables: Vec<Table>,
}

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Limits {
    /// The rules that count messages.
    pub fn counts(&self) -> Vec<CountRule> {
        let of_table = |table: &Table| {
            [
                (Rule::PerHour, table.per_hour, HOUR),
                (Rule::PerDay, table.per_day, DAY),
                (Rule::PerRecipientPerDay, table.per_recipient_per_day, DAY),
            ]
            .into_iter()
            .filter_map(|(rule, max, window)| {
                Some(CountRule { rule, max: max?, window, source: table.source.clone() })
            })
            .collect::<Vec<_>>()
        };
        self.tables.iter().flat_map(of_table).collect()
    }

    /// Whether a rule counts messages, so that each send needs a record.
    pub fn has_counts(&self) -> bool {
        !self.counts().is_empty()
    }

    /// The number of messages that one call may have, so that it can ever be sent.
    pub fn max_messages_per_call(&self) -> Option<u64> {
        let counts = self.counts();
        let total = counts.iter().filter(|count| count.rule != Rule::PerRecipientPerDay);
        total.map(|count| count.max.max(1)).min()
    }

    /// The quiet hours at this moment, and when they end: those that end last.
    pub fn quiet_until(&self, now: Timestamp) -> Option<(&Path, Timestamp)> {
        let quiet = self.tables.iter().filter_map(|table| {
            let end = table.quiet_hours.as_ref()?.end_after(now)?;
            Some((table.source.as_path(), end))
        });
        quiet.max_by_key(|(_, end)| *end)
    }
}

impl Table {
    /// The rules that this table has, with their values as they are shown.
    pub fn rules(&self) -> Vec<(Rule, String)> {
        let list = |patterns: &[Pattern]| {
            patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join(", ")
        };
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        let not_empty = |text: String| Some(text).filter(|text| !text.is_empty());
        let shown = |rule: Rule| match rule {
            Rule::AllowRecipients => self.allow_recipients.as_deref().map(list),
            Rule::DenyRecipients => not_empty(list(&self.deny_recipients)),
            Rule::DenyRecipientsFile => {
                self.deny_recipients_file.as_ref().map(|path| path.display().to_string())
            }
            Rule::AllowSenders => self.allow_senders.as_deref().map(list),
            Rule::AllowSignatures => self.allow_signatures.as_deref().map(list),
            Rule::AllowTemplates => self.allow_templates.as_deref().map(list),
            Rule::MaxRecipients => number(self.max_recipients),
            Rule::PerHour => number(self.per_hour),
            Rule::PerDay => number(self.per_day),
            Rule::PerRecipientPerDay => number(self.per_recipient_per_day),
            Rule::QuietHours => self.quiet_hours.as_ref().map(ToString::to_string),
            Rule::DenyCommands => not_empty(self.deny_commands.join(", ")),
            Rule::SandboxOnly => self.sandbox_only.then(|| "true".to_string()),
            Rule::Store => self.store.clone(),
            Rule::Credentials => None,
        };
        Rule::ALL.iter().filter_map(|rule| Some((*rule, shown(*rule)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_maximum_limits_a_call_and_quiet_hours_end_last() {
        let quiet = |text: &str| Some(text.parse().expect("valid"));
        let table = |name: &str, per_hour, per_day, quiet_hours| Table {
            source: name.into(),
            per_hour,
            per_day,
            per_recipient_per_day: Some(1),
            quiet_hours,
            ..Table::default()
        };
        let limits = Limits {
            tables: vec![
                table("a", Some(200), None, quiet("22:00-06:00 UTC")),
                table("b", None, Some(50), quiet("21:00-07:00 UTC")),
            ],
        };
        assert_eq!(limits.max_messages_per_call(), Some(50));
        assert_eq!(limits.counts().len(), 4);
        let now = "2026-01-01T23:00:00Z".parse().expect("a time");
        let (source, end) = limits.quiet_until(now).expect("quiet");
        assert_eq!((source, end.to_string()), (Path::new("b"), "2026-01-02T07:00:00Z".into()));
        assert!(!Limits::default().has_counts());
    }
}
