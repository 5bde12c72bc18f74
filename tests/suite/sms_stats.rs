//! `sms stats`: the exact calls, odd replies, and whole commands in the sandbox.

use crate::support::World;
use crate::support::messages::{SMS, and, with};
use serde_json::{Value, json};

/// A world whose service gives these replies, in this order.
fn answering(replies: &[Value]) -> World {
    World::answering("dysmsapi query-send-statistics", replies)
}

fn page(rows: &[Value], total: u64) -> Value {
    json!({
        "Code": "OK", "Message": "OK", "RequestId": "r-1",
        "Data": { "TotalSize": total, "TargetList": rows },
    })
}

fn row(date: &str, total: u64, delivered: u64, failed: u64) -> Value {
    json!({
        "SendDate": date, "TotalCount": total, "RespondedSuccessCount": delivered,
        "RespondedFailCount": failed, "NoRespondedCount": total - delivered - failed,
    })
}

#[test]
fn days_can_be_counted_back_from_today() {
    let world = answering(&[page(&[], 0)]);
    world.run_line("sms stats --start-date '30d ago' --end-date '1w ago'").exits(0);
    let call = world.call();
    let day = |word: &str| {
        let text = word.split('=').nth(1).expect("a value");
        jiff::civil::Date::strptime("%Y%m%d", text).expect("a day")
    };
    let days = (day(&call[3]) - day(&call[2])).get_days();
    assert_eq!(days, 23, "{call:?}");
}

#[test]
fn days_are_sorted_and_have_rates_and_sums() {
    let world = answering(&[
        page(&[row("20260326", 10, 6, 1), row("20260325", 0, 0, 0)], 3),
        page(&[row("20260324", 5, 5, 0)], 3),
    ]);
    let ran = world
        .run_line("sms stats --start-date 20260320 --end-date 20260326 --page-size 2 --json --raw");
    let json = ran.json();
    assert_eq!(
        json["data"],
        json!({
            "days": [
                {"date": "2026-03-24", "total": 5, "delivered": 5, "failed": 0, "pending": 0,
                 "delivery_rate": 1.0},
                {"date": "2026-03-25", "total": 0, "delivered": 0, "failed": 0, "pending": 0,
                 "delivery_rate": null},
                {"date": "2026-03-26", "total": 10, "delivered": 6, "failed": 1, "pending": 3,
                 "delivery_rate": 0.6},
            ],
            "start_date": "2026-03-20", "end_date": "2026-03-26", "total": 15,
            "total_delivered": 11, "total_failed": 1, "total_pending": 3, "delivery_rate": 0.7333,
        })
    );
    assert_eq!((json["raw"].as_array().map(Vec::len), world.calls().len()), (Some(2), 2));
}

#[test]
fn a_pipe_gets_values_and_a_terminal_gets_a_chart() {
    let rows = [row("20260326", 40, 30, 0), row("20260325", 20, 20, 0)];
    let world = answering(&[page(&rows, 2), page(&rows, 2)]);
    let arguments = ["sms", "stats", "--start-date", "20260320", "--end-date", "20260326"];
    let ran = world.run(&arguments);
    assert_eq!(
        ran.stdout,
        "date\ttotal\tdelivered\tfailed\tpending\tdelivery_rate\n\
         2026-03-25\t20\t20\t0\t0\t1.0\n2026-03-26\t40\t30\t0\t10\t0.75\n"
    );
    assert!(ran.stderr.contains("total: 60"), "{}", ran.stderr);
    let shown = world.terminal(&arguments).wait().stdout;
    let (half, whole) = ("█".repeat(20), "█".repeat(40));
    assert!(shown.contains(&format!("2026-03-25  100.0 %  {half} 20")), "{shown}");
    assert!(shown.contains(&format!("2026-03-26   75.0 %  {whole} 40")), "{shown}");
    assert!(shown.contains("delivery_rate"), "{shown}");
    world.assert_clean();
}

#[test]
fn the_default_range_is_the_last_seven_days() {
    let world = answering(&[page(&[], 0), page(&[], 0)]);
    for (arguments, days) in [(&["sms", "stats"][..], 7), (&["sms", "stats", "--last", "2w"], 14)] {
        let data = world.run(&[arguments, &["--json"]].concat()).json()["data"].clone();
        let day = |name: &str| -> jiff::civil::Date {
            data[name].as_str().expect("a day").parse().expect("a day")
        };
        let length = day("end_date").duration_since(day("start_date")).as_hours() / 24 + 1;
        assert_eq!(length, days, "{arguments:?}");
    }
}

#[test]
fn odd_replies_have_no_days_and_never_cause_a_panic() {
    for (odd, days) in [
        (json!({"Code": "OK"}), 0),
        (json!({"Code": "OK", "Data": null}), 0),
        (json!({"Code": "OK", "Data": {"TargetList": {}, "TotalSize": "many"}}), 0),
        (json!({"Code": "OK", "Data": {"TargetList": [1, null, "x"], "TotalSize": 3}}), 0),
        (json!({"Code": "OK", "Data": {"TargetList": [{}], "TotalSize": 1}}), 1),
        (json!({"Code": "OK", "TargetList": [{"SendDate": 5, "TotalCount": -1}]}), 1),
        (json!({"Data": {"TargetList": [{"SendDate": "20260326", "TotalCount": "3"}]}}), 1),
    ] {
        let world = answering(std::slice::from_ref(&odd));
        let ran = world.run(&["sms", "stats", "--json"]);
        assert_eq!(ran.exit(), 0, "{odd}: {ran:#?}");
        assert_eq!(ran.json()["data"]["days"].as_array().map(Vec::len), Some(days), "{odd}");
    }
}

#[test]
fn invalid_input_starts_nothing() {
    for arguments in [
        &["--start-date", "20260326", "--end-date", "20260301"][..],
        &["--start-date", "29990101"],
        &["--start-date", "20240101", "--end-date", "20260101"],
        &["--start-date", "March"],
        &["--end-date", "20260301"],
        &["--last", "12h"],
        &["--last", "7d", "--start-date", "20260301"],
        &["--is-globe", "3"],
        &["--template-type", "otp"],
        &["--page-size", "51"],
        &["--sign-name="],
    ] {
        World::new().run_rejected(&[&["sms", "stats"], arguments].concat());
    }
}

#[test]
fn a_dry_run_shows_the_call_and_starts_nothing() {
    let world = World::new();
    let ran = world.run_line("sms stats --last 7d --dry-run");
    assert!(ran.stdout.contains("aliyun dysmsapi query-send-statistics"), "{}", ran.stdout);
    assert!(world.processes().is_empty());
}

#[test]
fn the_sandbox_counts_its_messages() {
    let world = World::new();
    let send = |number: &str, template: &str, signature: &str| {
        let words = with(&with(&with(&SMS, "-p", number), "-t", template), "-s", signature);
        let more = ["--sandbox", "--json", "--param", "code=1", "--param", "minutes=5"];
        world.run(&and(&words, &more)).exits(0);
    };
    send("13800009014,13800009013", "SMS_100003", "Acme");
    send("13800009014", "SMS_100001", "Acme Store");
    send("6591234567", "SMS_100006", "Acme");
    let total = |more: &[&str]| {
        let arguments = [&["--sandbox", "sms", "stats", "--last", "2d", "--json"], more].concat();
        let data = world.run(&arguments).json()["data"].clone();
        (data["total"].as_u64().expect("a sum"), data["total_pending"].as_u64().expect("a sum"))
    };
    let (all, pending) = total(&[]);
    assert_eq!(all, 3);
    // The late receipt may have come by now; the other two never come.
    assert!((2..=3).contains(&pending), "{pending}");
    assert_eq!(total(&["--is-globe", "2"]).0, 1);
    assert_eq!(total(&["--template-type", "promotion"]).0, 2);
    assert_eq!(total(&["--template-type", "0"]).0, 1);
    assert_eq!(total(&["--sign-name", "Acme Store"]), (1, 1));
    assert_eq!(total(&["--sign-name", "Nobody"]).0, 0);
}
