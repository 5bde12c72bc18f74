//! The special numbers, on both products.

use std::time::Duration;

use crate::sandbox::scenarios::SPECIAL_NUMBERS;
use crate::sandbox::tests::{Sandbox, chat_to, sms_to};

/// What the caller observes when it sends to a special number.
#[derive(Debug, PartialEq)]
enum Observed {
    /// Exit code 0 and this `Code`.
    Reply(&'static str),
    /// This exit code and this part of stderr.
    Error(i32, &'static str),
    NotJson,
    Hanging,
}

use Observed::{Error, Hanging, NotJson, Reply};

const TIMEOUT: &str = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

/// Ending, result on SMS, result on CAMS, whether the message was sent.
const EXPECTED: &[(&str, Observed, Observed, bool)] = &[
    ("9001", Reply("isv.MOBILE_NUMBER_ILLEGAL"), Reply("131030"), false),
    (
        "9002",
        Error(1, "SDK.ServerError\nErrorCode: Throttling.User"),
        Error(1, "SDK.ServerError\nErrorCode: Throttling.User"),
        false,
    ),
    ("9003", Error(1, TIMEOUT), Error(1, TIMEOUT), true),
    ("9004", Error(1, TIMEOUT), Error(1, TIMEOUT), false),
    ("9005", Error(1, "   Code: Forbidden.RAM\n"), Error(1, "cams:SendChatappMessage"), false),
    ("9006", Hanging, Hanging, true),
    ("9007", Error(1, "connection refused"), Error(1, "connection refused"), false),
    ("9008", Reply("isv.AMOUNT_NOT_ENOUGH"), Reply("InvalidAccountStatus.NotEnoughBalance"), false),
    ("9009", NotJson, NotJson, true),
    ("9010", Reply("isp.SYSTEM_ERROR"), Error(1, "Code: ServiceUnavailable"), false),
    ("9011", Reply("isv.BUSINESS_LIMIT_CONTROL"), Reply("isv.BUSINESS_LIMIT_CONTROL"), false),
    ("9012", Reply("OK"), Reply("OK"), true),
    ("9013", Reply("OK"), Reply("OK"), true),
    ("9014", Reply("OK"), Reply("OK"), true),
    (
        "9015",
        Error(1, "Code: InvalidAccessKeyId.NotFound"),
        Error(1, "Code: InvalidAccessKeyId.NotFound"),
        false,
    ),
];

fn check(args: &[String], expected: &Observed, sent: bool) {
    let sandbox = Sandbox::ready();
    let answer = sandbox.run(args);
    let json = serde_json::from_str::<serde_json::Value>(&answer.stdout);
    match expected {
        Reply(code) => {
            assert_eq!(answer.exit, 0, "{args:?}");
            assert_eq!(json.unwrap()["Code"], *code);
        }
        Error(exit, part) => {
            assert_eq!((answer.exit, answer.stdout.as_str()), (*exit, ""));
            assert!(answer.stderr.contains(part), "{}", answer.stderr);
        }
        NotJson => assert!(answer.exit == 0 && !answer.stdout.is_empty() && json.is_err()),
        Hanging => assert!(answer.exit == 0 && answer.delay >= Duration::from_secs(3600)),
    }
    assert_eq!(*expected == Hanging, answer.delay > Duration::ZERO);
    assert_eq!(sandbox.messages().len(), usize::from(sent), "{args:?}");
}

#[test]
fn every_special_number_has_its_documented_result() {
    assert_eq!(EXPECTED.len(), SPECIAL_NUMBERS.len());
    for ((ending, sms, cams, sent), special) in EXPECTED.iter().zip(SPECIAL_NUMBERS) {
        assert_eq!(*ending, special.ending);
        check(&sms_to(&format!("1380000{ending}")), sms, *sent);
        check(&chat_to(&format!("1202555{ending}")), cams, *sent);
    }
}

#[test]
fn the_first_special_number_decides_for_all_recipients() {
    check(&sms_to("13800001234,13800009007,13800009003"), &Error(1, "refused"), false);
    check(&sms_to("13800001234,13800009005"), &Error(1, "Forbidden.RAM"), false);
}

/// The only receipt of a number.
fn receipt(sandbox: &Sandbox, phone: &str) -> serde_json::Value {
    let today = sandbox.day();
    let phone = format!("--phone-number={phone}");
    let query = ["dysmsapi", "query-send-details", "--current-page=1", "--page-size=1"];
    sandbox.reply(&[&query[..], &[&today, &phone]].concat())["SmsSendDetailDTOs"]
        ["SmsSendDetailDTO"][0]
        .clone()
}

#[test]
fn receipts_fail_arrive_late_or_never_arrive() {
    let sandbox = Sandbox::ready();
    for phone in ["13800009012", "13800009013", "13800009014"] {
        sandbox.run(&sms_to(phone));
    }
    sandbox.advance_clock(3);
    assert_eq!(receipt(&sandbox, "13800009012")["ErrCode"], "MOBILE_NOT_ON_SERVICE");
    assert_eq!(receipt(&sandbox, "13800009012")["SendStatus"], 2);
    assert_eq!(receipt(&sandbox, "13800009013")["SendStatus"], 1);
    assert_eq!(receipt(&sandbox, "13800009014")["SendStatus"], 1);
    sandbox.advance_clock(60);
    assert_eq!(receipt(&sandbox, "13800009013")["SendStatus"], 3);
    assert_eq!(receipt(&sandbox, "13800009014")["SendStatus"], 1);
}

#[test]
fn a_message_whose_reply_is_lost_has_a_receipt_and_an_unsent_one_has_none() {
    let sandbox = Sandbox::ready();
    sandbox.run(&sms_to("13800009003"));
    sandbox.run(&sms_to("13800009004"));
    assert_eq!(receipt(&sandbox, "13800009003")["OutId"], "track-1");
    assert_eq!(receipt(&sandbox, "13800009004"), serde_json::Value::Null);
}

#[test]
fn an_invalid_call_is_rejected_even_if_the_process_would_hang() {
    let sandbox = Sandbox::ready();
    let args = crate::sandbox::tests::changed(&sms_to("13800009006"), "--sign-name=Unknown");
    sandbox.run(&args);
    assert!(sandbox.messages().is_empty());
}

#[test]
fn the_help_lists_every_special_number_and_the_initial_data() {
    let help = crate::sandbox::help();
    for special in SPECIAL_NUMBERS {
        assert!(help.contains(special.ending) && help.contains(special.summary));
    }
    for seeded in ["1000", "Acme Store", "SMS_100006", "cams-sandbox", "order_update", "30001"] {
        assert!(help.contains(seeded), "{seeded}");
    }
}
