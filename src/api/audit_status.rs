//! One vocabulary for what the services name in many ways: states of audits, types of templates.
//!
//! The words of the services are documented; which of ours they become is decided here and nowhere
//! else.

use serde_json::Value;

use crate::api::reply::fields;
use crate::error::{Failure, Result};

/// Our words for the state of a template, a signature or a qualification, and those of the
/// services, in lower case and without the prefix of the SMS lists.
///
/// - CAMS: `pass`, `fail`, `auditing`, `unaudit`, and WhatsApp's own words. What is not audited yet
///   waits for its review like what is being audited; what WhatsApp has paused is suspended.
/// - SMS, lists: `AUDIT_STATE_PASS`, `…INIT`, `…NOT_PASS`, `…CANCEL`, also misspelt `AUDIT_SATE_…`.
/// - SMS, single look-ups: 0, 1, 2, 10, as a number or as text.
/// - SMS, qualifications: `INIT PASS NOT_PASS NOT_FINISH CANCEL` in the list, `INT PASSED FAILED
///   NOT_FINISH CANCELED` in the detail. One that is not finished waits for its owner, not for the
///   review, and cannot be used: suspended.
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

/// What the SMS lists write in front of their words; the second is a misspelling of the service.
const PREFIXES: [&str; 3] = ["audit_state_", "audit_sate_", "audit_"];

/// The word for a state that the service did not name.
pub const UNKNOWN: &str = "unknown";

/// Our word for a state, whichever call it comes from; the service's own in lower case where it is
/// a new one.
pub fn status(word: &str) -> String {
    let word = word.trim().to_lowercase();
    known_status(&word).map_or(word, str::to_string)
}

/// Our word for the state in the first of these fields of an object that has one.
pub fn status_in(object: &Value, names: &[&str]) -> String {
    fields::text(object, names).map_or_else(|| UNKNOWN.to_string(), |word| status(&word))
}

/// Our word for a state that the user has written in ours or in a service's own.
///
/// # Errors
/// It is no state.
pub fn read_status(flag: &str, word: &str) -> Result<&'static str> {
    known_status(&word.trim().to_lowercase()).ok_or_else(|| {
        Failure::usage(format!("{flag} {word:?} is no state of an audit")).hint(format!(
            "one of {}, or the service's own word, such as pass or AUDIT_STATE_PASS",
            statuses().join(", ")
        ))
    })
}

/// `what` is a signature or a template and its name, `reason` why it was rejected.
///
/// # Errors
/// Its state is another than approved.
pub fn require_approved(what: &str, status: &str, reason: Option<&str>) -> Result<()> {
    let message = match status {
        "approved" => return Ok(()),
        UNKNOWN => format!("the service does not name the state of the {what}"),
        status => format!("the {what} is {status}, not approved"),
    };
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    Err(Failure::usage(message + &reason).hint("the service sends with approved ones only"))
}

/// Our words for states.
pub fn statuses() -> [&'static str; 5] {
    STATUSES.map(|(ours, _)| ours)
}

fn known_status(word: &str) -> Option<&'static str> {
    let bare = PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix)).unwrap_or(word);
    STATUSES.iter().find(|(_, theirs)| theirs.contains(&bare)).map(|(ours, _)| *ours)
}

/// What an SMS template is for.
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

    /// As single look-ups count, and the calls that create and change; the list's
    /// `OuterTemplateType` counts so as well.
    pub const fn number(self) -> u64 {
        match self {
            Self::Verification => 0,
            Self::Notification => 1,
            Self::Promotion => 2,
            Self::International => 3,
        }
    }

    /// As the list's `TemplateType` counts.
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

    /// The type that the user means, by our word or by the number of the calls that create.
    ///
    /// # Errors
    /// It is no type.
    pub fn read(flag: &str, word: &str) -> Result<Self> {
        let lower = word.trim().to_lowercase();
        let number = lower.parse().ok().and_then(Self::from_number);
        let named = Self::ALL.into_iter().find(|known| known.word() == lower);
        number.or(named).ok_or_else(|| {
            Failure::usage(format!("{flag} {word:?} is no type of an SMS template"))
                .hint("one of verification, notification, promotion, international (0 to 3)")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_spelling_of_a_state_is_one_word() {
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
                assert_eq!(read_status("--audit-status", word).expect(word), ours, "{word}");
            }
        }
    }

    #[test]
    fn a_new_word_is_kept_and_a_missing_one_is_unknown() {
        assert_eq!(status("AUDIT_STATE_FROZEN"), "audit_state_frozen");
        assert_eq!(status_in(&json!({"S": 1}), &["X", "S"]), "approved");
        assert_eq!(status_in(&json!({"S": [1]}), &["S"]), "unknown");
        let failure = read_status("--audit-status", "done").expect_err("no state");
        assert!(failure.hint.as_deref().is_some_and(|hint| hint.contains("reviewing")));
    }

    #[test]
    fn the_list_counts_types_in_its_own_way() {
        use TemplateType::{International, Notification, Promotion, Verification};
        for (kind, look_up, list) in
            [(Verification, 0, 2), (Notification, 1, 0), (Promotion, 2, 1), (International, 3, 6)]
        {
            assert_eq!(TemplateType::from_number(look_up), Some(kind));
            assert_eq!(TemplateType::from_number_in_list(list), Some(kind));
            assert_eq!(TemplateType::read("--template-type", kind.word()).expect("word"), kind);
            let number = look_up.to_string();
            assert_eq!(TemplateType::read("--template-type", &number).expect("number"), kind);
        }
        assert_eq!(
            (TemplateType::from_number(4), TemplateType::from_number_in_list(3)),
            (None, None)
        );
        TemplateType::read("--template-type", "6").expect_err("the list's number");
    }
}
