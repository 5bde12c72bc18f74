//! `alimsg explain`: what an error code or a code of a receipt means, and what to do. Works offline.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::api::error_codes::{self, CODES, Cause, Code, Layer};
use crate::cli::prelude::*;
use crate::error::{Kind, Outcome};
use crate::output::report::Total;
use crate::sms::receipt::codes::{self as receipts, Verdict};

/// How many similar codes are named for a misspelt one.
const SUGGESTIONS: usize = 5;
/// How similar a code must be, from 0 to 1.
const SIMILARITY: f64 = 0.6;

#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is started and no account is needed.

Examples:
  alimsg --sandbox explain isv.SMS_TEMPLATE_ILLEGAL
  alimsg explain 131047
  alimsg explain isv.BUSINESS_LIMIT_CONTROL --json
  alimsg explain")]
pub struct Flags {
    /// Error code of a service, or code of a receipt [default: list all codes]
    #[arg(value_name = "CODE", allow_hyphen_values = true)]
    code: Option<String>,
}

/// A code in the list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Row {
    code: &'static str,
    source: &'static str,
    meaning: &'static str,
}

/// What a code means for a message that got it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Explanation {
    code: String,
    /// Who returns the code.
    source: String,
    meaning: String,
    /// Whether the message went out.
    outcome: Outcome,
    /// The same in words.
    sent: &'static str,
    /// What to do.
    hint: String,
    /// Commands to type.
    next: Vec<String>,
    /// The same command can succeed later, and repeating it cannot send twice.
    retryable: bool,
    /// The exit code of a send that failed with it; `null` for a receipt.
    exit_code: Option<u8>,
}

/// Explains a code, or lists all codes.
///
/// # Errors
/// The code is unknown.
pub fn run(_: &Context, flags: Flags) -> Result<Report> {
    let Some(code) = &flags.code else {
        let rows = rows();
        let total = Total { total: rows.len() as u64 };
        return Ok(Report::from_rows("codes", rows, &total, Value::Null));
    };
    let explanation = explain(code).ok_or_else(|| unknown(code))?;
    Ok(Report::from_record(&explanation, Value::Null))
}

fn rows() -> Vec<Row> {
    let errors = CODES.iter().map(|entry| Row {
        code: entry.code,
        source: source(entry.layer),
        meaning: entry.meaning,
    });
    let receipts =
        receipts::CODES.iter().map(|(code, _, meaning, _)| Row { code, source: RECEIPT, meaning });
    errors.chain(receipts).collect()
}

const RECEIPT: &str = "receipt";

const fn source(layer: Layer) -> &'static str {
    match layer {
        Layer::Gateway => "aliyun",
        Layer::Cams => "whatsapp",
        Layer::Meta => "meta",
        Layer::Sms => "sms",
    }
}

fn explain(code: &str) -> Option<Explanation> {
    let errors = error_codes::named(code);
    if errors.is_empty() {
        return receipts::CODES
            .iter()
            .find(|(known, ..)| known.eq_ignore_ascii_case(code.trim()))
            .map(from_receipt);
    }
    from_errors(code, &errors)
}

/// One explanation of the entries for a code: two services can return the same one.
fn from_errors(code: &str, entries: &[&'static Code]) -> Option<Explanation> {
    let first = entries.first()?;
    let join = |part: &dyn Fn(&Code) -> String| {
        let mut parts: Vec<String> = entries.iter().map(|entry| part(entry)).collect();
        parts.dedup();
        parts.join("; ")
    };
    let is_family = error_codes::bare(first.code) != error_codes::bare(code);
    let (outcome, sent) = match first.cause {
        Cause::Service => {
            (Outcome::Unknown, "unknown: the service failed, maybe after it had sent the message")
        }
        _ => (Outcome::NotSent, "no: the service rejected the call"),
    };
    let kind = if outcome == Outcome::Unknown { Kind::UnknownOutcome } else { first.cause.kind() };
    let mut next: Vec<String> = Vec::new();
    for command in entries.iter().flat_map(|entry| entry.explained_commands()) {
        if !next.contains(&command) {
            next.push(command);
        }
    }
    Some(Explanation {
        code: if is_family { code.trim().to_string() } else { first.code.to_string() },
        source: join(&|entry| source(entry.layer).to_string()),
        meaning: join(&|entry| entry.meaning.to_string()),
        outcome,
        sent,
        hint: join(&|entry| entry.action.to_string()),
        next,
        retryable: first.is_retryable(),
        exit_code: Some(kind.exit_code()),
    })
}

fn from_receipt((code, verdict, meaning, action): &receipts::Code) -> Explanation {
    let (sent, hint, next) = match verdict {
        Verdict::Delivered => ("yes: delivered", "", Vec::new()),
        Verdict::Waiting => {
            ("yes: accepted, and not yet delivered", *action, vec!["alimsg sms status --help"])
        }
        Verdict::Failed => {
            ("yes: accepted, and not delivered", *action, vec!["alimsg sms status --help"])
        }
    };
    let hint = if hint.is_empty() { "nothing to do" } else { hint };
    Explanation {
        code: (*code).to_string(),
        source: RECEIPT.to_string(),
        meaning: (*meaning).to_string(),
        outcome: Outcome::Sent,
        sent,
        hint: hint.to_string(),
        next: next.into_iter().map(String::from).collect(),
        retryable: false,
        exit_code: None,
    }
}

fn unknown(code: &str) -> Box<Failure> {
    let failure = Failure::usage(format!("unknown code {:?}", code.trim()));
    let similar = similar(code);
    if similar.is_empty() {
        return failure
            .hint(
                "`alimsg explain` lists the known codes; carriers have many more for \
                 receipts, which only they can explain",
            )
            .next("alimsg explain");
    }
    let command = |code: &&str| shell_words::join(["alimsg", "explain", code]);
    failure
        .hint(format!("similar codes: {}", similar.join(", ")))
        .next_all(similar.iter().map(command))
}

/// The codes most similar to a misspelt one, the best first.
fn similar(code: &str) -> Vec<&'static str> {
    let key = error_codes::bare(code);
    let mut scored: Vec<(f64, &str)> = Vec::new();
    for Row { code, .. } in rows() {
        let known = error_codes::bare(code);
        // A part such as `template` finds all codes with it.
        let contains = key.len() > 3 && known.contains(&key);
        let score = strsim::normalized_damerau_levenshtein(&key, &known);
        let score = if contains { score.max(SIMILARITY) } else { score };
        if score >= SIMILARITY && !scored.iter().any(|(_, other)| *other == code) {
            scored.push((score, code));
        }
    }
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    scored.into_iter().take(SUGGESTIONS).map(|(_, code)| code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_explanation() {
        for Row { code, .. } in rows() {
            let explanation = explain(code).expect(code);
            assert_eq!(explanation.code, code);
            assert!(!explanation.meaning.is_empty() && !explanation.hint.is_empty(), "{code}");
            assert!(!explanation.next.is_empty() || code == "DELIVERED", "{code}");
        }
    }

    #[test]
    fn a_service_failure_is_never_explained_as_not_sent() {
        for entry in CODES {
            let explanation = explain(entry.code).expect(entry.code);
            let is_open = entry.cause == Cause::Service;
            assert_eq!(explanation.outcome == Outcome::Unknown, is_open, "{}", entry.code);
            assert_eq!(explanation.exit_code == Some(7), is_open, "{}", entry.code);
            assert!(!(is_open && explanation.retryable), "{}", entry.code);
        }
    }

    #[test]
    fn a_code_of_two_services_is_explained_for_both() {
        let explanation = explain("templatenotfound").expect("known");
        assert_eq!(explanation.source, "whatsapp; sms");
        let next = explanation.next.join("; ");
        assert!(next.contains("--channel sms") && next.contains("--audit-status"), "{next}");
    }

    #[test]
    fn misspelt_codes_find_similar_ones() {
        for (typed, expected) in [
            ("isv.SMS_TEMPLATE_ILEGAL", "isv.SMS_TEMPLATE_ILLEGAL"),
            ("sms_sign_name_ilegal", "isv.SMS_SIGN_NAME_ILLEGAL"),
            ("InvalidParameter.HeaderMoreVariable", "InvalidParameter.HeaderMoreVarable"),
            ("13147", "131047"),
            ("blacklist", ""),
            ("AMOUNT", "isv.AMOUNT_NOT_ENOUGH"),
        ] {
            assert!(explain(typed).is_none(), "{typed}");
            assert_eq!(similar(typed).first().copied().unwrap_or_default(), expected, "{typed}");
        }
        assert!(explain("SMS_TEMPLATE_ILLEGAL").is_some_and(|one| one.code.starts_with("isv.")));
        assert_eq!(explain("Throttling.Api").expect("a family").code, "Throttling.Api");
    }
}
