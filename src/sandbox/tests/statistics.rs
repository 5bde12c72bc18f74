//! Dysmsapi: statistics of the messages sent in the sandbox.

use serde_json::Value;

use crate::sandbox::tests::{Sandbox, changed, sms_to, without};

/// A query over all days, with some flags replaced or added.
fn statistics(sandbox: &Sandbox, more: &[&str]) -> Value {
    let mut args: Vec<String> = [
        "dysmsapi",
        "query-send-statistics",
        "--start-date=20200101",
        "--end-date=20991231",
        "--is-globe=1",
        "--page-index=1",
        "--page-size=50",
    ]
    .map(str::to_owned)
    .to_vec();
    for flag in more {
        let name = flag.split('=').next().unwrap();
        args = without(&args, name);
        args.push((*flag).to_owned());
    }
    sandbox.reply(&args)
}

/// Total, delivered, failed and pending messages of a day.
fn counts(day: &Value) -> [u64; 4] {
    ["TotalCount", "RespondedSuccessCount", "RespondedFailCount", "NoRespondedCount"]
        .map(|name| day[name].as_u64().unwrap())
}

fn days(reply: &Value) -> &[Value] {
    assert_eq!(reply["Code"], "OK", "{reply}");
    reply["Data"]["TargetList"].as_array().unwrap()
}

#[test]
fn every_message_counts_on_its_day_with_its_delivery_status() {
    let sandbox = Sandbox::ready();
    assert!(days(&statistics(&sandbox, &[])).is_empty(), "days without a message are omitted");
    let numbers = "13800009013,13800009014,13800009012";
    assert_eq!(sandbox.code(&sms_to(numbers)), "OK");
    // After one day every receipt has arrived, except those that never arrive.
    sandbox.advance_clock(86_400);
    assert_eq!(sandbox.code(&sms_to("13800009014")), "OK");
    let reply = statistics(&sandbox, &[]);
    assert_eq!(reply["Data"]["TotalSize"], 2);
    let days = days(&reply);
    assert_eq!([counts(&days[0]), counts(&days[1])], [[1, 0, 0, 1], [3, 1, 1, 1]]);
    let dates = [&days[0], &days[1]].map(|day| day["SendDate"].as_str().unwrap().to_owned());
    assert!(dates[0] > dates[1] && dates[0].len() == 8, "{dates:?}");
    let page = statistics(&sandbox, &["--page-index=2", "--page-size=1"]);
    assert_eq!(page["Data"]["TargetList"][0]["SendDate"], dates[1].as_str());
    let from_newest_day = format!("--start-date={}", dates[0]);
    assert_eq!(statistics(&sandbox, &[&from_newest_day])["Data"]["TotalSize"], 1);
}

#[test]
fn destination_signature_and_type_are_filters() {
    let sandbox = Sandbox::ready();
    assert_eq!(sandbox.code(&sms_to("13800001234")), "OK");
    let abroad = changed(&sms_to("+12025550123"), "--template-code=SMS_100006");
    assert_eq!(sandbox.code(&abroad), "OK");
    for (filter, count) in [
        (&[][..], 1),
        (&["--is-globe=2"], 1),
        (&["--sign-name=Acme"], 1),
        (&["--sign-name=Acme Store"], 0),
        (&["--template-type=0"], 1),
        (&["--template-type=2"], 0),
        (&["--template-type=3"], 0),
        (&["--template-type=3", "--is-globe=2"], 1),
    ] {
        assert_eq!(days(&statistics(&sandbox, filter)).len(), count, "{filter:?}");
    }
}

#[test]
fn an_invalid_query_is_rejected() {
    let sandbox = Sandbox::ready();
    for invalid in [
        "--start-date=2020-01-01",
        "--end-date=20261345",
        "--end-date=20190101",
        "--is-globe=3",
        "--template-type=4",
        "--page-size=51",
        "--page-index=0",
    ] {
        let reply = statistics(&sandbox, &[invalid]);
        assert_eq!(reply["Code"], "isv.INVALID_PARAMETERS", "{invalid}");
    }
}
