//! `batches` and the results of the batch commands, in the sandbox.

use serde_json::{Value, json};

use super::sandboxed::{OPTIONS, Sandboxed, count, refused, result, rows};

/// Two rows that are accepted, one number that does not exist, and one over its daily limit.
const MIXED: &str = "phone,name,order\n13800001000,Al,1\n13800009001,Bo,2\n13800009011,Carol,3\n\
                     13800001003,Dave,4\n";

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn next(result: &Value) -> Vec<String> {
    let next = result["error"]["next"].as_array().expect("next");
    next.iter().map(|line| line.as_str().expect("a command").to_string()).collect()
}

#[test]
fn json_has_one_object_for_each_call_and_the_result_at_the_end() {
    let world = Sandboxed::with("rows.csv", MIXED);
    let ran = world.batch("rows.csv", &[]).exits(8);
    let mut lines = ran.json_lines();
    let result = lines.pop().unwrap();
    let states: Vec<_> =
        lines.iter().map(|line| line["data"]["status"].as_str().unwrap()).collect();
    assert_eq!(states.iter().filter(|state| **state == "accepted").count(), 2, "{states:?}");
    assert_eq!(states.iter().filter(|state| **state == "failed").count(), 2, "{states:?}");
    for line in &lines {
        assert_eq!(keys(line), ["schema", "ok", "command", "sandbox", "data"]);
        assert_eq!(line["command"], "sms batch");
        let data = &line["data"];
        assert_eq!(data["batch"], result["data"]["id"]);
        assert_eq!(line["ok"], data["status"] == "accepted", "{line:#}");
        assert_eq!((&data["messages"], &data["first_line"]), (&json!(1), &data["last_line"]));
        assert_eq!(data["receipt_id"].is_string(), data["status"] == "accepted");
        assert_eq!(data["error"]["code"].is_string(), data["status"] == "failed");
    }
    assert_eq!(
        keys(&result),
        [
            "schema",
            "ok",
            "command",
            "sandbox",
            "data",
            "error",
            "account",
            "warnings",
            "ai_mode_disabled"
        ]
    );
    assert_eq!((&result["ok"], &result["ai_mode_disabled"]), (&json!(false), &json!(true)));
    assert_eq!(
        keys(&result["data"]),
        [
            "id",
            "name",
            "command",
            "status",
            "source",
            "created_at",
            "total",
            "accepted",
            "failed",
            "unknown",
            "started",
            "remaining",
            "calls",
            "codes"
        ]
    );
    let error = &result["error"];
    assert_eq!((&error["kind"], &error["outcome"]), (&json!("partial"), &json!("sent")));
    let codes = result["data"]["codes"].as_array().unwrap();
    let found: Vec<_> = codes.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(found, ["isv.BUSINESS_LIMIT_CONTROL", "isv.MOBILE_NUMBER_ILLEGAL"]);
    assert!(codes.iter().all(|one| one["messages"] == 1 && one["hint"].is_string()), "{codes:#?}");

    // Every command that the result names can be run as it is.
    let commands = next(&result);
    assert_eq!(commands.len(), 2);
    for command in commands {
        assert!(command.contains("--sandbox"), "{command}");
        world.world.run_line(command.strip_prefix("alimsg ").unwrap()).exits(0);
    }
    world.world.assert_off_in_sandbox();
}

#[test]
fn exported_failed_rows_are_sent_unchanged_as_a_new_batch() {
    for (name, rows) in [
        ("rows.csv", MIXED.replace("Bo", "\"B, \"\"o\"\"\"")),
        ("rows.tsv", MIXED.replace(',', "\t").replace("Bo", "B, \"o\"")),
        (
            "rows.jsonl",
            "{\"phone\":13800009001,\"name\":\"B, \\\"o\\\"\",\"order\":2}\n\
             {\"phone\":13800001003,\"name\":\"Dave\",\"order\":4}\n"
                .to_string(),
        ),
    ] {
        let world = Sandboxed::with(name, rows);
        let ran = world.batch(name, &["--name", "first"]).exits(8);
        let failed = count(&result(&ran), "failed");
        let to = format!("failed-{name}");
        let export = world.run(&["batches", "export", "first", "--failed", "--to", &to]).exits(0);
        assert_eq!(count(&result(&export), "rows"), failed, "{name}");
        world.run(&["batches", "export", "first", "--failed", "--to", &to]).exits(2);
        // To stdout as well.
        let words = ["--sandbox", "batches", "export", "first", "--failed"];
        assert_eq!(world.world.run(&words).exits(0).stdout, world.read(&to));
        // The same rows in a new batch, and after a correction.
        let again = world.batch(&to, &[]).exits(8);
        assert_eq!(count(&result(&again), "failed"), failed, "{name}");
        world.write(&to, world.read(&to).replace("9001", "1111").replace("9011", "1112"));
        let ran = world.batch(&to, &[]).exits(0);
        assert_eq!(count(&result(&ran), "accepted"), failed);
        let texts = world.texts();
        assert!(texts.iter().any(|text| text.contains("Hello B, \"o\",")), "{texts:?}");
    }
}

#[test]
fn all_results_are_exported_with_details() {
    let world = Sandboxed::with("rows.csv", MIXED);
    world.batch("rows.csv", &["--name=a", "--limit=3"]).exits(8);
    let words = ["--sandbox", "batches", "export", "a", "--all", "--details"];
    assert_eq!(
        world.world.run(&words).exits(0).stdout,
        "line,status,code,phone,name,order\n2,accepted,,13800001000,Al,1\n\
         3,failed,isv.MOBILE_NUMBER_ILLEGAL,13800009001,Bo,2\n\
         4,failed,isv.BUSINESS_LIMIT_CONTROL,13800009011,Carol,3\n\
         5,not sent,,13800001003,Dave,4\n"
    );
    for (state, rows) in [("--accepted", 1), ("--unknown", 0), ("--remaining", 1)] {
        let ran = world.world.run(&["--sandbox", "batches", "export", "a", state]).exits(0);
        assert_eq!(ran.stdout.lines().count(), rows + 1, "{state}");
    }
    refused(world.run(&["batches", "export", "a", "--all"]));
    world.run(&["batches", "export", "a"]).exits(2);
}

#[test]
fn a_trial_is_continued_by_the_full_run_and_shards_share_the_rows() {
    let world = Sandboxed::with("rows.csv", rows(250));
    let limited = world.batch("rows.csv", &["--limit", "10"]).exits(0);
    assert!(limited.stderr.contains("About to send 10 SMS"), "{}", limited.stderr);
    let trial = result(&limited);
    assert_eq!((count(&trial, "accepted"), count(&trial, "remaining")), (10, 240));
    assert_eq!(trial["data"]["status"], "open");
    let parts: [(&str, &[&str], [u64; 2]); 3] = [
        // The trial has 4 of its 83 rows.
        ("2/3", &["--limit", "20"], [14, 76]),
        ("2/3", &[], [90, 0]),
        ("1/3", &[], [170, 0]),
    ];
    for (part, more, counts) in parts {
        let words = [&["--shard", part], more].concat();
        let done = result(&world.batch("rows.csv", &words).exits(0));
        assert_eq!(done["data"]["id"], trial["data"]["id"]);
        // Only the rows of this part.
        assert_eq!([count(&done, "accepted"), count(&done, "remaining")], counts, "{done:#}");
        let id = done["data"]["id"].as_str().expect("an ID");
        let shown = result(&world.run(&["batches", "show", id, "--json"]).exits(0));
        assert_eq!(count(&shown, "remaining"), 250 - counts[0], "{shown:#}");
        assert_eq!(shown["data"]["status"], "open");
    }
    let full = world.batch("rows.csv", &["--jobs", "2", "--rate", "5000"]).exits(0);
    assert!(full.stderr.contains("continues"), "{}", full.stderr);
    assert_eq!((count(&result(&full), "accepted"), count(&result(&full), "remaining")), (250, 0));
    let again = result(&world.batch("rows.csv", &[]).exits(0));
    assert_eq!((count(&again, "calls"), &again["data"]["status"]), (0, &json!("finished")));
    let mut numbers = world.sent_to();
    assert_eq!(numbers.len(), 250);
    numbers.dedup();
    assert_eq!(numbers.len(), 250);
    // Another name is another batch.
    let other = world.batch("rows.csv", &["--name", "december", "--limit", "1"]).exits(0);
    assert_ne!(result(&other)["data"]["id"], trial["data"]["id"]);
    assert_eq!(world.sent_to().len(), 251);
    for wrong in ["0/3", "4/3", "1", "a/b", "1/0"] {
        world.batch("rows.csv", &["--shard", wrong]).exits(2);
    }
}

#[test]
fn a_name_belongs_to_one_input_and_one_set_of_options() {
    let world = Sandboxed::with("rows.csv", rows(3));
    let first = result(&world.batch("rows.csv", &["--name", "news", "--limit=1"]).exits(0));
    let id = first["data"]["id"].as_str().unwrap();
    world.write("other.csv", rows(4));
    let error = refused(world.batch("other.csv", &["--name", "news"]));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("4 valid rows") && message.contains("3 valid rows"), "{message}");
    for options in [&["-s", "Acme Store"][..], &["--sms-up-extend-code", "90"]] {
        let words =
            [&["sms", "batch", "rows.csv", "-t", "SMS_100002", "--yes", "--name=news"], options];
        let words = match options[0] {
            "-s" => words.concat(),
            _ => [&words.concat()[..], &["-s", "Acme"]].concat(),
        };
        let error = refused(world.run(&words));
        assert!(error["message"].as_str().unwrap().contains(id), "{error:#}");
    }
    refused(world.batch("rows.csv", &["--name", ""]));
    let error = refused(
        world.run(
            &[
                &["--region", "ap-southeast-1", "sms", "batch", "rows.csv", "--yes", "--name=news"],
                &OPTIONS[..],
            ]
            .concat(),
        ),
    );
    assert!(error["message"].as_str().unwrap().contains("another profile"), "{error:#}");
    assert_eq!(world.sent_to().len(), 1);
    let ran = world.batch("rows.csv", &["--name", "news"]).exits(0);
    assert_eq!(count(&result(&ran), "accepted"), 3);
}

#[test]
fn resume_takes_a_moved_file_and_refuses_a_changed_one_with_the_difference() {
    let world = Sandboxed::with("rows.csv", rows(5));
    let first = result(&world.batch("rows.csv", &["--limit", "2"]).exits(0));
    let id = first["data"]["id"].as_str().unwrap().to_string();
    let path = |name: &str| world.world.path(name);
    std::fs::rename(path("rows.csv"), path("moved.csv")).unwrap();
    let error = refused(world.run(&["batches", "resume", &id, "--yes"]));
    assert!(error["message"].as_str().unwrap().contains("rows.csv"), "{error:#}");
    assert!(error["hint"].as_str().unwrap().contains("--input"), "{error:#}");

    world.write("rows.csv", rows(5).replace("name 3", "name X"));
    for input in [&[][..], &["--input", "rows.csv"]] {
        let error = refused(world.run(&[&["batches", "resume", &id, "--yes"], input].concat()));
        assert!(error["message"].as_str().unwrap().contains("SHA-256"), "{error:#}");
    }
    for words in [["batches", "export", &id, "--remaining"], ["batches", "show", &id, "--receipts"]]
    {
        let words = [&["--sandbox"], &words[..]].concat();
        let ran = world.world.run(&words).exits(2);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("changed"), "{ran:#?}");
    }
    assert_eq!(world.sent_to().len(), 2);
    let words = ["batches", "resume", &id, "--input", "moved.csv", "--yes"];
    let resumed = result(&world.run(&words).exits(0));
    assert_eq!((count(&resumed, "accepted"), count(&resumed, "calls")), (5, 1));
    assert_eq!(world.sent_to().len(), 5);
    let unknown = result(&world.run(&["batches", "resume", "nothing", "--yes"]).exits(2));
    assert!(unknown["error"]["message"].as_str().unwrap().contains("nothing"), "{unknown:#}");
    assert_eq!(next(&unknown), ["alimsg batches list --sandbox"]);
}

#[test]
fn a_lost_reply_is_unknown_and_never_sent_again_without_a_typed_confirmation() {
    // 9004: the request was lost, so no receipt arrives. Its exit code wins over failed rows.
    let world = Sandboxed::with(
        "rows.csv",
        "phone,name,order,out_id\n13800001000,Al,1,a\n13800009004,Bo,2,b\n13800009001,Eve,3,c\n",
    );
    let ran = world.batch("rows.csv", &["--name=lost"]).exits(7);
    let first = result(&ran);
    assert_eq!(first["error"]["outcome"], "unknown");
    let states = ["accepted", "failed", "unknown"].map(|state| count(&first, state));
    assert_eq!(states, [1, 1, 1]);
    let commands = next(&first);
    assert!(commands[0].starts_with("alimsg batches resume "), "{commands:?}");
    assert!(commands[1].contains("--failed") && commands[2].contains("show"), "{commands:?}");
    for command in commands {
        // Exported unknown rows could be sent again as a new batch.
        assert!(command.contains("--sandbox") && !command.contains("--unknown"), "{command}");
    }
    for words in [vec!["batches", "resume", "lost"], vec!["batches", "resume", "lost", "--yes"]] {
        let ran = world.run(&words);
        assert_eq!(ran.exit(), if words.len() == 4 { 7 } else { 2 }, "{ran:#?}");
    }
    let error = refused(world.batch("rows.csv", &["--name=lost", "--retry-unknown"]));
    assert!(error["message"].as_str().unwrap().contains("typed confirmation"), "{error:#}");
    assert!(error["hint"].as_str().unwrap().contains("only a person"), "{error:#}");
    assert!(!error.to_string().contains("export"), "{error:#}");
    // The suggested `resume` sends no row again; see the number of messages below.
    for command in error["next"].as_array().unwrap() {
        let line = command.as_str().unwrap().strip_prefix("alimsg ").unwrap();
        let ran = world.world.run_line(&format!("{line} --yes"));
        assert!([0, 7].contains(&ran.exit()), "{ran:#?}");
    }
    let words = ["batches", "export", "lost", "--unknown", "--to", "unknown.csv"];
    let exported = result(&world.run(&words).exits(0));
    assert!(exported["warnings"][0].as_str().unwrap().contains("may have been sent"));
    let shown = result(&world.run(&["batches", "show", "lost"]).exits(0));
    assert_eq!((count(&shown, "unknown"), count(&shown, "accepted")), (1, 1));
    assert_eq!(world.sent_to().len(), 1);
}

#[test]
fn receipts_are_counted_with_reasons() {
    let world = Sandboxed::with(
        "rows.csv",
        "phone,name,order,out_id\n13800001000,Al,1,same\n13800009012,Bo,2,same\n\
         13800009014,Carol,3,same\n13800009001,Dave,4,d\n13800001000,Al,5,same\n",
    );
    world.batch("rows.csv", &["--name=r"]).exits(8);
    let mut receipts = Value::Null;
    for _ in 0..40 {
        let shown = world.run(&["batches", "show", "r", "--receipts"]).exits(0);
        receipts = result(&shown)["data"]["receipts"].take();
        if receipts["delivered"] == 2 && receipts["failed"] == 1 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(250));
    }
    assert_eq!(
        (&receipts["delivered"], &receipts["failed"]),
        (&json!(2), &json!(1)),
        "{receipts:#}"
    );
    assert_eq!(receipts["pending"], 1);
    let reason = &receipts["reasons"][0];
    assert!(reason["code"].is_string() && reason["meaning"].is_string(), "{reason:#}");
    assert_eq!(reason["messages"], 1);
    world.world.assert_off_in_sandbox();
}

#[test]
fn a_cancelled_batch_is_not_continued() {
    let world = Sandboxed::with("rows.csv", rows(3));
    world.batch("rows.csv", &["--name=c", "--limit=1"]).exits(0);
    refused(world.run(&["batches", "cancel", "c"]));
    let cancelled = result(&world.run(&["batches", "cancel", "c", "--yes"]).exits(0));
    assert_eq!(cancelled["data"]["status"], "cancelled");
    for words in [&["batches", "resume", "c", "--yes"][..], &["batches", "cancel", "c", "--yes"]] {
        let ran = world.run(words);
        assert_eq!(ran.exit(), if words[1] == "cancel" { 0 } else { 2 }, "{ran:#?}");
    }
    let error = refused(world.batch("rows.csv", &["--name=c"]));
    // Another batch with all rows would send the first one again.
    assert!(error["next"][0].as_str().unwrap().contains("--remaining"), "{error:#}");
    assert!(!error.to_string().contains("--name"), "{error:#}");
    assert_eq!(world.sent_to().len(), 1);
    let export = |name: &str| {
        let words = ["batches", "export", name, "--remaining", "--to", &format!("{name}.csv")];
        result(&world.run(&words).exits(0))
    };
    assert_eq!(export("c")["warnings"], json!([]));
    // The rows of a batch that can go on would be sent twice.
    world.batch("rows.csv", &["--name=d", "--limit=1"]).exits(0);
    let exported = export("d");
    assert!(exported["warnings"][0].as_str().unwrap().contains("cancel the batch"), "{exported:#}");
}

#[test]
fn queued_calls_are_sent_by_workers() {
    let world = Sandboxed::with("rows.csv", rows(250));
    let queued = result(&world.batch("rows.csv", &["--enqueue", "--name=q"]).exits(0));
    let id = queued["data"]["id"].as_str().unwrap();
    assert_eq!((&queued["data"]["status"], count(&queued, "remaining")), (&json!("queued"), 250));
    assert!(world.sent_to().is_empty());
    // Without --enqueue, the same batch would be sent from its input.
    refused(world.batch("rows.csv", &["--name=q"]));
    let worked = result(&world.run(&["batches", "work", id]).exits(0));
    assert_eq!((count(&worked, "accepted"), count(&worked, "calls")), (250, 3));
    let again = result(&world.batch("rows.csv", &["--enqueue", "--name=q"]).exits(0));
    assert_eq!((count(&again, "accepted"), count(&again, "remaining")), (250, 0));
    assert_eq!(world.sent_to().len(), 250);
    world.batch("rows.csv", &["--limit=1"]).exits(0);
    let local = result(&world.run(&["batches", "list"]).exits(0));
    let local = local["data"]["batches"][0]["id"].as_str().unwrap();
    refused(world.run(&["batches", "work", local]));
}

#[test]
fn a_dry_run_of_every_command_starts_no_process_and_records_nothing() {
    let world = Sandboxed::with("rows.csv", rows(250));
    let batch = [&["sms", "batch", "rows.csv", "--dry-run"], &OPTIONS[..]].concat();
    let ran = world.world.run(&[&["--json"], &batch[..]].concat()).exits(0);
    let calls = ran.planned_names();
    assert_eq!(calls.iter().filter(|name| name.contains("send-batch-sms")).count(), 3, "{calls:?}");
    assert!(!world.world.path("state").join("alimsg.db").exists());
    world.batch("rows.csv", &["--name=d", "--limit=1"]).exits(0);
    let before = world.run(&["batches", "list"]).exits(0).stdout;
    for words in [
        &["list"][..],
        &["show", "d"],
        &["show", "d", "--receipts"],
        &["resume", "d"],
        &["work", "d"],
        &["cancel", "d"],
        &["export", "d", "--all", "--to", "new.csv"],
    ] {
        let ran = world.run(&[&["batches", "--dry-run"], words].concat()).exits(0);
        assert_eq!(result(&ran)["ok"], true, "{ran:#?}");
    }
    assert!(!world.world.path("new.csv").exists());
    assert_eq!(world.run(&["batches", "list"]).exits(0).stdout, before);
    assert!(world.world.processes().is_empty());
}
