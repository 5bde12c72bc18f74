//! Audit statuses and SMS template types: maps the names of the services to one set of names.
//!
//! The names of the services are documented; this module alone decides which of ours they become.

use serde_json::Value;

use crate::api::reply::fields;
use crate::error::{Failure, Result};

/// Our status of a template, signature or qualification, and the names of the services for it, in
/// lower case and without the prefix of the SMS lists.
///
/// - CAMS: `pass`, `fail`, `auditing`, `unaudit`, and WhatsApp's own names. Both `auditing` and
///   `unaudit` (not audited yet) count as reviewing; a template that WhatsApp paused is suspended.
/// - SMS lists: `AUDIT_STATE_PASS`, `…INIT`, `…NOT_PASS`, `…CANCEL`, also misspelt `AUDIT_SATE_…`.
/// - SMS single queries: 0, 1, 2, 10, as a number or as text.
/// - SMS qualifications: `INIT PASS NOT_PASS NOT_FINISH CANCEL` in the list, `INT PASSED FAILED
///   NOT_FINISH CANCELED` in the detail. An unfinished one waits for its owner, not for a review,
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

/// Prefixes of the SMS lists; the second is a misspelling of the service.
const PREFIXES: [&str; 3] = ["audit_state_", "audit_sate_", "audit_"];

/// The status if the service did not name one.
pub const UNKNOWN: &str = "unknown";

/// Our name for a status of any call; an unknown one is returned in lower case.
pub fn status(word: &str) -> String {
    let word = word.trim().to_lowercase();
    known_status(&word).map_or(word, str::to_string)
}

/// Our name for the status in the first of these fields that has one, else [`UNKNOWN`].
pub fn status_in(object: &Value, names: &[&str]) -> String {
    fields::text(object, names).map_or_else(|| UNKNOWN.to_string(), |word| status(&word))
}

/// Parses the status that a user gave, in our name or in that of a service.
///
/// # Errors
/// The status is unknown.
pub fn parse_status(flag: &str, word: &str) -> Result<&'static str> {
    known_status(&word.trim().to_lowercase()).ok_or_else(|| {
        Failure::usage(format!("unknown value {word:?} for {flag}")).hint(format!(
            "expected {}, or the service's own name, such as pass or AUDIT_STATE_PASS",
            statuses().join(", ")
        ))
    })
}

/// Requires an approved status. `what` names the object, such as `signature Acme`; `reason` is why
/// it was rejected.
///
/// # Errors
/// The status is not approved.
pub fn require_approved(what: &str, status: &str, reason: Option<&str>) -> Result<()> {
    let message = match status {
        "approved" => return Ok(()),
        UNKNOWN => format!("the service did not return the status of the {what}"),
        status => format!("the {what} is {status}, not approved"),
    };
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    Err(Failure::usage(message + &reason)
        .hint("only approved signatures and templates can be used to send"))
}

/// Our names for statuses.
pub fn statuses() -> [&'static str; 5] {
    STATUSES.map(|(ours, _)| ours)
}

fn known_status(word: &str) -> Option<&'static str> {
    let bare = PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix)).unwrap_or(word);
    STATUSES.iter().find(|(_, theirs)| theirs.contains(&bare)).map(|(ours, _)| *ours)
}

/// The purpose of an SMS template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateType {
    Verification,
    Notification,
    Promotion,
    International,
}

impl TemplateType {
    pub const ALL: [Self; 4] =
        [Self::Verification, Self::Notification, Self::Promotion, Self::International];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::Notification => "notification",
            Self::Promotion => "promotion",
            Self::International => "international",
        }
    }

    /// The number in single queries, in the calls that create and update, and in the list's
    /// `OuterTemplateType`.
    pub const fn number(self) -> u64 {
        match self {
            Self::Verification => 0,
            Self::Notification => 1,
            Self::Promotion => 2,
            Self::International => 3,
        }
    }

    /// The number in the list's `TemplateType`.
    pub const fn number_in_list(self) -> u64 {
        match self {
            Self::Notification => 0,
            Self::Promotion => 1,
            Self::Verification => 2,
            Self::International => 6,
        }
    }

    pub fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.number() == number)
    }

    pub fn from_number_in_list(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.number_in_list() == number)
    }

    /// Parses the type that a user gave: our name, or the number of the calls that create.
    ///
    /// # Errors
    /// The type is unknown.
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
    fn every_name_of_a_status_maps_to_one_of_ours() {
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
        let failure = parse_status("--audit-status", "done").expect_err("an unknown status");
        assert!(failure.hint.as_deref().is_some_and(|hint| hint.contains("reviewing")));
    }

    #[test]
    fn the_list_numbers_types_differently() {
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
