//! One vocabulary for review statuses and SMS template types, which the services write in many ways.
//!
//! The services' words are documented. Only this module translates them into alimsg's.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::reply::fields;
use crate::error::{Failure, Result};

/// alimsg's words for the review status of a template, a signature or a qualification, each with the
/// services' words in lower case, without the prefix of the SMS lists.
///
/// - CAMS: `pass`, `fail`, `auditing`, `unaudit`, and WhatsApp's own words. `unaudit` waits for its
///   review as `auditing` does; a template that WhatsApp has paused is suspended.
/// - SMS, lists: `AUDIT_STATE_PASS`, `…INIT`, `…NOT_PASS`, `…CANCEL`, also misspelt `AUDIT_SATE_…`.
/// - SMS, replies about one item: 0, 1, 2, 10, as a number or as text.
/// - SMS, qualifications: `INIT PASS NOT_PASS NOT_FINISH CANCEL` in the list, `INT PASSED FAILED
///   NOT_FINISH CANCELED` in the detail. An unfinished one waits for its owner, not for the review,
///   and cannot be used: suspended.
const STATUSES: [(&str, &[&str]); 5] = [
    ("approved", &["approved", "pass", "passed", "1"]),
    ("rejected", &["rejected", "fail", "failed", "not_pass", "2"]),
    (
        "reviewing",
        &["reviewing", "init", "int", "auditing", "unaudit", "pending", "in_appeal", "0"],
    ),
    ("cancelled", &["cancelled", "canceled", "cancel", "deleted", "pending_deletion", "10"]),
    (
        "suspended",
        &[
            "suspended",
            "suspend",
            "not_finish",
            "pause",
            "paused",
            "disabled",
            "flagged",
            "limit_exceeded",
        ],
    ),
];

/// The prefixes of the SMS lists; the second is the service's misspelling.
const PREFIXES: [&str; 3] = ["audit_state_", "audit_sate_", "audit_"];

/// The word for a status that is missing in the reply.
pub const UNKNOWN: &str = "unknown";

/// alimsg's word for a status from any call; an unknown word stays as it is, in lower case.
pub fn status(word: &str) -> String {
    let word = word.trim().to_lowercase();
    known_status(&word).map_or(word, str::to_string)
}

/// alimsg's word for the status in the first of these fields that has a text.
pub fn status_in(object: &Value, names: &[&str]) -> String {
    fields::text(object, names).map_or_else(|| UNKNOWN.to_string(), |word| status(&word))
}

/// Parses the value of a flag: alimsg's word for a status or a service's own.
///
/// # Errors
/// An unknown word.
pub fn parse_status(flag: &str, word: &str) -> Result<&'static str> {
    known_status(&word.trim().to_lowercase()).ok_or_else(|| {
        Failure::usage(format!("unknown value {word:?} for {flag}")).hint(format!(
            "expected one of {}, or the service's own word, such as pass or AUDIT_STATE_PASS",
            statuses().join(", ")
        ))
    })
}

/// Checks that a signature or a template (`what`, with its name) is approved; `reason` is why it was
/// rejected.
///
/// # Errors
/// Any other status.
pub fn require_approved(what: &str, status: &str, reason: Option<&str>) -> Result<()> {
    let message = match status {
        "approved" => return Ok(()),
        UNKNOWN => format!("the service gives no review status for the {what}"),
        status => format!("the {what} is {status}, not approved"),
    };
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    Err(Failure::usage(message + &reason)
        .hint("the service sends with approved signatures and templates only"))
}

/// alimsg's words for review statuses.
pub fn statuses() -> [&'static str; 5] {
    STATUSES.map(|(ours, _)| ours)
}

fn known_status(word: &str) -> Option<&'static str> {
    let bare = PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix)).unwrap_or(word);
    STATUSES.iter().find(|(_, theirs)| theirs.contains(&bare)).map(|(ours, _)| *ours)
}

/// The purpose of an SMS template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TemplateType {
    Verification,
    Notification,
    Promotion,
    International,
}

impl TemplateType {
    pub const ALL: [Self; 4] =
        [Self::Verification, Self::Notification, Self::Promotion, Self::International];

    /// alimsg's word, the number in most calls, and the number in the list's `TemplateType`.
    const fn row(self) -> (&'static str, u64, u64) {
        match self {
            Self::Verification => ("verification", 0, 2),
            Self::Notification => ("notification", 1, 0),
            Self::Promotion => ("promotion", 2, 1),
            Self::International => ("international", 3, 6),
        }
    }

    pub const fn word(self) -> &'static str {
        self.row().0
    }

    /// The number in replies about one template, in calls that create or change one, and in the
    /// list's `OuterTemplateType`.
    pub const fn number(self) -> u64 {
        self.row().1
    }

    /// The number in the list's `TemplateType`.
    pub const fn number_in_list(self) -> u64 {
        self.row().2
    }

    pub fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.number() == number)
    }

    pub fn from_number_in_list(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.number_in_list() == number)
    }

    /// Parses the value of a flag: alimsg's word, or the number in the calls that create a template.
    ///
    /// # Errors
    /// An unknown word or number.
    pub fn parse(flag: &str, word: &str) -> Result<Self> {
        let lower = word.trim().to_lowercase();
        let number = lower.parse().ok().and_then(Self::from_number);
        let named = Self::ALL.into_iter().find(|known| known.word() == lower);
        number.or(named).ok_or_else(|| {
            Failure::usage(format!("unknown value {word:?} for {flag}"))
                .hint("expected verification, notification, promotion or international (0 to 3)")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_spelling_of_a_status_becomes_one_word() {
        for (words, ours) in [
            (["AUDIT_STATE_PASS", "PASS", "PASSED", "pass", "1", "Approved"], "approved"),
            (["AUDIT_STATE_NOT_PASS", "NOT_PASS", "FAILED", "fail", "2", "rejected"], "rejected"),
            (["AUDIT_STATE_INIT", "INIT", "INT", "auditing", "unaudit", "0"], "reviewing"),
            (
                ["AUDIT_STATE_CANCEL", "AUDIT_SATE_CANCEL", "CANCEL", "CANCELED", "cancel", "10"],
                "cancelled",
            ),
            (["NOT_FINISH", "PAUSED", "disabled", "suspended", " suspend ", "paused"], "suspended"),
        ] {
            for word in words {
                assert_eq!(status(word), ours, "{word}");
                assert_eq!(parse_status("--audit-status", word).expect(word), ours, "{word}");
            }
        }
    }

    #[test]
    fn an_unknown_status_is_kept_and_a_missing_one_is_unknown() {
        assert_eq!(status("AUDIT_STATE_FROZEN"), "audit_state_frozen");
        assert_eq!(status_in(&json!({"S": 1}), &["X", "S"]), "approved");
        assert_eq!(status_in(&json!({"S": [1]}), &["S"]), "unknown");
        let failure = parse_status("--audit-status", "done").expect_err("not a status");
        assert!(failure.hint.as_deref().is_some_and(|hint| hint.contains("reviewing")));
    }

    #[test]
    fn template_types_have_other_numbers_in_the_list() {
        use TemplateType::{International, Notification, Promotion, Verification};
        for (kind, look_up, list) in
            [(Verification, 0, 2), (Notification, 1, 0), (Promotion, 2, 1), (International, 3, 6)]
        {
            assert_eq!(TemplateType::from_number(look_up), Some(kind));
            assert_eq!(TemplateType::from_number_in_list(list), Some(kind));
            assert_eq!(TemplateType::parse("--template-type", kind.word()).expect("word"), kind);
            let number = look_up.to_string();
            assert_eq!(TemplateType::parse("--template-type", &number).expect("number"), kind);
        }
        assert_eq!(
            (TemplateType::from_number(4), TemplateType::from_number_in_list(3)),
            (None, None)
        );
        TemplateType::parse("--template-type", "6").expect_err("the list's number");
    }
}
