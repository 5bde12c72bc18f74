//! Lists of templates: filters, pages and the forms of replies.

use serde_json::{Value, json};

use super::{answer, refused};
use crate::support::World;

#[test]
fn both_forms_of_a_list_have_the_same_result() {
    let world = World::new();
    let row = |name: &str| {
        json!({ name: "order_update", "TemplateCode": "c1", "Language": "en", "Category": "UTILITY",
                "AuditStatus": "pass" })
    };
    let mut results = Vec::new();
    for reply in [
        json!({"Code": "OK", "ListTemplate": [row("TemplateName")], "Total": 1}),
        json!({"Code": "OK", "Data": {"List": [row("Name")], "Total": "1"}}),
    ] {
        world.script(json!([answer("list-chatapp-template", reply)]));
        results.push(world.run(&["templates", "list", "--json"]).json()["data"].clone());
    }
    assert_eq!(results[0], results[1]);
    assert_eq!(
        results[0]["templates"][0],
        json!({"code": "c1", "name": "order_update", "language": "en", "status": "approved",
               "category": "UTILITY", "type": "whatsapp", "untrusted": true})
    );
}

#[test]
fn all_reads_every_page_and_stops_at_a_repeated_one() {
    let world = World::new();
    let rows = |count: usize, first: usize| -> Vec<Value> {
        (first..first + count).map(|n| json!({"TemplateCode": n, "AuditStatus": "fail"})).collect()
    };
    let page = |index: u32, rows: Vec<Value>| {
        json!({ "match": ["cams", "list-chatapp-template"], "contains": [format!("Index={index}")],
                "stdout": json!({"Code": "OK", "ListTemplate": rows, "Total": 5}).to_string() })
    };
    world.script(json!([page(1, rows(2, 0)), page(2, rows(2, 2)), page(3, rows(1, 4))]));
    let ran = world.run_line("templates list --all --page-size 2 --json --raw");
    let json = ran.json();
    assert_eq!(json["data"]["templates"].as_array().map(Vec::len), Some(5));
    assert_eq!(json["raw"].as_array().map(Vec::len), Some(3));
    assert_eq!(json["data"]["templates"][4]["code"], "4");

    let world = World::new();
    let same = json!({"Code": "OK", "ListTemplate": rows(2, 0)});
    world.script(json!([answer("list-chatapp-template", same)]));
    let json = world.run_line("templates list --all --page-size 2 --json").json();
    assert_eq!(json["data"]["templates"].as_array().map(Vec::len), Some(2));
    assert_eq!(world.calls().len(), 2);
    assert!(json["warnings"][0].as_str().is_some_and(|text| text.contains("repeats")));
}

#[test]
fn states_that_the_service_cannot_filter_are_filtered_locally() {
    let world = World::new();
    let rows = json!([{"TemplateCode": "a", "AuditStatus": "unaudit"},
                      {"TemplateCode": "b", "AuditStatus": "PAUSED"},
                      {"TemplateCode": "c", "AuditStatus": "auditing"}]);
    world.script(json!([answer("list-chatapp-template", json!({"ListTemplate": rows}))]));
    let codes = |status: &str| {
        let json = world.run(&["templates", "list", "--audit-status", status, "--json"]).json();
        let list = json["data"]["templates"].as_array().expect("a list").clone();
        assert_eq!(json["data"]["total"], list.len());
        list.iter().map(|row| row["code"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes("reviewing"), ["a", "c"]);
    assert_eq!(codes("suspended"), ["b"]);
    assert!(codes("cancelled").is_empty());
    assert!(refused(&["templates", "list", "--audit-status", "done"]).contains("unknown value"));
}
