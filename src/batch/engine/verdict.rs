//! What the failure of one call means for its batch.

use crate::api::error_codes::{self, Cause};
use crate::api::operations::Product;
use crate::error::{Failure, Kind, Outcome};

/// What to do after a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may have been sent: only a receipt settles it.
    Unknown,
    /// Not sent, and another attempt would fail as well.
    Failed,
    /// Not sent because of one recipient: the others can be sent in other calls.
    Recipient,
    /// Not sent: too many calls. Slow down and try again.
    Throttled,
    /// Not sent: no connection. Try again.
    Unreachable,
    /// Not sent, and no other call would succeed: stop the batch.
    Stop,
}

/// The code for a number that the service does not accept.
const INVALID_NUMBER: &str = "isv.MOBILE_NUMBER_ILLEGAL";

/// Decides by the proof first: without proof that nothing was sent, the outcome is unknown.
pub fn judge(product: Product, failure: &Failure, any_accepted: bool) -> Verdict {
    if failure.outcome != Outcome::NotSent {
        return Verdict::Unknown;
    }
    let code = failure.code.as_deref().unwrap_or_default();
    let cause = error_codes::find(product, code).map(|known| known.cause);
    match failure.kind {
        Kind::Throttled if cause == Some(Cause::Quota) => Verdict::Recipient,
        Kind::Throttled => Verdict::Throttled,
        Kind::Environment if failure.retryable => Verdict::Unreachable,
        Kind::Rejected if code == INVALID_NUMBER => Verdict::Recipient,
        Kind::Rejected => match cause {
            Some(Cause::Recipient) => Verdict::Recipient,
            Some(Cause::Account) => Verdict::Stop,
            // Such as a template that is not approved: every call would fail. After a success it
            // concerns this call only.
            Some(Cause::State) if !any_accepted => Verdict::Stop,
            _ => Verdict::Failed,
        },
        Kind::Internal
        | Kind::Usage
        | Kind::Limit
        | Kind::Environment
        | Kind::Credentials
        | Kind::Permission
        | Kind::UnknownOutcome
        | Kind::Partial
        | Kind::Cancelled => Verdict::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(kind: Kind, code: &str, outcome: Outcome, retryable: bool) -> Verdict {
        let mut failure = Failure::new(kind, "failed");
        failure.code = Some(code.into());
        failure.outcome = outcome;
        failure.retryable = retryable;
        judge(Product::Dysmsapi, &failure, false)
    }

    #[test]
    fn without_proof_the_outcome_is_unknown_for_every_kind() {
        for kind in [Kind::Throttled, Kind::Rejected, Kind::Permission, Kind::Environment] {
            for outcome in [Outcome::Unknown, Outcome::Sent] {
                assert_eq!(judged(kind, "Throttling.User", outcome, true), Verdict::Unknown);
            }
        }
    }

    #[test]
    fn errors_of_the_account_stop_the_batch_and_errors_of_a_call_do_not() {
        let not_sent = |kind, code, retryable| judged(kind, code, Outcome::NotSent, retryable);
        for (kind, code, retryable, verdict) in [
            (Kind::Throttled, "Throttling.User", true, Verdict::Throttled),
            (Kind::Throttled, "isv.DAY_LIMIT_CONTROL", false, Verdict::Recipient),
            (Kind::Environment, "", true, Verdict::Unreachable),
            (Kind::Environment, "", false, Verdict::Stop),
            (Kind::Permission, "Forbidden.RAM", false, Verdict::Stop),
            (Kind::Credentials, "InvalidAccessKeyId.NotFound", false, Verdict::Stop),
            (Kind::Rejected, "isv.AMOUNT_NOT_ENOUGH", false, Verdict::Stop),
            (Kind::Rejected, "isv.MOBILE_NUMBER_ILLEGAL", false, Verdict::Recipient),
            (Kind::Rejected, "isv.BLACK_KEY_CONTROL_LIMIT", false, Verdict::Recipient),
            (Kind::Rejected, "isv.SOMETHING_NEW", false, Verdict::Failed),
        ] {
            assert_eq!(not_sent(kind, code, retryable), verdict, "{code}");
        }
    }
}
