//! The codes of receipts: what each means, and what to do about it.
//!
//! The codes are documented by the service; the sentences are alimsg's. Carriers have many more
//! codes; those are shown as they are.

/// What a code means for the delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Delivered,
    Waiting,
    Failed,
}

/// A code, what it means for the delivery and in words, and what to do; empty if nothing.
pub type Code = (&'static str, Verdict, &'static str, &'static str);

/// The documented codes.
#[rustfmt::skip]
pub static CODES: &[Code] = &[
    ("DELIVERED", Verdict::Delivered, "the carrier confirmed the delivery", ""),
    ("REQUEST_SUCCESS", Verdict::Waiting,
        "accepted, the carrier has not reported yet", "ask again later"),
    ("MOBILE_NOT_ON_SERVICE", Verdict::Failed,
        "the number is out of service", "stop sending to it"),
    ("INVALID_NUMBER", Verdict::Failed,
        "the number does not exist", "correct or remove it"),
    ("MOBILE_SEND_LIMIT", Verdict::Failed,
        "the recipient has reached the limit for today", "wait 24 hours"),
    ("MOBILE_ACCOUNT_ABNORMAL", Verdict::Failed,
        "the recipient's contract is closed or in arrears", "treat the number as inactive"),
    ("MOBILE_IN_BLACK", Verdict::Failed,
        "the number is on the carrier's blacklist", "remove the recipient"),
    ("MOBILE_TERMINAL_ERROR", Verdict::Failed,
        "the handset is switched off or out of reach", "try once more after some hours"),
    ("USER_REJECT", Verdict::Failed,
        "the recipient has opted out", "respect it and remove the recipient"),
    ("CONTENT_KEYWORD", Verdict::Failed,
        "the carrier found a forbidden word in the text", "change the template or its variables"),
    ("CONTENT_ERROR", Verdict::Failed,
        "a marketing text must explain how to opt out", "add that to the template"),
    ("EXPIRED", Verdict::Failed,
        "the message expired in the carrier's queue", "it may be sent again"),
    ("NO_ROUTE", Verdict::Failed,
        "there is no route to this number", "open a ticket"),
    ("SP_NOT_BY_INTER_SMS", Verdict::Failed,
        "international sending is not enabled", "use a signature and a template that have it"),
    ("SP_UNKNOWN_ERROR", Verdict::Failed,
        "the carrier failed without giving a reason", "try once more, then open a ticket"),
];

/// The row of a code, in upper or lower case: carriers differ.
fn find(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(code.trim()))
}

pub fn verdict(code: &str) -> Option<Verdict> {
    find(code).map(|(_, verdict, ..)| *verdict)
}

/// What a code means and what to do, in one line.
pub fn explanation(code: &str) -> Option<String> {
    match find(code)? {
        (_, _, meaning, "") => Some((*meaning).to_string()),
        (_, _, meaning, action) => Some(format!("{meaning}: {action}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once_and_every_failure_has_an_action() {
        for row @ (code, verdict, meaning, action) in CODES {
            assert!(std::ptr::eq(find(code).expect("listed"), row), "{code} is listed twice");
            assert!(!meaning.is_empty() && !meaning.ends_with('.'), "{code}");
            assert!(*verdict != Verdict::Failed || !action.is_empty(), "{code}");
        }
        assert!(find("MK:0001").is_none());
        assert_eq!(verdict("delivered"), Some(Verdict::Delivered));
    }
}
