//! `--all` on long lists: rows are printed page by page, and memory does not grow with the list.

use crate::support::World;
use serde_json::{Value, json};

const PAGE: usize = 50;

/// Each list with `--all`, its call, the argument that selects the page, and a reply.
type List = (&'static [&'static str], [&'static str; 2], &'static str, fn(&[Value]) -> Value);
const LISTS: [List; 6] = [
    (
        &["templates", "list", "--all", "--page-size=50"],
        ["cams", "list-chatapp-template"],
        "Index=",
        |rows| json!({ "Code": "OK", "ListTemplate": rows }),
    ),
    (
        &["templates", "list", "--channel=sms", "--all"],
        ["dysmsapi", "query-sms-template-list"],
        "--page-index=",
        |rows| json!({ "Code": "OK", "SmsTemplateList": rows }),
    ),
    (
        &["sms", "signs", "list", "--all"],
        ["dysmsapi", "query-sms-sign-list"],
        "--page-index=",
        |rows| json!({ "Code": "OK", "SmsSignList": rows }),
    ),
    (
        &["sms", "qualifications", "list", "--all"],
        ["dysmsapi", "query-sms-qualification-record"],
        "--page-no=",
        |rows| json!({ "Code": "OK", "Data": { "List": rows } }),
    ),
    (
        &["sms", "status", "-p", "13800001000", "--all"],
        ["dysmsapi", "query-send-details"],
        "--current-page=",
        |rows| json!({ "Code": "OK", "SmsSendDetailDTOs": { "SmsSendDetailDTO": rows } }),
    ),
    (
        &["whatsapp", "history", "--from=8613800000001", "--cust-space-id=s", "--all"],
        ["cams", "list-chatapp-message"],
        "Index=",
        |rows| json!({ "Code": "OK", "Data": rows }),
    ),
];

/// A row with the fields of every list.
fn row(id: usize, text: &str) -> Value {
    let id = format!("id-{id}");
    json!({
        "TemplateCode": id, "TemplateName": text, "SignName": id, "OrderId": id, "GroupId": id,
        "QualificationName": text, "OutId": id, "SendStatus": 3, "AuditStatus": "AUDIT_STATE_PASS",
        "MessageId": id, "EventAction": "UP", "Message": text, "BusinessType": text,
    })
}

/// A service with full pages except for the last, which waits until it is released.
fn held_service(list: &List, pages: usize, text: &str) -> World {
    let (_, call, index, reply) = list;
    let world = World::new();
    let rule = |page: usize| {
        let last = if page == pages { 1 } else { PAGE };
        let rows: Vec<Value> = (0..last).map(|n| row(page * PAGE + n, text)).collect();
        json!({
            "match": call, "contains": [format!("{index}{page}")], "times": 1,
            "stdout": reply(&rows).to_string(), "held": page == pages,
        })
    };
    world.script((1..=pages).map(rule).collect());
    world
}

/// A service with full pages except for the last.
fn service(list: &List, pages: usize) -> World {
    let world = held_service(list, pages, "x");
    world.release();
    world
}

#[test]
fn each_page_is_printed_when_it_arrives() {
    for list in &LISTS {
        let world = held_service(list, 3, "x");
        let mut running = world.start(list.0);
        world.wait_until("two pages are printed", || {
            running.stdout_so_far().lines().count() == 1 + 2 * PAGE
        });
        assert!(!running.has_ended(), "{:?}", list.0);
        world.release();
        let ran = running.wait().exits(0);
        let lines: Vec<&str> = ran.stdout.lines().collect();
        assert_eq!(lines.len(), 2 + 2 * PAGE, "{:?}", list.0);
        let columns = lines[0].split('\t').count();
        assert!(lines.iter().all(|line| line.split('\t').count() == columns), "{lines:?}");
        assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
        world.assert_clean();
    }
}

#[test]
fn json_is_one_object_with_all_rows() {
    for list in &LISTS {
        let world = service(list, 3);
        let json = world.run(&[list.0, &["--json"]].concat()).json();
        let data = json["data"].as_object().expect("data");
        let rows = data.values().find_map(Value::as_array).expect("rows");
        assert_eq!(rows.len(), 2 * PAGE + 1, "{:?}", list.0);
        assert_eq!(json["warnings"], json!([]), "{:?}", list.0);
        world.assert_clean();
    }
}

#[test]
fn a_broken_pipe_ends_the_paging() {
    for list in &LISTS {
        let world = service(list, 40);
        let ran =
            crate::support::Running::start(world.shell("\"$0\" \"$@\" | head -n 1", list.0)).wait();
        assert_eq!(ran.stdout.lines().count(), 1, "{ran:#?}");
        assert!(!ran.stderr.contains("warning"), "{ran:#?}");
        assert!(world.calls().len() < 30, "{:?}: {}", list.0, world.calls().len());
        world.wait_for_quiet();
        world.assert_clean();
    }
}

/// The peak memory in KiB of a run that lists this number of pages, measured before the last one.
#[cfg(target_os = "linux")]
fn peak(list: &List, pages: usize) -> u64 {
    let world = held_service(list, pages, &"x".repeat(500));
    let running = world.start(list.0);
    for page in 1..=pages {
        world.wait_until("a page is requested", || world.call_names().len() >= page);
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.pid()));
    let status = status.expect("the status of the run");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    world.release();
    let rows = running.wait().exits(0).stdout.lines().count();
    assert_eq!(rows, 2 + (pages - 1) * PAGE);
    peak.expect("a peak")
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_list() {
    for list in [&LISTS[0], &LISTS[5]] {
        let (small, large) = (peak(list, 3), peak(list, 30));
        // The rows of the other 27 pages are larger.
        assert!(large < small + 1_500, "{small} KiB for 3 pages, {large} KiB for 30");
    }
}
