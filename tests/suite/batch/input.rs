//! What people give a batch command as its input.

use std::fmt::Write as _;
use std::process::Command;

use serde_json::json;

use super::sandboxed::{OPTIONS, Sandboxed, count, refused, result};

const HEADER: &str = "phone,name,order\n";

#[test]
fn every_usual_form_of_a_file_sends_the_same_messages() {
    let files = [
        ("comma.csv", "phone,name,order\n13800001000,\"Al, B\",1\n13800001001,Bo,2\n"),
        ("semicolon.csv", "phone;name;order\r\n13800001000;Al, B;1\r\n13800001001;Bo;2"),
        (
            "tab.tsv",
            "\u{feff}phone\tname\torder\r\n13800001000\tAl, B\t1\r\n13800001001\tBo\t2\r\n",
        ),
        (
            "order.csv",
            "\n order,phone ,name,\n1,13800001000,\"Al, B\",\n\n2, 13800001001 ,Bo,\n,,,\n",
        ),
        (
            "rows.jsonl",
            "{\"phone\":13800001000,\"name\":\"Al, B\",\"order\":1}\n\n\
             {\"order\":\"2\",\"phone\":\"13800001001\",\"name\":\"Bo\"}\n",
        ),
    ];
    let world = Sandboxed::new();
    let mut all = Vec::new();
    for (at, (name, content)) in files.iter().enumerate() {
        world.write(name, content);
        let ran = world.batch(name, &["--name", &at.to_string()]).exits(0);
        assert_eq!(count(&result(&ran), "accepted"), 2, "{name}");
        let mut texts = world.texts();
        all.push(texts.split_off(2 * at));
    }
    assert!(all[0][0].contains("Hello Al, B, your order 1"), "{all:?}");
    assert!(all.iter().all(|texts| *texts == all[0]), "{all:?}");
}

#[test]
fn stdin_pipes_and_fifos_are_inputs() {
    let world = Sandboxed::with("rows.csv", format!("{HEADER}13800001000,Al,1\n"));
    let words =
        [&["--sandbox", "--json", "sms", "batch", "-"], &OPTIONS[..], &["--yes", "--name=a"]]
            .concat();
    let ran = world.world.run_with_stdin(&words, &world.read("rows.csv")).exits(0);
    assert_eq!(result(&ran)["data"]["source"], json!(null));

    let fifo = world.world.path("fifo");
    #[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
    let made = Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    let running = world.world.start(
        &[&["--sandbox", "--json", "sms", "batch", "fifo"], &OPTIONS[..], &["--yes", "--name=b"]]
            .concat(),
    );
    std::fs::write(&fifo, world.read("rows.csv")).expect("written");
    let ran = running.wait().exits(0);
    assert_eq!(count(&result(&ran), "accepted"), 1);
    assert_eq!(world.sent_to(), ["13800001000", "13800001000"]);

    // The rows are not at a path, so a later command asks for them.
    for words in [["batches", "resume", "a"], ["batches", "resume", "b"]] {
        let error = refused(world.run(&[&words[..], &["--yes"]].concat()));
        assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("--input")), "{error}");
    }
    let resume = ["--sandbox", "--json", "batches", "resume", "a", "--input", "-", "--yes"];
    let ran = world.world.run_with_stdin(&resume, &world.read("rows.csv")).exits(0);
    assert_eq!(count(&result(&ran), "calls"), 0);
}

#[test]
fn an_input_that_cannot_be_used_is_refused_with_a_fix() {
    let utf16: Vec<u8> =
        "\u{feff}phone,name\n1,a\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let row = |row: &str| format!("{HEADER}13800001000,Al,1\n{row}").into_bytes();
    let cases: [(&str, Vec<u8>, &str); 14] = [
        ("gbk.csv", b"phone,name,order\n13800001000,\xb0\xa2,1\n".to_vec(), "iconv -f GB18030"),
        ("header.csv", b"\xca\xd6\xbb\xfa,name\n".to_vec(), "iconv -f GB18030"),
        ("utf16.csv", utf16.clone(), "iconv -f UTF-16"),
        ("no-bom.csv", utf16[2..].to_vec(), "iconv -f UTF-16"),
        ("book.xlsx", b"PK\x03\x04\0\0\0".to_vec(), "CSV UTF-8"),
        ("empty.csv", Vec::new(), "phone,name,order"),
        ("only-header.csv", HEADER.into(), "column phone"),
        ("array.json", b"[{\"phone\":1}]".to_vec(), "JSON Lines"),
        ("twice.csv", b"phone,name,name,order\n1,2,3,4\n".to_vec(), "own name"),
        (
            "case.csv",
            b"Name,Phone number,order\nAl,13800001000,1\n".to_vec(),
            "--map phone='Phone number'",
        ),
        ("no-order.csv", b"phone,name\n13800001000,Al\n".to_vec(), "--map order=COLUMN"),
        ("mac.csv", b"phone,name,order\r13800001000,Al,1\r".to_vec(), "tr '\\r'"),
        (
            "open.csv",
            row("13800001001,Bo,\"2\n13800001002,Carol,3\n13800001003,\"Dave\",4\n"),
            "\"\"",
        ),
        ("open-at-end.csv", row("13800001001,Bo,\"2\n13800001002,Carol,3\n"), "\"\""),
    ];
    let world = Sandboxed::new();
    for (name, content, fix) in cases {
        world.write(name, content);
        let error = refused(world.batch(name, &[]));
        assert!(error["hint"].as_str().unwrap().contains(fix), "{name}: {error:#}");
        if name.starts_with("open") {
            assert!(error["message"].as_str().unwrap().contains("line 3"), "{error:#}");
        }
    }
    for path in ["missing.csv", "tmp", "empty.csv/x"] {
        refused(world.batch(path, &[]));
    }
    assert!(world.sent_to().is_empty());
    assert_eq!(count(&result(&world.run(&["batches", "list"])), "total"), 0);
}

#[test]
fn an_endless_quote_or_line_does_not_fill_the_memory() {
    let world = Sandboxed::new();
    let rows = "13800001001,Bo,2\n".repeat(500_000);
    world.write("quote.csv", format!("{HEADER}13800001000,\"Al,1\n{rows}"));
    world.write("line.jsonl", format!("{{\"phone\":\"{rows}\"}}").replace('\n', ""));
    for name in ["quote.csv", "line.jsonl"] {
        let error = refused(world.batch(name, &[]));
        assert!(error["message"].as_str().unwrap().contains("line"), "{error:#}");
    }
}

#[test]
fn bad_rows_are_listed_with_line_and_reason_and_nothing_is_sent() {
    let bad = [
        ("138-0000-1001,Al,1", "phone number"),
        ("1.38E+10,Al,1", "phone number"),
        ("\"=\"\"13800001002\"\"\",Al,1", "phone number"),
        (",Al,1", "no phone number"),
        ("13800001003,,1", "name is empty"),
        ("13800001004, ,1", "name is empty"),
        ("13800001005,#N/A,1", "spreadsheet error"),
        ("13800001006,Al\u{1b}[31m,1", "control character (U+001B)"),
        ("13800001007,Al", "2 values"),
        ("13800001008,Al,1,", "4 values"),
        ("13800001009,\"Al\"x,1", "closing quote"),
        ("+8613800001000,Al,1", "repeats line 2"),
    ];
    let mut text = format!("{HEADER}13800001000,Al,1\n");
    for (row, _) in bad {
        let _ = writeln!(text, "{row}");
    }
    let long = "x".repeat(130_000);
    let _ = writeln!(text, "13800001010,{long},1\n13800001011,\"=SUM(A1)\n+1\",1");
    let world = Sandboxed::with("rows.csv", &text);
    let ran = world.batch("rows.csv", &[]);
    assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
    let data = result(&ran)["data"].clone();
    refused(ran);
    assert_eq!((&data["valid"], &data["invalid"]), (&json!(2), &json!(13)));
    let rows = data["rows"].as_array().unwrap();
    let reasons = bad.iter().map(|(_, reason)| *reason).chain(["too long for one call"]);
    for ((line, reason), row) in (3..).zip(reasons).zip(rows) {
        assert_eq!(row["line"], line, "{row}");
        assert!(row["reason"].as_str().unwrap().contains(reason), "{row}");
    }
    let file = world.read("rows.invalid.csv");
    assert!(file.starts_with("line,reason,phone,name,order\n3,"), "{file}");
    assert_eq!(file.lines().count(), 14);
    assert!(world.sent_to().is_empty());

    let ran = world.batch("rows.csv", &["--skip-invalid"]).exits(0);
    let result = result(&ran);
    assert_eq!((count(&result, "total"), count(&result, "accepted")), (2, 2));
    assert!(result["warnings"].to_string().contains("13 invalid rows"), "{result:#}");
    assert!(world.texts()[1].contains("=SUM(A1)\n+1"), "{:?}", world.texts());
}

#[test]
fn values_of_json_lines_are_texts_and_numbers_as_they_are_written() {
    let rows = "{\"phone\":13800001000,\"name\":\"Al\",\"order\":12.50}\n\
                {\"phone\":13800001001,\"name\":null,\"order\":1}\n\
                {\"phone\":13800001002,\"name\":{\"first\":\"Al\"},\"order\":1}\n\
                {\"phone\":13800001003,\"name\":\"Al\",\"order\":true}\n\
                {\"phone\":1.38e10,\"name\":\"Al\",\"order\":1}\n\
                {\"phone\":13800001004,\"name\":\"Al\",\"name\":\"Bo\",\"order\":1}\n\
                {\"phone\":13800001005,\"name\":\"Al\",\"order\":1,\"more\":1}\n\
                {\"phone\":13800001006,\"name\":\"A\\u0000l\",\"order\":1}\n\
                {\"phone\":13800001007,\"name\":\"Al\"\n";
    let world = Sandboxed::with("rows.jsonl", rows);
    let ran = world.batch("rows.jsonl", &["--skip-invalid"]).exits(0);
    assert_eq!(count(&result(&ran), "total"), 1);
    assert!(world.texts()[0].contains("order 12.50 is"), "{:?}", world.texts());
    let invalid = world.read("rows.invalid.jsonl");
    for (line, reason) in invalid.lines().zip([
        "name is empty",
        "nested JSON",
        "true",
        "phone number",
        "\\\"name\\\" twice",
        "more",
        "control character",
        "not a JSON object",
    ]) {
        assert!(line.contains(reason), "{reason}: {line}");
    }
    assert_eq!(invalid.lines().count(), 8);
}

#[test]
fn columns_are_mapped_and_excluded_numbers_are_left_out_in_every_notation() {
    let world = Sandboxed::with(
        "rows.csv",
        "Mobile,First name,order,note\n13800001000,Al,1,x\n+8613800001001,Bo,2,x\n\
         008613800001002,Carol,3,x\n13800001003,Dave,4,x\n8613800001004,Eve,5,x\n",
    );
    let map = ["--map", "phone=Mobile", "--map", "name=First name"];
    world.write(
        "stop.csv",
        "id,phone\n10000001,+86 138-0000-1000\n2,13800001001\n3,8613800001002\n",
    );
    world.write("stop.txt", "008613800001003\n");
    let ran = world.batch("rows.csv", &[&map[..], &["--exclude", "stop.csv"]].concat()).exits(0);
    assert_eq!(count(&result(&ran), "total"), 2);
    assert!(ran.stderr.contains("3 by --exclude"), "{}", ran.stderr);
    assert!(ran.stderr.contains("note"), "{}", ran.stderr);
    assert_eq!(world.sent_to().len(), 2);

    // Everyone is excluded, or the file is not a list of numbers.
    for (content, hint) in [
        ("phone\n13800001000\n13800001001\n13800001002\n13800001003\n13800001004\n", "--exclude"),
        ("phone\nAl\n", "one phone number"),
        ("1380000100x\n", "one phone number"),
    ] {
        world.write("stop.csv", content);
        let words = [&map[..], &["--exclude", "stop.csv", "--name=2"]].concat();
        let error = refused(world.batch("rows.csv", &words));
        assert!(error["hint"].as_str().unwrap().contains(hint), "{error:#}");
    }
    for map in [&["--map", "name"][..], &["--map", "name=x"], &["--map", "nme=order"]] {
        refused(world.batch("rows.csv", map));
    }
    assert_eq!(world.sent_to().len(), 2);
}

#[test]
fn one_number_gets_several_messages_in_several_calls_with_a_notice() {
    let rows = format!("{HEADER}13800001000,Al,1\n13800001000,Al,2\n8613800001000,Al,3\n");
    let world = Sandboxed::with("rows.csv", rows);
    let ran = world.batch("rows.csv", &[]).exits(0);
    assert!(ran.stderr.contains("1 number get") || ran.stderr.contains("1 number gets"));
    assert_eq!(count(&result(&ran), "calls"), 3);
    assert_eq!(world.texts().len(), 3);
}

#[test]
fn an_input_that_changes_while_the_plan_is_shown_is_not_sent() {
    let world = Sandboxed::with("rows.csv", format!("{HEADER}13800001000,Al,1\n"));
    let words = [&["--sandbox", "sms", "batch", "rows.csv"], &OPTIONS[..]].concat();
    let mut terminal = world.world.terminal(&words);
    terminal.expect("\"yes\"");
    world.write("rows.csv", format!("{HEADER}13800001000,Al,1\n13800001001,Bo,2\n"));
    terminal.write("yes\r");
    let ran = terminal.wait().exits(2);
    assert!(ran.stdout.contains("changed"), "{}", ran.stdout);
    assert!(world.sent_to().is_empty());
}

/// A file with one bad row in a hundred.
fn many(rows: u64) -> String {
    let mut text = HEADER.to_string();
    for row in 0..rows {
        let number = if row % 100 == 7 { 1 } else { 13_800_000_000 + row };
        let _ = writeln!(text, "{number},name {row},{row}");
    }
    text
}

fn plan_many(rows: u64, max_mib: f64) {
    let world = Sandboxed::with("rows.csv", many(rows));
    let ran = world.world.run(
        &[&["--sandbox", "--json", "--dry-run", "sms", "batch", "rows.csv"], &OPTIONS[..]].concat(),
    );
    let data = result(&ran)["data"].clone();
    refused(ran);
    assert_eq!((&data["valid"], &data["invalid"]), (&json!(rows / 100 * 99), &json!(rows / 100)));
    assert_eq!(data["rows"][0]["line"], 9);
    assert_eq!(world.read("rows.invalid.csv").lines().count() as u64, rows / 100 + 1);
    if let Some(peak) = peak_mib(&world) {
        assert!(peak < max_mib, "{peak:.1} MiB");
    }
}

/// The peak memory of a plan of `rows.csv`.
fn peak_mib(world: &Sandboxed) -> Option<f64> {
    let line = "\"$0\" \"$@\" >/dev/null 2>&1 & wait $!";
    let words = [&["--sandbox", "--dry-run", "sms", "batch", "rows.csv"], &OPTIONS[..]].concat();
    let mut child = world.world.shell(line, &words).spawn().ok()?;
    let mut peak: Option<f64> = None;
    while child.try_wait().ok()?.is_none() {
        for process in world.world.running() {
            let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid));
            let status = status.unwrap_or_default();
            let value = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = value.and_then(|value| value.split_whitespace().next()?.parse::<f64>().ok());
            peak = kib.map(|kib| kib / 1024.0).into_iter().chain(peak).reduce(f64::max);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    peak
}

#[test]
fn a_hundred_thousand_rows_are_planned_and_the_bad_ones_reported() {
    plan_many(100_000, 60.0);
}

#[test]
#[ignore = "takes longer than 10 s in a debug build"]
fn a_million_rows_are_planned_within_the_memory_limit() {
    plan_many(1_000_000, 100.0);
}

#[test]
fn doubtful_numbers_are_counted_in_one_warning() {
    let rows = format!("{HEADER}13800001000,Al,1\n13800138000,Bo,2\n+8613800138000,Cy,3\n");
    let world = Sandboxed::with("rows.csv", rows);
    let ran = world.batch("rows.csv", &[]).exits(0);
    let warnings = result(&ran)["warnings"].clone();
    let warning = warnings[0].as_str().expect("a warning");
    assert!(warning.starts_with("line 3: 13800138000 is an example number"), "{warning}");
    assert!(warning.ends_with("2 doubtful numbers in all"), "{warning}");
    assert_eq!(warnings.as_array().map(Vec::len), Some(1), "{warnings}");
    assert_eq!(world.sent_to().len(), 3);
}
