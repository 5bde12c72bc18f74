//! Numbers with given ends: what happens to a message is decided by its recipient's last four
//! digits. The list stands once; the behaviour and the help both read it.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::api::operations::{Operation, Product};
use crate::sandbox::answers::{self, Answer};
use crate::sandbox::rejection::Rejection;

/// Customers whose number ends so wrote one hour ago.
pub const OPEN_WINDOW_ENDING: &str = "1000";

/// How long an ordinary receipt takes, so that "accepted" and "delivered" are seen apart.
const DEFAULT_RECEIPT: SignedDuration = SignedDuration::from_secs(1);
/// How long a late receipt takes: longer than one poll, short enough to wait for.
const LATE_RECEIPT: SignedDuration = SignedDuration::from_secs(8);
/// Longer than any limit that a caller sets.
const HANGING: Duration = Duration::from_secs(3600);

/// The intended end of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    Delivered,
    NotRegistered,
    Throttled,
    ReplyLost,
    RequestLost,
    PermissionDenied,
    Hangs,
    ConnectionRefused,
    NoBalance,
    ReplyGarbled,
    SystemError,
    DailyLimit,
    ReceiptFails,
    ReceiptLate,
    ReceiptNever,
    CredentialsRejected,
}

/// A recipient's ending and the end that it brings.
#[derive(Debug)]
pub struct SpecialNumber {
    /// The last four digits.
    pub ending: &'static str,
    pub fate: Scenario,
    /// One line for the help.
    pub summary: &'static str,
}

const fn special(ending: &'static str, fate: Scenario, summary: &'static str) -> SpecialNumber {
    SpecialNumber { ending, fate, summary }
}

/// Every special ending, in ascending order.
pub const SPECIAL_NUMBERS: &[SpecialNumber] = &[
    special("9001", Scenario::NotRegistered, "are refused: no such number (nothing sent)"),
    special("9002", Scenario::Throttled, "are throttled by the gateway (nothing sent)"),
    special("9003", Scenario::ReplyLost, "get the message, but the reply is lost in a timeout"),
    special("9004", Scenario::RequestLost, "do not get it, and the reply times out all the same"),
    special("9005", Scenario::PermissionDenied, "are denied by a RAM policy (nothing sent)"),
    special("9006", Scenario::Hangs, "get the message, but the process hangs for an hour"),
    special("9007", Scenario::ConnectionRefused, "meet a refused connection (nothing sent)"),
    special("9008", Scenario::NoBalance, "are refused: the balance is too low (nothing sent)"),
    special("9009", Scenario::ReplyGarbled, "get the message, but the reply is no JSON"),
    special(
        "9010",
        Scenario::SystemError,
        "meet an error of the service (nothing sent, but the error cannot tell)",
    ),
    special("9011", Scenario::DailyLimit, "have reached their daily limit (nothing sent)"),
    special("9012", Scenario::ReceiptFails, "are accepted, then the receipt reports a failure"),
    special("9013", Scenario::ReceiptLate, "get the message; the receipt takes eight seconds"),
    special("9014", Scenario::ReceiptNever, "are accepted, and no receipt ever comes"),
    special("9015", Scenario::CredentialsRejected, "meet an unknown AccessKey ID (nothing sent)"),
];

/// What a receipt will say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    Delivered { after: SignedDuration },
    Failed { after: SignedDuration },
    Never,
}

impl Scenario {
    /// The fate of a message to `number`, in whatever form the number is written.
    pub fn of(number: &str) -> Self {
        SPECIAL_NUMBERS
            .iter()
            .find(|special| number.ends_with(special.ending))
            .map_or(Self::Delivered, |special| special.fate)
    }

    /// One call with many recipients ends as its first special recipient decides.
    pub fn of_call<'a>(recipients: impl IntoIterator<Item = &'a str>) -> Self {
        recipients
            .into_iter()
            .map(Self::of)
            .find(|fate| *fate != Self::Delivered)
            .unwrap_or(Self::Delivered)
    }

    /// How the call ends when the service never gets to see it.
    pub fn before_the_service(self, operation: &Operation) -> Option<Answer> {
        match self {
            Self::Throttled => Some(answers::throttled()),
            Self::RequestLost => Some(answers::read_timed_out(operation.product)),
            Self::PermissionDenied => Some(answers::permission_denied(operation)),
            Self::ConnectionRefused => Some(answers::connection_refused(operation.product)),
            Self::CredentialsRejected => Some(answers::sdk_error(
                404,
                "InvalidAccessKeyId.NotFound",
                "there is no such access key",
                serde_json::json!({ "Recommend": "check the AccessKey ID" }),
            )),
            _ => None,
        }
    }

    /// The service's refusal of a call that is otherwise in order.
    pub fn rejection(self, product: Product) -> Option<Rejection> {
        let sms = product == Product::Dysmsapi;
        match self {
            Self::NotRegistered if sms => {
                Some(Rejection::new("isv.MOBILE_NUMBER_ILLEGAL", "no such mobile number"))
            }
            Self::NotRegistered => {
                Some(Rejection::new("131030", "the recipient has no account on this channel"))
            }
            Self::NoBalance if sms => {
                Some(Rejection::new("isv.AMOUNT_NOT_ENOUGH", "the account's balance is too low"))
            }
            Self::NoBalance => Some(Rejection::new(
                "InvalidAccountStatus.NotEnoughBalance",
                "the account's balance is too low",
            )),
            Self::SystemError if sms => {
                Some(Rejection::new("isp.SYSTEM_ERROR", "the service failed"))
            }
            Self::SystemError => Some(Rejection::with_status(
                503,
                "ServiceUnavailable",
                "the service is temporarily unavailable",
            )),
            Self::DailyLimit => Some(Rejection::new(
                "isv.BUSINESS_LIMIT_CONTROL",
                "the recipient has reached the limit for today",
            )),
            _ => None,
        }
    }

    /// What reaches the caller of the answer that the service gave.
    pub fn after_the_service(self, mut answer: Answer, product: Product) -> Answer {
        match self {
            Self::ReplyLost => answers::read_timed_out(product),
            Self::ReplyGarbled => {
                answers::printed("<html><body>upstream reset</body></html>\n".to_owned())
            }
            Self::Hangs => {
                answer.delay = HANGING;
                answer
            }
            _ => answer,
        }
    }

    /// When the receipt comes and what it says, counted from the moment of sending.
    pub const fn receipt(self) -> Receipt {
        match self {
            Self::ReceiptFails => Receipt::Failed { after: DEFAULT_RECEIPT },
            Self::ReceiptLate => Receipt::Delivered { after: LATE_RECEIPT },
            Self::ReceiptNever => Receipt::Never,
            _ => Receipt::Delivered { after: DEFAULT_RECEIPT },
        }
    }
}
