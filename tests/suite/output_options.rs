//! The format of results: `--output`, `--fields`, `--jq`, `--no-header`, `--limit`, `--raw`.

use serde_json::{Value, json};

use crate::support::messages::{SMS, and};
use crate::support::{Terminal, World, can_be_listed, reply_to};

const SIGNS: &str = "--sandbox sms signs list";

/// Runs a line in the sandbox, in a pipe.
fn stdout(world: &World, line: &str) -> String {
    let words = shell_words::split(line).expect(line);
    world.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).exits(0).stdout
}

#[test]
fn each_format_has_the_same_data() {
    let world = World::new();
    let json: Value =
        serde_json::from_str(&stdout(&world, &format!("{SIGNS} --json"))).expect("JSON");
    let named = stdout(&world, &format!("{SIGNS} --output json"));
    assert_eq!(serde_json::from_str::<Value>(&named).expect("JSON"), json);
    let tsv = stdout(&world, &format!("{SIGNS} --output tsv"));
    assert_eq!(tsv, stdout(&world, SIGNS));
    let csv = stdout(&world, &format!("{SIGNS} --output csv"));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let cells = |text: &str, by: char| text.split(by).map(String::from).collect::<Vec<_>>();
    let heading = cells(tsv.lines().next().expect("a heading"), '\t');
    assert_eq!(reader.headers().expect("a heading").iter().collect::<Vec<_>>(), heading);
    let rows: Vec<Vec<String>> = reader
        .records()
        .map(|row| row.expect("a row").iter().map(String::from).collect())
        .collect();
    let expected: Vec<Vec<String>> = tsv.lines().skip(1).map(|line| cells(line, '\t')).collect();
    assert_eq!(rows, expected);
    assert!(!rows.is_empty());
    // Pages are printed as they come.
    assert_eq!(stdout(&world, &format!("{SIGNS} --all --output csv")), csv);
    let record = stdout(&world, "--sandbox sms signs show 'Acme Store' --output csv");
    assert!(record.starts_with("name,Acme Store\n"), "{record}");
}

#[test]
fn a_terminal_gets_the_format_of_the_flag_and_indented_json() {
    let world = World::bare();
    let on_terminal = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = world.alimsg(&words);
        command.env("TERM", "xterm").env("NO_COLOR", "1");
        Terminal::start_in(command, 80).wait().stdout.replace("\r\n", "\n")
    };
    let tsv = stdout(&world, SIGNS);
    assert!(on_terminal(&format!("{SIGNS} --output tsv")).contains(&tsv));
    assert!(!on_terminal(SIGNS).contains('\t'));
    let json = on_terminal(&format!("{SIGNS} --json"));
    assert!(
        json.contains("\n  \"schema\": 1,\n") && json.contains("\n    \"signatures\": [\n"),
        "{json}"
    );
    assert_eq!(stdout(&world, &format!("{SIGNS} --json")).lines().count(), 1);
}

#[test]
fn a_flag_wins_over_a_variable_and_contradicting_flags_are_refused() {
    let world = World::new();
    let run = |more: &[&str], variables: &[(&str, &str)]| {
        let words: Vec<&str> = SIGNS.split(' ').chain(more.iter().copied()).collect();
        world.run_with_env(&words, variables)
    };
    let is_json = |text: &str| text.starts_with('{');
    for (more, variables, expected) in [
        (&[][..], &[("ALIMSG_OUTPUT", "json")][..], "{"),
        (&["--output", "csv"], &[("ALIMSG_OUTPUT", "json")], "name,"),
        (&["--output=csv"], &[("ALIMSG_JSON", "1")], "name,"),
        (&["--output=csv"], &[("ALIMSG_JQ", ".ok")], "name,"),
        (&["--json"], &[("ALIMSG_OUTPUT", "csv")], "{"),
        (&["--jq=.ok"], &[("ALIMSG_OUTPUT", "csv")], "true\n"),
        (&["--jq=.ok", "--json", "--output=json"], &[], "true\n"),
        (&[], &[("ALIMSG_JQ", ".command")], "sms signs list\n"),
        (&["--output=text"], &[("ALIMSG_OUTPUT", "csv")], "name\t"),
    ] {
        let ran = run(more, variables).exits(0);
        assert!(ran.stdout.starts_with(expected), "{more:?} {variables:?}: {ran:#?}");
    }
    for more in [&["--json", "--output", "csv"][..], &["--jq", ".", "--output=tsv"]] {
        let ran = run(more, &[]).exits(2);
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains("cannot be combined"), "{ran:#?}");
    }
    let ran = run(&["--output", "xml"], &[]).exits(2);
    assert!(ran.stderr.contains("text, json, tsv, csv"), "{ran:#?}");
    // A mistake in the command line has the format as well.
    for (more, variables) in [
        (&["--nonsense", "--output=json"][..], &[][..]),
        (&["--nonsense", "--output", "json"], &[("ALIMSG_OUTPUT", "csv")]),
        (&["--nonsense"], &[("ALIMSG_OUTPUT", "json")]),
    ] {
        assert!(is_json(&run(more, variables).exits(2).stdout), "{more:?}");
    }
    assert_eq!(run(&["--nonsense", "--jq", ".error.kind"], &[]).exits(2).stdout, "usage\n");
}

#[test]
fn fields_select_columns_and_an_unknown_one_names_the_known_ones() {
    let world = World::new();
    let signs = stdout(&world, &format!("{SIGNS} --fields status,name --limit 1"));
    assert_eq!(signs, "status\tname\napproved\tAcme\n");
    assert_eq!(stdout(&world, &format!("{SIGNS} --fields status,name --limit 1 --all")), signs);
    let json = stdout(&world, &format!("{SIGNS} --fields name --limit 1 --jq .data.signatures"));
    assert_eq!(json, "[{\"name\":\"Acme\",\"untrusted\":true}]\n");
    let nested = stdout(
        &world,
        "--sandbox templates show SMS_100002 --channel sms --fields code,variables.name",
    );
    assert_eq!(nested, "code\tSMS_100002\nvariables.name\tname,order\n");
    for more in ["", " --all", " --json"] {
        let words = format!("{SIGNS} --fields name,statuss{more}");
        let ran = world.run(&words.split(' ').collect::<Vec<_>>()).exits(2);
        let shown = format!("{}{}", ran.stdout, ran.stderr).replace("\\\"", "\"");
        assert!(shown.contains("unknown field \"statuss\""), "{shown}");
        assert!(shown.contains("known fields: name, status, reason"), "{shown}");
    }
}

#[test]
fn an_unknown_field_after_a_send_does_not_hide_the_send() {
    let world = World::new();
    let ran = world.run(&and(&SMS, &["--fields", "status,biz"])).exits(0);
    assert!(ran.stdout.starts_with("status\taccepted\n"), "{ran:#?}");
    assert!(ran.stderr.contains("known fields: status, biz_id"), "{ran:#?}");
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn a_filter_prints_its_results_and_keeps_the_exit_code() {
    let world = World::new();
    let ran =
        world.run(&and(&SMS, &["--out-id", "order-7", "--jq", ".data.out_id, .data.to, .ok"]));
    assert_eq!(ran.exits(0).stdout, "order-7\n[\"13800001000\"]\ntrue\n");
    let reply = json!({ "Code": "isv.AMOUNT_NOT_ENOUGH", "RequestId": "1A2B3C4D" });
    world.script(json!([{ "match": ["dysmsapi"], "sent": false, "stdout": reply.to_string() }]));
    let ran = world.run(&and(&SMS, &["--param=n=2", "--jq", ".data.biz_id"])).exits(6);
    assert_eq!(ran.stdout, "null\n");
    // The filter hides the failure, so it is on stderr.
    assert!(ran.stderr.contains("nothing was sent") && ran.stderr.contains("1A2B3C4D"), "{ran:#?}");
}

#[test]
fn a_wrong_filter_is_refused_before_anything_starts() {
    let world = World::new();
    for (filter, expected) in [
        (".data[", "ends early"),
        (".a | nonsense", "undefined filter nonsense"),
        ("", "ends early"),
    ] {
        let ran = world.run(&and(&SMS, &["--jq", filter])).exits(2);
        let error = &ran.json()["error"];
        assert_eq!((&error["kind"], &error["outcome"]), (&json!("usage"), &json!("not_sent")));
        assert!(error["message"].to_string().contains(expected), "{ran:#?}");
    }
    assert!(world.processes().is_empty(), "{:?}", world.commands());
}

#[test]
fn a_filter_that_fails_after_a_send_does_not_hide_the_send() {
    for filter in [".data.biz_id.nonsense", "error(\"no\")", ".ok | error"] {
        let world = World::new();
        let ran = world.run(&and(&SMS, &["--out-id", "order-7", "--jq", filter])).exits(0);
        assert!(ran.stderr.contains("warning: --jq: "), "{ran:#?}");
        assert!(ran.stderr.contains("accepted") && ran.stderr.contains("order-7"), "{ran:#?}");
        assert_eq!(world.sent().len(), 1);
    }
}

fn has_thread(pid: i32, name: &str) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let mut names = threads.filter_map(|one| std::fs::read_to_string(one.path().join("comm")).ok());
    names.any(|found| found.trim() == name)
}

#[test]
fn a_signal_ends_a_filter_without_an_end_and_the_send_is_reported() {
    if !can_be_listed() {
        return;
    }
    let world = World::new();
    let words = and(&SMS, &["--out-id", "order-7", "--jq", "def f: f; f"]);
    let running = world.start(&words);
    world.wait_until("the message is sent", || world.sent().len() == 1);
    running.wait_for_stderr("Accepted");
    world.wait_until("the filter runs", || has_thread(running.pid(), "jq"));
    running.signal(rustix::process::Signal::INT);
    let ran = running.wait();
    assert_eq!(ran.signal(), Some(rustix::process::Signal::INT.as_raw()), "{ran:#?}");
    assert!(ran.stderr.contains("interrupted") && ran.stderr.contains("order-7"), "{ran:#?}");
}

#[test]
fn a_list_without_header_has_only_rows() {
    let world = World::new();
    for more in ["", " --all", " --output csv"] {
        let with = stdout(&world, &format!("{SIGNS}{more}"));
        let without = stdout(&world, &format!("{SIGNS}{more} --no-header"));
        assert_eq!(with.split_once('\n').expect("a heading").1, without);
    }
}

#[test]
fn a_limit_reads_as_many_pages_as_it_needs() {
    let page = |index: u32, first: u32| {
        let rows: Vec<Value> = (first..first + 2)
            .map(|n| json!({"TemplateCode": format!("c{n}"), "AuditStatus": "pass"}))
            .collect();
        json!({ "match": ["cams", "list-chatapp-template"], "contains": [format!("Index={index}")],
                "stdout": json!({"Code": "OK", "ListTemplate": rows, "Total": 9}).to_string() })
    };
    for more in [&["--json"][..], &[]] {
        let world = World::new();
        world.script(json!([page(1, 0), page(2, 2), page(3, 4)]));
        let words = ["templates", "list", "--limit", "3", "--page-size", "2"];
        let ran = world.run(&[&words[..], more].concat()).exits(0);
        assert_eq!(world.calls().len(), 2, "{ran:#?}");
        assert!(ran.stdout.contains("c2") && !ran.stdout.contains("c3"), "{}", ran.stdout);
        assert!(!ran.stderr.contains("incomplete"), "{}", ran.stderr);
    }
    let world = World::new();
    assert_eq!(stdout(&world, &format!("{SIGNS} --limit 2")).lines().count(), 3);
    let ran = world.run_with_env(&SIGNS.split(' ').collect::<Vec<_>>(), &[("ALIMSG_LIMIT", "1")]);
    assert_eq!(ran.exits(0).stdout.lines().count(), 2);
}

#[test]
fn replies_are_an_array_and_only_with_raw() {
    let reply = json!({ "Code": "OK", "BizId": "9^0", "RequestId": "r-1" });
    let world = World::with_script(json!([reply_to("dysmsapi", &reply)]));
    assert_eq!(world.run(&and(&SMS, &["--json"])).json().get("raw"), None);
    let with = world.run(&and(&SMS, &["--json", "--raw", "--param=n=2"])).json();
    assert_eq!(with["raw"], json!([reply]));
    let refused = world.run(&["sms", "send", "--json", "--raw"]).json();
    assert!(refused.get("raw").is_none_or(|raw| *raw == json!([])), "{refused}");
}

#[test]
fn every_list_command_fits_80_columns() {
    let reference = include_str!("../../references/commands.md");
    let named: Vec<&str> =
        reference.lines().filter_map(|line| line.strip_prefix("## alimsg ")).collect();
    let lists = [
        "sms signs list",
        "sms qualifications list",
        "sms status -p 13800001000",
        "sms stats --last 7d",
        "whatsapp numbers list",
        "whatsapp accounts list",
        "whatsapp history --from 8613800000001 --cust-space-id cams-sandbox",
        "templates list",
        "templates list --channel viber",
        "templates list --channel sms",
        "templates stats 100000000000001 --last 7d",
        "keys list",
        "outbox list",
        "batches list",
        "config list",
    ];
    let is_list = |name: &&&str| name.ends_with(" list") && **name != "whatsapp send list";
    for name in named.iter().filter(is_list) {
        assert!(lists.iter().any(|list| list.starts_with(name)), "{name} is not tested");
    }
    let world = World::bare();
    let rows = world.file("rows.csv", "phone\n13800001002\n");
    world.run(&["config", "set", "sign_name", "Acme"]).exits(0);
    for line in [
        "sms send -p 13800001000 -s Acme -t SMS_100003 --idempotency-key order-4711 --wait --yes",
        "sandbox inbound --from 8613900000007 --to 8613800000001 --text 'Where is my parcel? It is late, and I have to leave the country tomorrow.'",
        "whatsapp send template --from 8613800000001 --to 8613800001000 --yes \
         --template-code 100000000000001 --language en --param name=Alice --param order=42",
        &format!("sms batch {rows} -s Acme -t SMS_100003 --yes"),
    ] {
        world.run_line(&format!("--sandbox {line}")).exits(0);
    }
    std::thread::scope(|scope| {
        for half in lists.chunks(lists.len() / 2) {
            scope.spawn(|| half.iter().for_each(|list| fits(&world, list)));
        }
    });
}

/// No line of a list on a terminal is wider than 80 columns, and no number or ID of it is cut.
fn fits(world: &World, list: &str) {
    let words: Vec<&str> = ["--sandbox", "--quiet"].into_iter().chain(list.split(' ')).collect();
    let mut command = world.alimsg(&words);
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let shown = Terminal::start_in(command, 80).wait().exits(0).stdout.replace("\r\n", "\n");
    assert!(shown.lines().count() > 1, "{list}: {shown}");
    for line in shown.lines() {
        assert!(line.chars().count() <= 80, "{list}: {line}");
        let cut = line.split_whitespace().filter(|word| word.contains('…'));
        let is_number = |word: &str| word.trim_end_matches('…').parse::<f64>().is_ok();
        assert!(!cut.clone().any(is_number), "{list}: {line}");
    }
}
