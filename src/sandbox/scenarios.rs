//! Special phone numbers: the last four digits of the recipient select what happens to a message.
//! Both the simulation and the help page use the table in this file.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::api::operations::{Operation, Product};
use crate::sandbox::answers::{self, Answer};
use crate::sandbox::rejection::Rejection;

/// Customers with this ending always wrote one hour ago, so their 24-hour window is open.
pub const OPEN_WINDOW_ENDING: &str = "1000";

/// Delay of a normal receipt, so that "accepted" and "delivered" can be told apart.
const DEFAULT_RECEIPT_DELAY: SignedDuration = SignedDuration::from_secs(1);
/// Delay of a late receipt: longer than one poll interval, but short enough for a test.
const LATE_RECEIPT_DELAY: SignedDuration = SignedDuration::from_secs(8);
/// Longer than any timeout of a caller.
const HANG_DURATION: Duration = Duration::from_secs(3600);

/// What happens to a message.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    #[default]
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

/// The ending of a phone number and its scenario.
#[derive(Debug)]
pub struct SpecialNumber {
    /// The last four digits.
    pub ending: &'static str,
    pub scenario: Scenario,
    /// One line for `--help`.
    pub summary: &'static str,
}

const fn special(ending: &'static str, scenario: Scenario, summary: &'static str) -> SpecialNumber {
    SpecialNumber { ending, scenario, summary }
}

/// Every special ending, in ascending order.
pub const SPECIAL_NUMBERS: &[SpecialNumber] = &[
    special("9001", Scenario::NotRegistered, "rejected: the number does not exist (not sent)"),
    special("9002", Scenario::Throttled, "throttled by the gateway (not sent)"),
    special("9003", Scenario::ReplyLost, "sent, but the reply times out"),
    special("9004", Scenario::RequestLost, "not sent, and the reply times out as well"),
    special("9005", Scenario::PermissionDenied, "denied by a RAM policy (not sent)"),
    special("9006", Scenario::Hangs, "sent, but the process hangs for one hour"),
    special("9007", Scenario::ConnectionRefused, "connection refused (not sent)"),
    special("9008", Scenario::NoBalance, "rejected: the balance is too low (not sent)"),
    special("9009", Scenario::ReplyGarbled, "sent, but the reply is not JSON"),
    special(
        "9010",
        Scenario::SystemError,
        "service error (not sent, but the error does not prove it)",
    ),
    special(
        "9011",
        Scenario::DailyLimit,
        "rejected: daily limit of the recipient reached (not sent)",
    ),
    special("9012", Scenario::ReceiptFails, "accepted, then the receipt reports a failure"),
    special("9013", Scenario::ReceiptLate, "delivered; the receipt takes 8 seconds"),
    special("9014", Scenario::ReceiptNever, "accepted, but no receipt arrives"),
    special("9015", Scenario::CredentialsRejected, "rejected: unknown AccessKey ID (not sent)"),
];

/// The receipt that a message will get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    Delivered { after: SignedDuration },
    Failed { after: SignedDuration },
    Never,
}

impl Scenario {
    /// The scenario of a message to `number`, with or without country code.
    pub fn from_number(number: &str) -> Self {
        SPECIAL_NUMBERS
            .iter()
            .find(|special| number.ends_with(special.ending))
            .map_or(Self::Delivered, |special| special.scenario)
    }

    /// The scenario of a call with many recipients: that of the first special number.
    pub fn from_recipients<'a>(recipients: impl IntoIterator<Item = &'a str>) -> Self {
        recipients
            .into_iter()
            .map(Self::from_number)
            .find(|scenario| *scenario != Self::Delivered)
            .unwrap_or_default()
    }

    /// The answer if the request does not reach the service, or the gateway rejects it.
    pub fn answer_before_service(self, operation: &Operation) -> Option<Answer> {
        match self {
            Self::Throttled => Some(answers::throttled()),
            Self::RequestLost => Some(answers::read_timed_out(operation.product)),
            Self::PermissionDenied => Some(answers::permission_denied(operation)),
            Self::ConnectionRefused => Some(answers::connection_refused(operation.product)),
            Self::CredentialsRejected => Some(answers::sdk_error(
                404,
                "InvalidAccessKeyId.NotFound",
                "the AccessKey ID does not exist",
                serde_json::json!({ "Recommend": "check the AccessKey ID" }),
            )),
            _ => None,
        }
    }

    /// The error that the service returns for an otherwise valid call.
    pub fn rejection(self, product: Product) -> Option<Rejection> {
        let (status, code, message) = match (self, product) {
            (Self::NotRegistered, Product::Dysmsapi) => {
                (200, "isv.MOBILE_NUMBER_ILLEGAL", "the mobile number does not exist")
            }
            (Self::NotRegistered, Product::Cams) => {
                (200, "131030", "the recipient has no account on this channel")
            }
            (Self::NoBalance, Product::Dysmsapi) => {
                (200, "isv.AMOUNT_NOT_ENOUGH", "the account's balance is too low")
            }
            (Self::NoBalance, Product::Cams) => {
                (200, "InvalidAccountStatus.NotEnoughBalance", "the account's balance is too low")
            }
            (Self::SystemError, Product::Dysmsapi) => {
                (200, "isp.SYSTEM_ERROR", "the service failed")
            }
            (Self::SystemError, Product::Cams) => {
                (503, "ServiceUnavailable", "the service is temporarily unavailable")
            }
            (Self::DailyLimit, _) => {
                (200, "isv.BUSINESS_LIMIT_CONTROL", "the recipient has reached the limit for today")
            }
            _ => return None,
        };
        Some(Rejection::with_status(status, code, message))
    }

    /// What the caller receives of the service's answer.
    pub fn answer_after_service(self, answer: Answer, product: Product) -> Answer {
        match self {
            Self::ReplyLost => answers::read_timed_out(product),
            Self::ReplyGarbled => {
                answers::printed("<html><body>upstream reset</body></html>\n".to_owned())
            }
            Self::Hangs => Answer { delay: HANG_DURATION, ..answer },
            _ => answer,
        }
    }

    /// The receipt, and its delay counted from the time of sending.
    pub const fn receipt(self) -> Receipt {
        match self {
            Self::ReceiptFails => Receipt::Failed { after: DEFAULT_RECEIPT_DELAY },
            Self::ReceiptLate => Receipt::Delivered { after: LATE_RECEIPT_DELAY },
            Self::ReceiptNever => Receipt::Never,
            _ => Receipt::Delivered { after: DEFAULT_RECEIPT_DELAY },
        }
    }
}
