//! Data is printed on stdout, everything else on stderr; with `--json` stdout is always exactly one
//! object.

use crate::support::messages::{SMS, and};
use crate::support::{Running, World, reply_to};
use serde_json::json;

#[test]
fn in_a_pipe_each_line_is_a_name_a_tab_and_a_value() {
    let world = World::with_script(json!([{
        "match": ["dysmsapi"],
        "stdout": "{\"Code\":\"OK\",\"BizId\":\"9^0\",\"RequestId\":\"r-1\"}",
    }]));
    let ran = world.run(&and(&SMS, &["-p", "13800001001", "--out-id", "track-1"]));
    assert_eq!(
        ran.stdout,
        "status\taccepted\nbiz_id\t9^0\nout_id\ttrack-1\nrequest_id\tr-1\n\
         to\t13800001000,13800001001\nreplayed\tfalse\n"
    );
    assert_eq!(ran.stderr, "Accepted by Alibaba Cloud; not yet delivered.\n");
    assert_eq!(world.run(&and(&SMS, &["--quiet", "--param=n=1"])).stderr, "");
}

#[test]
fn verbose_prints_every_command_and_hides_variables() {
    let world = World::new();
    let ran = world.run(&and(&SMS, &["-v", "--param", "code=123456"]));
    let lines = ran.stderr.lines().filter(|line| line.starts_with("$ env "));
    let shown: Vec<&str> = lines.filter_map(|line| Some(line.split_once(" aliyun ")?.1)).collect();
    let started = world.processes();
    assert_eq!(shown.len(), started.len(), "{}", ran.stderr);
    for (line, process) in shown.iter().zip(&started) {
        assert!(line.starts_with(&process.argv[0]), "{line} for {:?}", process.argv);
    }
    assert!(!ran.stderr.contains("123456") && ran.stderr.contains("'--template-param=***'"));
    // The child still gets the value.
    assert_eq!(world.sent()[0]["flags"]["template-param"], "{\"code\":\"123456\"}");
    assert!(!world.run(&and(&SMS, &["--param", "code=123456"])).stderr.contains("$ "));
}

#[test]
fn json_output_is_always_one_object() {
    let world = World::new();
    let message = "sms send -p 13800001000 -s S -t T";
    for line in [
        &format!("{message} --yes"),
        "sms send",
        "sms",
        "",
        "nonsense",
        "sms send --nonsense",
        "sms send --timeout x",
        "sms send -p",
        "whatsapp send",
        &format!("{message} --dry-run"),
        &format!("{message} --yes --aliyun /no/such"),
        &format!("{message} --yes --profile nobody"),
    ] {
        let line: Vec<&str> = line.split_whitespace().collect();
        for (words, variables) in [
            ([&line[..], &["--json"]].concat(), &[][..]),
            ([&["--json"], &line[..]].concat(), &[]),
            (line.clone(), &[("ALIMSG_JSON", "true")]),
        ] {
            let ran = world.run_with_env(&words, variables);
            let answer = ran.json();
            assert_eq!(answer["schema"], 1, "{words:?}");
            assert_eq!(answer["ok"] == json!(true), ran.exit() == 0, "{words:?}: {ran:#?}");
            assert_eq!(answer["ok"] == json!(true), answer.get("error").is_none(), "{words:?}");
            assert!(answer["warnings"].is_array() && answer["ai_mode_disabled"] == true);
            assert!(ran.stdout.ends_with("}\n"), "{words:?}");
        }
    }
    // `--help` and `--version` print text even with `--json`.
    for page in
        [&["--json", "--help"][..], &["sms", "send", "--json", "-h"], &["--json", "--version"]]
    {
        let ran = world.run(page).exits(0);
        assert!(ran.stdout.contains("alimsg") && ran.stderr.is_empty(), "{ran:#?}");
    }
}

#[test]
fn a_dry_run_prints_what_would_run_and_starts_nothing() {
    let world = World::new();
    let words = and(&SMS, &["--dry-run", "--param", "name=it's \"A\"", "--out-id", "track-1"]);
    let planned = world.run(&[&words[..], &["--json"]].concat());
    let answer = planned.json();
    assert_eq!((&answer["ok"], &answer["dry_run"]), (&json!(true), &json!(true)));
    assert_eq!(answer["command"], "sms send");
    let commands = answer["commands"].as_array().expect("commands");
    assert!(commands.iter().all(|command| command["argv"][0] == "aliyun"));
    assert_eq!(commands[commands.len() - 1]["argv"][3], "disable");

    let text = world.run(&words);
    assert_eq!(text.stdout.lines().count(), commands.len(), "{}", text.stdout);
    for (line, command) in text.stdout.lines().zip(commands) {
        let line = line.strip_prefix("# (").map_or(line, |comment| {
            assert!(comment.starts_with(command["when"].as_str().expect("a condition")));
            comment.split_once(") ").expect("a command").1
        });
        let words = shell_words::split(line).expect("a line for a shell");
        let program = words.iter().position(|word| word == "aliyun").expect("the program");
        assert_eq!(json!(words[program..]), command["argv"]);
    }
    // A dry run needs neither a terminal nor aliyun.
    let ran = world.run_with_env(&words, &[("PATH", "")]);
    assert_eq!((ran.exit(), ran.stdout), (0, text.stdout));
    assert!(world.processes().is_empty(), "{:?}", world.commands());
    // A real run runs the commands shown.
    world.run(&words.iter().copied().filter(|word| *word != "--dry-run").collect::<Vec<_>>());
    let mut processes = world.processes();
    processes.retain(|process| process.argv[0] == "dysmsapi");
    assert_eq!(planned.planned_calls(), [processes[0].argv.clone()]);
}

#[test]
fn texts_of_the_service_cannot_control_the_terminal() {
    let evil = "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31mred\u{202e}\r\u{8}\nerror: forged\u{7f}";
    let reply = json!({
        "Code": "isv.NEW\u{1b}[31m", "Message": evil, "RequestId": format!("0A1B2C3D{evil}"),
    });
    let refusal = json!({ "match": ["dysmsapi"], "stdout": reply.to_string(), "times": 2 });
    let crash = json!({ "match": ["dysmsapi"], "exit": 1, "stderr": format!("ERROR: {evil}\n"), "times": 2 });
    let ok = json!({ "Code": "OK", "BizId": evil, "RequestId": evil });
    let success = reply_to("dysmsapi", &ok);
    let world = World::with_script(json!([refusal, crash, success]));
    for _ in 0..3 {
        let ran = world.run(&and(&SMS, &["--out-id", "\u{1b}[31mid"]));
        let shown = format!("{}{}", ran.stdout, ran.stderr);
        let harmless = |c: char| matches!(c, '\n' | '\t') || !(c.is_control() || c == '\u{202e}');
        assert!(shown.chars().all(harmless), "{shown:?}");
        assert!(!shown.lines().any(|line| line == "error: forged"), "{shown}");
        let ran = world.run(&and(&SMS, &["--json", "--raw"]));
        assert!(
            ran.stdout.trim_end().chars().all(|c| !c.is_control() && c != '\u{202e}'),
            "{ran:#?}"
        );
        // JSON contains every character unchanged.
        let raw = &ran.json()["raw"];
        assert!([json!([]), json!([reply]), json!([ok])].contains(raw), "{raw}");
    }
}

#[test]
fn colours_appear_only_on_request_or_on_a_terminal() {
    let world = World::new();
    let invalid = ["sms", "send", "-p", "x"];
    let plain = world.run(&invalid).stderr;
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    let always = world.run(&[&invalid[..], &["--color", "always"]].concat()).stderr;
    assert!(always.contains("\u{1b}["), "{always:?}");
    let terminal = world.terminal(&invalid).wait();
    assert!(terminal.stdout.contains("\u{1b}["), "{:?}", terminal.stdout);
    let mut command = world.alimsg(&invalid);
    command.env("NO_COLOR", "1").env("TERM", "xterm");
    assert!(!crate::support::Terminal::start(command).wait().stdout.contains('\u{1b}'));
}

#[test]
fn every_flag_but_yes_has_an_environment_variable() {
    let help = World::new().run(&["help", "flags"]).stdout;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let names = "PROFILE REGION CREDENTIALS JSON OUTPUT FIELDS JQ NO_HEADER RAW DRY_RUN NO_INPUT TIMEOUT ALIYUN SANDBOX \
                 SPREADSHEET_SAFE QUIET VERBOSE COLOR";
    for name in names.split_whitespace() {
        assert!(help.contains(&format!("[env: ALIMSG_{name}")), "{name} in {help}");
    }
    assert!(!help.contains("ALIMSG_YES"), "{help}");
}

#[test]
fn spreadsheet_formulas_are_quoted_on_request() {
    let row = json!({ "TemplateCode": "=1+1", "TemplateName": "-x", "Language": "en",
                      "AuditStatus": "\t@SUM(A1)" });
    let reply = json!({ "Code": "OK", "Total": 1, "ListTemplate": [row] }).to_string();
    let world = World::with_script(
        json!([{ "match": ["cams", "list-chatapp-template"], "stdout": reply }]),
    );
    let cells = |words: &[&str], variables: &[(&str, &str)]| {
        let ran = world.run_with_env(&[&["templates", "list"], words].concat(), variables);
        let line = ran.stdout.lines().nth(1).expect("a row").to_string();
        line.split('\t').map(str::to_string).collect::<Vec<_>>()
    };
    assert_eq!(cells(&[], &[])[..2], ["=1+1", "-x"]);
    for all in [&[][..], &["--all"]] {
        let quoted = cells(&[&["--spreadsheet-safe"], all].concat(), &[]);
        assert_eq!(quoted[..3], ["'=1+1", "'-x", "en"]);
        assert!(quoted[3].trim_start().starts_with("'"), "{quoted:?}");
    }
    assert_eq!(cells(&[], &[("ALIMSG_SPREADSHEET_SAFE", "1")])[0], "'=1+1");
    let ran = world.run(&["templates", "list", "--spreadsheet-safe", "--json"]);
    assert_eq!(ran.json()["data"]["templates"][0]["code"], "=1+1");
}

#[test]
fn environment_variables_work_like_their_flags() {
    let call = |variables: &[(&str, &str)], words: &[&str]| {
        let world = World::new();
        let ran = world.run_with_env(words, variables);
        (world, ran)
    };
    let (world, ran) = call(&[("ALIMSG_PROFILE", "default"), ("ALIMSG_REGION", "r-1")], &SMS);
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    let sent = &world.sent()[0]["flags"];
    assert_eq!((&sent["profile"], &sent["region"]), (&json!("default"), &json!("r-1")));

    let (world, ran) = call(&[("ALIMSG_SANDBOX", "1"), ("ALIMSG_JSON", "1")], &SMS);
    assert_eq!((ran.exit(), &ran.json()["sandbox"]), (0, &json!(true)));
    assert!(world.processes().is_empty(), "the sandbox has an aliyun of its own");

    let (world, ran) = call(&[("ALIMSG_DRY_RUN", "yes")], &SMS);
    assert!(ran.stdout.contains("send-sms") && world.processes().is_empty());

    let (_, ran) = call(&[("ALIMSG_VERBOSE", "1")], &SMS);
    assert!(ran.stderr.contains(" aliyun version\n"), "{}", ran.stderr);
    let (_, ran) = call(&[("ALIMSG_QUIET", "1")], &SMS);
    assert_eq!(ran.stderr, "");
    let (_, ran) = call(&[("ALIMSG_COLOR", "always")], &["sms", "send"]);
    assert!(ran.stderr.contains('\u{1b}'));
    let (world, ran) = call(&[("ALIMSG_ALIYUN", "/no/such")], &SMS);
    assert!(ran.exit() == 3 && world.processes().is_empty(), "{ran:#?}");
    let (_, ran) = call(&[("ALIMSG_CREDENTIALS", "env")], &SMS);
    assert_eq!(ran.exit(), 4, "{ran:#?}");

    let world = World::with_script(json!([{ "match": ["dysmsapi"], "delay_ms": 20_000 }]));
    let ran = world.run_with_env(&SMS, &[("ALIMSG_TIMEOUT", "1")]).exits(7);
    assert!(ran.stderr.contains("no answer within 1 s"), "{}", ran.stderr);

    let no_input = [("ALIMSG_NO_INPUT", "1"), ("TERM", "xterm")];
    let mut command = world.alimsg(&["sms", "send"]);
    command.envs(no_input);
    let shown = crate::support::Terminal::start(command).wait();
    assert!(shown.exit() == 2 && shown.stdout.contains("missing: "), "{shown:#?}");
}

#[test]
fn a_false_variable_switches_its_flag_off() {
    let world = World::new();
    for no in ["0", "false", "no", "off", ""] {
        let words = and(&SMS, &["--param=n=x{n}"]);
        let ran = world.run_with_env(&words, &[("ALIMSG_JSON", no), ("ALIMSG_SANDBOX", no)]);
        assert!(ran.stdout.starts_with("status\taccepted\n"), "{no:?}: {ran:#?}");
        let ran = world.run_with_env(&["nonsense"], &[("ALIMSG_JSON", no)]);
        assert_eq!(ran.stdout, "", "{no:?}");
    }
    assert_eq!(world.sent().len(), 5);
}

/// Runs with a stdout that is closed or full; returns exit code and stderr.
fn without_stdout(world: &World, words: &[&str]) -> Vec<(Option<i32>, String)> {
    let mut outputs = vec![">&-"];
    if std::path::Path::new("/dev/full").exists() {
        outputs.push(">/dev/full");
    }
    outputs
        .into_iter()
        .map(|output| {
            let line = format!(r#"exec "$0" "$@" {output}"#);
            let ran = Running::start(world.shell(&line, words)).wait();
            assert_eq!(ran.stdout, "", "{output}");
            (ran.status.code(), ran.stderr)
        })
        .collect()
}

#[test]
fn without_stdout_the_outcome_and_the_tracking_id_are_on_stderr() {
    for json in [&["--json"][..], &[]] {
        let words = and(&and(&SMS, &["--out-id", "order-7", "--param=n=x{n}"]), json);
        let world = World::new();
        for (exit, stderr) in without_stdout(&world, &words) {
            assert_eq!(exit, Some(0), "{stderr}");
            assert!(stderr.contains("cannot write to stdout"), "{stderr}");
            assert!(stderr.contains("accepted") && stderr.contains("order-7"), "{stderr}");
        }
        world.script(json!([{ "match": ["dysmsapi"], "kill_self": 9 }]));
        for (exit, stderr) in without_stdout(&world, &words) {
            assert_eq!(exit, Some(7), "{stderr}");
            assert!(stderr.contains("the message may have been sent"), "{stderr}");
            assert!(stderr.contains("order-7"), "{stderr}");
        }
        let reply = json!({ "Code": "isv.AMOUNT_NOT_ENOUGH", "RequestId": "1A2B3C4D" });
        world
            .script(json!([{ "match": ["dysmsapi"], "sent": false, "stdout": reply.to_string() }]));
        for (exit, stderr) in without_stdout(&world, &words) {
            assert_eq!(exit, Some(6), "{stderr}");
            assert!(stderr.contains("nothing was sent") && stderr.contains("1A2B3C4D"), "{stderr}");
        }
        for (exit, stderr) in without_stdout(&world, &and(&["sms", "send", "--nonsense"], json)) {
            assert_eq!(exit, Some(2), "{stderr}");
            assert!(
                stderr.contains("nothing was sent") && stderr.contains("--nonsense"),
                "{stderr}"
            );
        }
    }
    // There is no note if the user discards stdout on purpose.
    let world = World::new();
    let ran = Running::start(world.shell(r#"exec "$0" "$@" >/dev/null"#, &SMS)).wait();
    assert!(ran.exit() == 0 && !ran.stderr.contains("stdout"), "{ran:#?}");
}

#[test]
fn a_panic_after_the_call_reports_the_tracking_id_and_no_content() {
    let world = World::new();
    let words = and(&SMS, &["--out-id", "order-7", "--param", "code=482913", "--json"]);
    let ran = world.run_with_env(&words, &[("ALIMSG_FAULT", "service: called=panic")]).exits(7);
    assert!(ran.stderr.contains("alimsg panicked at src/"), "{}", ran.stderr);
    assert!(ran.json()["error"]["hint"].to_string().contains("tracking ID is order-7"), "{ran:#?}");
    assert!(!ran.stdout.contains("482913") && !ran.stderr.contains("482913"), "{ran:#?}");
}

#[test]
fn invisible_characters_are_shown_as_escapes() {
    let name = "a\u{200b}b\u{2028}c\u{2029}d\u{61c}e\u{feff}f\u{e0041}g\u{3164}h 👩\u{200d}🚀";
    let escaped =
        "a\\u{200b}b\\u{2028}c\\u{2029}d\\u{61c}e\\u{feff}f\\u{e0041}g\\u{3164}h 👩\u{200d}🚀";
    let reply = json!({ "Code": "OK", "Total": 1, "ListTemplate": [
        { "TemplateCode": "c-1", "TemplateName": name, "Language": "en" } ] });
    let world = World::with_script(json!([reply_to("cams", &reply)]));
    let text = world.run(&["templates", "list"]);
    assert!(text.stdout.contains(escaped), "{}", text.stdout);
    let terminal = world.terminal(&["templates", "list", "--fields=code,name"]).wait();
    assert!(terminal.stdout.contains(escaped), "{}", terminal.stdout);
    let json = world.run(&["templates", "list", "--json"]);
    assert_eq!(json.json()["data"]["templates"][0]["name"], name);
    assert!(!json.stdout.contains('\u{200b}') && !json.stdout.contains('\u{2028}'), "{json:?}");
}

#[test]
fn a_name_of_70_000_characters_is_shown() {
    for piece in ["x", "你", "\u{200b}", "e\u{301}"] {
        let long = piece.repeat(70_000);
        let reply = json!({ "Code": "OK", "Data": { &long: 1, "About": long, "Email": "a@b" } });
        let world = World::with_script(json!([reply_to("cams", &reply)]));
        let words = ["whatsapp", "profile", "show", "8613800000001", "--cust-space-id", "cams-1"];
        for ran in [world.run(&words), world.terminal(&words).wait()] {
            assert_eq!(ran.exit(), 0, "{}", ran.stderr);
            assert!(ran.stdout.contains("a@b") && !ran.stderr.contains("panicked"));
        }
        // A plan shows the names of variables.
        let param = format!("--param={}=v", "v".repeat(70_000));
        let words: Vec<&str> = SMS.iter().copied().filter(|word| *word != "--yes").collect();
        let mut terminal = world.terminal(&and(&words, &[&param]));
        terminal.answer("Type \"yes\" to", "no");
        terminal.wait().exits(9);
    }
}
