//! `whatsapp batch` in the sandbox.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::sandboxed::{Sandboxed, count, refused, result};
use crate::support::Ran;

const OPTIONS: [&str; 6] = [
    "--from",
    "8613800000001",
    "--template-code",
    "100000000000001",
    "--cust-space-id",
    "cams-sandbox",
];

fn batch(world: &Sandboxed, more: &[&str]) -> Ran {
    let words = [&["whatsapp", "batch", "rows.csv", "--yes"], &OPTIONS[..], more].concat();
    world.run(&words)
}

fn calls(ran: &Ran) -> Vec<Value> {
    let mut lines = ran.json_lines();
    lines.pop();
    lines.into_iter().map(|mut line| line["data"].take()).collect()
}

#[test]
fn rows_with_another_language_or_out_id_have_calls_of_their_own() {
    let world = Sandboxed::with(
        "rows.csv",
        "phone,name,order,language,out_id\n8613800001000,Al,1,,\n8613800001001,Bo,2,zh_CN,\n\
         8613800001002,Carol,3,en,x1\n8613800001003,Dave,4,,x1\n8613800001004,Eve,5,en,\n",
    );
    refused(batch(&world, &[]));
    let ran = batch(&world, &["--language", "en"]).exits(0);
    assert_eq!((count(&result(&ran), "accepted"), count(&result(&ran), "calls")), (5, 3));
    let mut sizes: Vec<_> = calls(&ran).iter().map(|call| call["messages"].as_u64()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [Some(1), Some(2), Some(2)]);
    assert!(calls(&ran).iter().any(|call| call["tracking_id"] == "x1"));
    let texts = world.texts();
    assert!(texts.iter().any(|text| text.contains("Hello Al, your order 1")), "{texts:?}");
    let sent = world.world.sandbox_messages();
    let languages: Vec<_> = sent.iter().map(|message| message["language"].as_str()).collect();
    assert_eq!(
        languages.iter().filter(|language| **language == Some("zh_CN")).count(),
        1,
        "{sent:#?}"
    );
    // The language of each row, without the flag.
    world.write(
        "rows.csv",
        "phone,name,order,language\n8613800001000,Al,1,en\n8613800001001,B,2,\n",
    );
    let error = refused(batch(&world, &[]));
    assert!(error.to_string().contains("invalid row"), "{error:#}");
    assert_eq!(world.sent_to().len(), 5);
}

#[test]
fn no_argument_is_longer_than_the_system_permits() {
    let mut rows = "phone,name,order\n".to_string();
    for row in 0..60 {
        // Characters that are longer in JSON.
        let value = if row % 2 == 0 { "\"\"é\\".repeat(1_500) } else { "x".repeat(20_000) };
        let _ = writeln!(rows, "{},\"{value}\",{row}", 8_613_800_010_000_u64 + row);
    }
    let world = Sandboxed::with("rows.csv", &rows);
    let ran = batch(&world, &["--language", "en", "--jobs", "2"]).exits(0);
    let calls = calls(&ran);
    assert!(calls.len() >= 10, "{}", calls.len());
    assert_eq!(calls.iter().map(|call| call["messages"].as_u64().unwrap()).sum::<u64>(), 60);
    // The plan counts these calls.
    let planned = ran.stderr.lines().find_map(|line| line.trim().strip_prefix("calls")).unwrap();
    let planned: usize = planned.trim().strip_prefix("about ").unwrap().parse().unwrap();
    assert!(planned.abs_diff(calls.len()) * 3 <= calls.len(), "{planned} of {}", calls.len());
    let (_, row) = rows.split_once('\n').unwrap();
    world.write(
        "rows.csv",
        format!("phone,name,order\n8613800001000,{},1\n{row}", "x".repeat(140_000)),
    );
    let ran = batch(&world, &["--language", "en"]);
    assert_eq!(result(&ran)["data"]["invalid"], 1);
    refused(ran);
    assert_eq!(world.sent_to().len(), 60);
}

#[test]
fn a_thousand_recipients_share_a_call() {
    let mut rows = "phone,name,order\n".to_string();
    for row in 0..1_001 {
        let _ = writeln!(rows, "{},Al,1", 8_613_800_010_000_u64 + row);
    }
    // Without numbers that end like those of the sandbox's scenarios.
    let world = Sandboxed::with("rows.csv", rows);
    let ran = batch(&world, &["--language", "en"]).exits(0);
    assert_eq!((count(&result(&ran), "accepted"), count(&result(&ran), "calls")), (1_001, 2));
}

#[test]
fn viber_needs_a_label_and_the_other_flags_are_for_viber() {
    let world = Sandboxed::with("rows.csv", "phone,name,order\n8613800001000,Al,1\n");
    refused(batch(&world, &["--language=en", "--label=promotion"]));
    refused(batch(&world, &["--language=en", "--channel-type=viber"]));
    let words = [
        "whatsapp",
        "batch",
        "rows.csv",
        "--from",
        "12345",
        "--template-code",
        "1",
        "--language=en",
        "--channel-type=viber",
        "--label=promotion",
        "--tag=t",
        "--ttl=60",
        "--dry-run",
    ];
    let ran = world.run(&words).exits(0);
    let call =
        ran.planned_calls().into_iter().find(|call| call[1].contains("mass")).expect("a call");
    for word in ["--channel-type=viber", "--label=promotion", "--tag=t", "--ttl=60", "--from=12345"]
    {
        assert!(call.iter().any(|one| one == word), "{word}: {call:?}");
    }
}

#[test]
fn receipts_are_counted_with_reasons() {
    let world = Sandboxed::with(
        "rows.csv",
        "phone,name,order\n8613800001000,Al,1\n8613800009012,Bo,2\n8613800009014,Carol,3\n",
    );
    batch(&world, &["--language=en", "--name=r"]).exits(0);
    let mut receipts = Value::Null;
    for _ in 0..40 {
        let shown = world.run(&["batches", "show", "r", "--receipts"]).exits(0);
        receipts = result(&shown)["data"]["receipts"].take();
        if receipts["delivered"] == 1 && receipts["failed"] == 1 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(250));
    }
    assert_eq!(
        (&receipts["delivered"], &receipts["failed"]),
        (&json!(1), &json!(1)),
        "{receipts:#}"
    );
    assert_eq!(receipts["pending"], 1);
    assert!(receipts["reasons"][0]["code"].as_str().is_some_and(|code| !code.is_empty()));
}

#[test]
fn a_template_is_selected_by_its_name() {
    let world =
        Sandboxed::with("rows.csv", "phone,name,order\n8613800001000,Al,1\n8613800001001,Bo,2\n");
    let words = ["whatsapp", "batch", "rows.csv", "--from=8613800000001", "--language=en"];
    let named = [&words[..], &["--template-name=order_update", "--name=n"]].concat();
    let planned = world.run(&[&named[..], &["--dry-run"]].concat()).exits(0).planned_calls();
    let call = planned.iter().find(|call| call[1].contains("mass")).expect("a call");
    assert!(call.contains(&"--template-name=order_update".to_owned()), "{call:?}");
    assert!(!call.iter().any(|word| word.starts_with("--template-code")), "{call:?}");
    world.run(&[&named[..], &["--limit=1", "--verify", "--yes"]].concat()).exits(0);
    world.run(&["batches", "resume", "n", "--yes"]).exits(0);
    let texts = world.texts();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("Hello Bo, your order 2")), "{texts:?}");
    refused(world.run(&[&named[..], &["--template-code=1", "--yes"]].concat()));
    // The limits of templates are for codes.
    crate::limits::limit(&world.world, "allow_templates = [\"order_update\"]");
    let other = [&words[..], &["--template-name=order_update", "--name=m", "--yes"]].concat();
    assert_eq!(refused(world.run(&other))["rule"], "allow_templates");
}
