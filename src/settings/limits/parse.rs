//! Parses the table `[limits]`. A key or a value that is not valid is an error, because a rule that
//! is ignored would permit what a person has forbidden.

use std::path::{Path, PathBuf};

use toml_edit::{Item, TableLike};

use crate::settings::limits::{Pattern, Rule, Table};

/// What is wrong with a key.
#[derive(Debug, PartialEq, Eq)]
pub struct Invalid {
    pub key: String,
    pub message: String,
}

impl Table {
    /// Parses the table of a file.
    ///
    /// # Errors
    /// A key is unknown, or its value is not valid.
    pub fn parse(source: &Path, table: &dyn TableLike) -> Result<Self, Invalid> {
        let mut parsed = Self { source: source.to_path_buf(), ..Self::default() };
        for (key, item) in table.iter() {
            let added = match Rule::ALL.iter().find(|rule| rule.name() == key) {
                Some(rule) => parsed.add(*rule, item),
                None => Err("unknown".to_string()),
            };
            added.map_err(|message| Invalid {
                key: key.to_string(),
                message: match message.as_str() {
                    "unknown" => format!("unknown limit {key:?}; the limits are {}", names()),
                    _ => message,
                },
            })?;
        }
        Ok(parsed)
    }

    fn add(&mut self, rule: Rule, item: &Item) -> Result<(), String> {
        let name = rule.name();
        match rule {
            Rule::AllowRecipients => self.allow_recipients = Some(numbers(name, item)?),
            Rule::DenyRecipients => self.deny_recipients = numbers(name, item)?,
            Rule::DenyRecipientsFile => self.deny_recipients_file = Some(self.file(name, item)?),
            Rule::AllowSenders => self.allow_senders = Some(numbers(name, item)?),
            Rule::AllowSignatures => {
                let names = texts(name, item)?;
                let bare = |text: &String| Pattern::new(text.trim_matches(['【', '】']));
                self.allow_signatures = Some(names.iter().map(bare).collect());
            }
            Rule::AllowTemplates => {
                let codes = texts(name, item)?;
                self.allow_templates = Some(codes.iter().map(|code| Pattern::new(code)).collect());
            }
            Rule::MaxRecipients => self.max_recipients = Some(number(name, item)?),
            Rule::PerHour => self.per_hour = Some(number(name, item)?),
            Rule::PerDay => self.per_day = Some(number(name, item)?),
            Rule::PerRecipientPerDay => self.per_recipient_per_day = Some(number(name, item)?),
            Rule::QuietHours => self.quiet_hours = Some(text(name, item)?.parse()?),
            Rule::DenyCommands => self.deny_commands = commands(name, item)?,
            Rule::SandboxOnly => {
                let value = item.as_bool();
                self.sandbox_only = value.ok_or_else(|| format!("{name} takes true or false"))?;
            }
            Rule::Store => {
                let place = text(name, item)?;
                if !place.contains("://") && !Path::new(place).is_absolute() {
                    return Err(format!("{name} takes an absolute path or postgres://…"));
                }
                self.store = Some(place.to_string());
            }
            Rule::Credentials => return Err("unknown".into()),
        }
        Ok(())
    }

    /// A path, relative to the folder of the configuration file.
    fn file(&self, name: &str, item: &Item) -> Result<PathBuf, String> {
        let path = text(name, item)?;
        if path.is_empty() {
            return Err(format!("{name} takes the path of a file"));
        }
        let folder = self.source.parent().unwrap_or(Path::new(""));
        Ok(folder.join(path))
    }
}

fn names() -> String {
    let rules = Rule::ALL.iter().filter(|rule| **rule != Rule::Credentials);
    rules.map(|rule| rule.name()).collect::<Vec<_>>().join(", ")
}

fn text<'i>(name: &str, item: &'i Item) -> Result<&'i str, String> {
    item.as_str().ok_or_else(|| format!("{name} takes a text in quotes"))
}

fn texts(name: &str, item: &Item) -> Result<Vec<String>, String> {
    let wrong = || format!("{name} takes a list of texts, such as [\"one\", \"two\"]");
    let list = item.as_array().ok_or_else(wrong)?;
    let text = |value: &toml_edit::Value| {
        let text = value.as_str().filter(|text| !text.is_empty() && text.trim() == *text);
        text.map(str::to_string).ok_or_else(wrong)
    };
    list.iter().map(text).collect()
}

fn numbers(name: &str, item: &Item) -> Result<Vec<Pattern>, String> {
    let pattern = |text: String| {
        Pattern::for_number(&text).ok_or_else(|| {
            format!("{name}: {text:?} is not digits with the country code, such as \"86138*\"")
        })
    };
    texts(name, item)?.into_iter().map(pattern).collect()
}

fn number(name: &str, item: &Item) -> Result<u64, String> {
    let number = item.as_integer().and_then(|number| u64::try_from(number).ok());
    number.ok_or_else(|| format!("{name} takes a whole number, 0 or more"))
}

/// Commands without the name of the program: `templates delete`.
fn commands(name: &str, item: &Item) -> Result<Vec<String>, String> {
    let command = |text: String| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let words = words.strip_prefix(&["alimsg"]).unwrap_or(&words);
        let is_word = |word: &&str| word.bytes().all(|c| c.is_ascii_lowercase() || c == b'-');
        if words.is_empty() || !words.iter().all(is_word) {
            return Err(format!("{name}: {text:?} is not a command, such as \"templates delete\""));
        }
        Ok(words.join(" "))
    };
    texts(name, item)?.into_iter().map(command).collect()
}

#[cfg(test)]
mod tests {
    use toml_edit::DocumentMut;

    use super::*;

    fn parse(text: &str) -> Result<Table, Invalid> {
        let document: DocumentMut = text.parse().expect("TOML");
        Table::parse(Path::new("/etc/alimsg/config.toml"), document.as_table())
    }

    #[test]
    fn all_rules_of_a_table_are_parsed_and_shown() {
        let text = "allow_recipients = [\"86138*\", \"65*\"]\n\
                    deny_recipients = [\"8613800001000\"]\n\
                    deny_recipients_file = \"unsubscribed.txt\"\n\
                    allow_senders = [\"8613800000001\"]\n\
                    allow_signatures = [\"【Acme】\"]\n\
                    allow_templates = [\"SMS_1*\"]\n\
                    max_recipients = 100\nper_hour = 200\nper_day = 1000\n\
                    per_recipient_per_day = 3\n\
                    quiet_hours = \"22:00-08:00 Asia/Shanghai\"\n\
                    deny_commands = [\"alimsg templates  delete\"]\n\
                    sandbox_only = true\nstore = \"/var/lib/alimsg\"\n";
        let table = parse(text).expect("valid");
        let shown: Vec<(&str, String)> =
            table.rules().into_iter().map(|(rule, value)| (rule.name(), value)).collect();
        assert_eq!(shown.len(), Rule::ALL.len() - 1, "{shown:?}");
        for (rule, value) in [
            ("allow_recipients", "86138*, 65*"),
            ("deny_recipients_file", "/etc/alimsg/unsubscribed.txt"),
            ("allow_signatures", "Acme"),
            ("deny_commands", "templates delete"),
            ("per_hour", "200"),
        ] {
            assert!(shown.contains(&(rule, value.to_string())), "{rule}: {shown:?}");
        }
        assert!(parse("").expect("valid").rules().is_empty());
        let none = parse("allow_recipients = []").expect("valid");
        assert_eq!(none.allow_recipients, Some(Vec::new()), "no recipient is allowed");
    }

    #[test]
    fn a_key_or_a_value_that_is_not_valid_is_an_error() {
        for text in [
            "per_hours = 5",
            "credentials = true",
            "per_hour = \"5\"",
            "per_hour = -1",
            "per_hour = 1.5",
            "allow_recipients = \"86138*\"",
            "allow_recipients = [\"+86138*\"]",
            "allow_recipients = [86138]",
            "allow_templates = [\"\"]",
            "quiet_hours = \"22:00-08:00\"",
            "deny_commands = [\"\"]",
            "deny_commands = [\"Templates!\"]",
            "deny_recipients_file = \"\"",
            "sandbox_only = \"true\"",
            "store = \"state\"",
        ] {
            let invalid = parse(text).expect_err(text);
            assert!(text.starts_with(&invalid.key), "{invalid:?}");
            assert!(invalid.message.contains(&invalid.key), "{invalid:?}");
        }
    }
}
