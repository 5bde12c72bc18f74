//! The rules that need no record: recipients, senders, signatures, templates, the number of
//! recipients, and credentials in texts.

use std::path::PathBuf;

use crate::error::{Failure, Result};
use crate::message::exclusions::Exclusions;
use crate::message::phone;
use crate::send::limits::{Subject, credentials, refusal};
use crate::settings::Settings;
use crate::settings::limits::{Limits, Pattern, Rule};
use crate::storage;

/// The result of a check.
pub type Checked = std::result::Result<(), Violation>;

/// A limit that does not permit a message.
#[derive(Debug)]
pub struct Violation {
    pub rule: Rule,
    source: PathBuf,
    /// What is not permitted, in a clause.
    what: String,
}

impl Violation {
    /// The reason for a row of a batch.
    pub fn reason(&self) -> String {
        format!("limit {}: {}", self.rule.name(), self.what)
    }
}

impl From<Violation> for Box<Failure> {
    fn from(violation: Violation) -> Self {
        refusal(violation.rule, &violation.source, &violation.what)
    }
}

/// Checks everything that all messages of a command have in common.
///
/// # Errors
/// A limit does not permit it.
pub fn check_fixed(settings: &Settings, subject: &Subject<'_>) -> Checked {
    for table in &settings.limits.tables {
        let violation =
            |rule, what: String| Err(Violation { rule, source: table.source.clone(), what });
        if table.sandbox_only && !settings.sandbox {
            return violation(Rule::SandboxOnly, "only the sandbox may be used".into());
        }
        // The sandbox sends nothing and has counts of its own.
        if let Some(place) = table.store.as_ref().filter(|_| !settings.sandbox)
            && !storage::is_at(settings, place)
        {
            return violation(Rule::Store, format!("only the store {place} may be used"));
        }
        if let (Some(allowed), Some(sender)) = (&table.allow_senders, subject.sender)
            && !any_matches(allowed, sender)
        {
            return violation(Rule::AllowSenders, format!("the sender {sender} is not allowed"));
        }
        if let Some(allowed) = &table.allow_templates {
            match subject.template {
                Some(code) if any_matches(allowed, code) => {}
                Some(code) => {
                    let what = format!("the template {code} is not allowed");
                    return violation(Rule::AllowTemplates, what);
                }
                // A free text could contain anything.
                None => {
                    let what = "only messages with an allowed template may be sent".into();
                    return violation(Rule::AllowTemplates, what);
                }
            }
        }
    }
    Ok(())
}

/// Checks the signature of an SMS.
///
/// # Errors
/// A limit does not permit it.
pub fn check_signature(limits: &Limits, name: &str) -> Checked {
    let bare = name.trim_matches(['【', '】']);
    for table in &limits.tables {
        if table.allow_signatures.as_ref().is_some_and(|allowed| !any_matches(allowed, bare)) {
            let what = format!("the signature {name:?} is not allowed");
            let (rule, source) = (Rule::AllowSignatures, table.source.clone());
            return Err(Violation { rule, source, what });
        }
    }
    Ok(())
}

/// Checks the number of recipients of one command.
///
/// # Errors
/// There are too many.
pub fn check_recipients(limits: &Limits, recipients: u64) -> Checked {
    for table in &limits.tables {
        if let Some(max) = table.max_recipients.filter(|max| recipients > *max) {
            let what = format!("{recipients} recipients in one command; the maximum is {max}");
            let (rule, source) = (Rule::MaxRecipients, table.source.clone());
            return Err(Violation { rule, source, what });
        }
    }
    Ok(())
}

/// Checks that a text does not contain what looks like a credential.
///
/// # Errors
/// It does.
pub fn check_credentials(text: &str) -> Checked {
    match credentials::find(text) {
        Some(kind) => Err(Violation {
            rule: Rule::Credentials,
            source: PathBuf::new(),
            what: format!("the message contains what looks like {kind}"),
        }),
        None => Ok(()),
    }
}

fn any_matches(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(text))
}

/// The rules for recipients.
#[derive(Debug, Default)]
pub struct RecipientRules {
    tables: Vec<RecipientTable>,
}

#[derive(Debug)]
struct RecipientTable {
    source: PathBuf,
    allowed: Option<Vec<Pattern>>,
    denied: Vec<Pattern>,
    never: Exclusions,
}

impl RecipientRules {
    /// Takes the rules from the limits, and loads the files of numbers.
    ///
    /// # Errors
    /// A file cannot be read or has a line without a number: then nothing is sent.
    pub fn load(limits: &Limits) -> Result<Self> {
        let mut tables = Vec::new();
        for table in &limits.tables {
            let never = match &table.deny_recipients_file {
                Some(path) => {
                    let name = Rule::DenyRecipientsFile.name();
                    Exclusions::load(name, path).map_err(|failure| {
                        let what = format!("nothing is sent, because {}", failure.message);
                        refusal(Rule::DenyRecipientsFile, &table.source, &what).hint(
                            "correct its path or the file, which has one phone number on each line",
                        )
                    })?
                }
                None => Exclusions::default(),
            };
            let (allowed, denied) = (table.allow_recipients.clone(), table.deny_recipients.clone());
            if allowed.is_some() || !denied.is_empty() || !never.is_empty() {
                tables.push(RecipientTable {
                    source: table.source.clone(),
                    allowed,
                    denied,
                    never,
                });
            }
        }
        Ok(Self { tables })
    }

    /// Checks a recipient, in any notation that its service takes.
    ///
    /// # Errors
    /// A limit does not permit it.
    pub fn check(&self, is_sms: bool, number: &str) -> Checked {
        if self.tables.is_empty() {
            return Ok(());
        }
        let full = phone::with_country_code(is_sms, number);
        for table in &self.tables {
            let violation = |rule, what: &str| {
                let what = format!("the recipient {} {what}", phone::masked(&full));
                Err(Violation { rule, source: table.source.clone(), what })
            };
            if table.never.contains(&full) {
                return violation(Rule::DenyRecipientsFile, "must not be contacted");
            }
            // A pattern without a country code denies the number as well.
            let national = phone::canonical_sms_number(&full);
            if any_matches(&table.denied, &full) || any_matches(&table.denied, national) {
                return violation(Rule::DenyRecipients, "is denied");
            }
            if table.allowed.as_ref().is_some_and(|allowed| !any_matches(allowed, &full)) {
                return violation(Rule::AllowRecipients, "is not allowed");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::limits::Table;

    fn rules(allow: Option<&[&str]>, deny: &[&str]) -> RecipientRules {
        let patterns = |texts: &[&str]| texts.iter().map(|text| Pattern::new(text)).collect();
        let table = Table {
            source: "/c.toml".into(),
            allow_recipients: allow.map(patterns),
            deny_recipients: patterns(deny),
            ..Table::default()
        };
        RecipientRules::load(&Limits { tables: vec![table] }).expect("loaded")
    }

    fn rule_for(rules: &RecipientRules, is_sms: bool, number: &str) -> Option<&'static str> {
        rules.check(is_sms, number).err().map(|violation| violation.rule.name())
    }

    #[test]
    fn every_notation_of_a_number_is_matched_with_its_country_code() {
        let allowed = rules(Some(&["86138*"]), &["8613800001001"]);
        for number in ["13800001000", "+8613800001000", "008613800001000", "8613800001000"] {
            assert_eq!(rule_for(&allowed, true, number), None, "{number}");
            let denied = number.replace("1000", "1001");
            assert_eq!(rule_for(&allowed, true, &denied), Some("deny_recipients"), "{denied}");
            let other = number.replace("138", "139");
            assert_eq!(rule_for(&allowed, true, &other), Some("allow_recipients"), "{other}");
        }
        assert_eq!(rule_for(&allowed, false, "8613800001000"), None);
        // A chat number always has a country code: this one begins with 1.
        assert_eq!(rule_for(&allowed, false, "13800001000"), Some("allow_recipients"));
        assert_eq!(rule_for(&rules(Some(&[]), &[]), false, "1"), Some("allow_recipients"));
        let without_code = rules(None, &["13800001000"]);
        assert_eq!(rule_for(&without_code, true, "+8613800001000"), Some("deny_recipients"));
    }

    #[test]
    fn a_file_of_numbers_that_cannot_be_read_stops_every_send() {
        let table = Table {
            source: "/c.toml".into(),
            deny_recipients_file: Some("/nonexistent/numbers".into()),
            ..Table::default()
        };
        let failure = RecipientRules::load(&Limits { tables: vec![table] }).expect_err("no file");
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.message.contains("limit deny_recipients_file"), "{}", failure.message);
    }
}
