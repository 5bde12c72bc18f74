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

/// One code of the table.
#[derive(Debug)]
pub struct Code {
    pub code: &'static str,
    pub verdict: Verdict,
    pub meaning: &'static str,
    /// What to do; empty if nothing.
    pub action: &'static str,
}

impl Code {
    /// Meaning and action, in one line.
    pub fn explanation(&self) -> String {
        if self.action.is_empty() {
            self.meaning.to_string()
        } else {
            format!("{}: {}", self.meaning, self.action)
        }
    }
}

/// The documented codes.
#[rustfmt::skip]
static CODES: &[Code] = &[
    code("DELIVERED", Verdict::Delivered, "the carrier confirmed the delivery", ""),
    code("REQUEST_SUCCESS", Verdict::Waiting,
        "accepted, the carrier has not reported yet", "ask again later"),
    code("MOBILE_NOT_ON_SERVICE", Verdict::Failed,
        "the number is out of service", "stop sending to it"),
    code("INVALID_NUMBER", Verdict::Failed,
        "the number does not exist", "correct or remove it"),
    code("MOBILE_SEND_LIMIT", Verdict::Failed,
        "the recipient has reached the limit for today", "wait 24 hours"),
    code("MOBILE_ACCOUNT_ABNORMAL", Verdict::Failed,
        "the recipient's contract is closed or in arrears", "treat the number as inactive"),
    code("MOBILE_IN_BLACK", Verdict::Failed,
        "the number is on the carrier's blacklist", "remove the recipient"),
    code("MOBILE_TERMINAL_ERROR", Verdict::Failed,
        "the handset is switched off or out of reach", "try once more after some hours"),
    code("USER_REJECT", Verdict::Failed,
        "the recipient has opted out", "respect it and remove the recipient"),
    code("CONTENT_KEYWORD", Verdict::Failed,
        "the carrier found a forbidden word in the text", "change the template or its variables"),
    code("CONTENT_ERROR", Verdict::Failed,
        "a marketing text must explain how to opt out", "add that to the template"),
    code("EXPIRED", Verdict::Failed,
        "the message expired in the carrier's queue", "it may be sent again"),
    code("NO_ROUTE", Verdict::Failed,
        "there is no route to this number", "open a ticket"),
    code("SP_NOT_BY_INTER_SMS", Verdict::Failed,
        "international sending is not enabled", "use a signature and a template that have it"),
    code("SP_UNKNOWN_ERROR", Verdict::Failed,
        "the carrier failed without giving a reason", "try once more, then open a ticket"),
];

const fn code(
    code: &'static str,
    verdict: Verdict,
    meaning: &'static str,
    action: &'static str,
) -> Code {
    Code { code, verdict, meaning, action }
}

/// The entry for a code, in upper or lower case: carriers differ.
pub fn find(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|entry| entry.code.eq_ignore_ascii_case(code.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once_and_every_failure_has_an_action() {
        for entry in CODES {
            let found = find(entry.code).expect("listed");
            assert!(std::ptr::eq(found, entry), "{} is listed twice", entry.code);
            assert!(!entry.meaning.is_empty() && !entry.meaning.ends_with('.'), "{}", entry.code);
            assert!(entry.verdict != Verdict::Failed || !entry.action.is_empty(), "{}", entry.code);
        }
        assert!(find("MK:0001").is_none());
        assert_eq!(find("delivered").map(|entry| entry.verdict), Some(Verdict::Delivered));
    }
}
