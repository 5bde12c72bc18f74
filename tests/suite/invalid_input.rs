//! Invalid or missing input ends with exit code 2 and a hint that shows the correction. No process
//! is started, not even `aliyun version`.

use crate::support::messages::{SMS, TEMPLATE, TEXT, and, with};
use crate::support::{Ran, World};
use serde_json::{Value, json};

/// Runs the command with text and with JSON output; returns the error.
#[track_caller]
fn rejected(words: &[&str]) -> Value {
    let world = World::new();
    let ran = world.run(&and(words, &["--json"]));
    let text = world.run(words);
    check_rejection(&world, &ran, &text, words)
}

#[track_caller]
fn check_rejection(world: &World, ran: &Ran, text: &Ran, words: &[&str]) -> Value {
    assert_eq!(ran.exit(), 2, "{words:?}: {ran:#?}");
    assert!(world.processes().is_empty(), "{words:?} started {:?}", world.commands());
    assert_eq!(world.ai_mode(), None);
    let answer = ran.json();
    assert_eq!((&answer["schema"], &answer["ok"]), (&json!(1), &json!(false)));
    let error = answer["error"].clone();
    assert_eq!((&error["kind"], &error["outcome"]), (&json!("usage"), &json!("not_sent")));
    assert_eq!(error["retryable"], false);
    let (message, hint) = (error["message"].as_str(), error["hint"].as_str());
    let (message, hint) = (message.expect("what is wrong"), hint.expect("the fix"));
    assert!(message.len() > 8 && hint.len() > 8, "{error:#}");

    assert_eq!((text.exit(), text.stdout.as_str()), (2, ""), "{words:?}: {text:#?}");
    assert!(text.stderr.contains("error: ") && text.stderr.contains("nothing was sent"));
    assert!(text.stderr.contains("hint: "), "{}", text.stderr);
    error
}

#[track_caller]
fn assert_names(error: &Value, message: &str, hint: &str) {
    assert!(error["message"].as_str().is_some_and(|text| text.contains(message)), "{error:#}");
    assert!(error["hint"].as_str().is_some_and(|text| text.contains(hint)), "{error:#}");
}

#[test]
fn the_hint_for_an_invalid_whatsapp_number_shows_the_correct_form() {
    for wrong in ["+8613800001000", "86 138 0000 1000", "86-138-0000-1000", "(86)13800001000"] {
        let error = rejected(&with(&TEMPLATE, "--to", wrong));
        assert_names(&error, "no +", "write --to 8613800001000");
        let error = rejected(&with(&TEXT, "--from", wrong));
        assert_names(&error, "no +", "write --from 8613800001000");
    }
    for wrong in ["", "1", "123456", "1234567890123456", "alice", "８６１３８００００１０００"]
    {
        rejected(&with(&TEMPLATE, "--to", wrong));
    }
}

#[test]
fn an_sms_number_in_an_unknown_format_is_rejected() {
    for wrong in ["138-0000-1000", "138 0000 1000", "13800001000, 13800001001"] {
        assert_names(
            &rejected(&with(&SMS, "-p", wrong)),
            "--phone-numbers",
            "--phone-numbers 1380000100",
        );
    }
    assert_names(&rejected(&with(&SMS, "-p", "+6591234567")), "+6591234567", "6591234567");
    for wrong in ["", "13800001000,", ",13800001000", "abc", "0065912345678901"] {
        rejected(&with(&SMS, "-p", wrong));
    }
}

#[test]
fn a_number_given_twice_in_different_formats_is_rejected() {
    for again in ["13800001000", "+8613800001000", "8613800001000", "008613800001000"] {
        assert_names(&rejected(&and(&SMS, &["-p", again])), "given twice", "once");
        let list = format!("13800001000,13800001001,{again}");
        rejected(&with(&SMS, "-p", &list));
    }
}

#[test]
fn more_than_1000_numbers_are_rejected() {
    let numbers: Vec<String> = (0..1001).map(|n| format!("1380000{n:04}")).collect();
    let error = rejected(&with(&SMS, "-p", &numbers.join(",")));
    assert_names(&error, "1001 numbers given; one call takes at most 1000", "split");
}

#[test]
fn the_hint_for_invalid_json_variables_shows_the_correct_form() {
    let param = |json| rejected(&and(&SMS, &["--template-param", json]));
    assert_names(&param("{code:1}"), "not valid JSON", r#"{"code":"123456"}"#);
    assert_names(&param(""), "not valid JSON", r#"{"code":"123456"}"#);
    assert_names(&param("[1]"), "not a JSON object", r#"{"code":"123456"}"#);
    assert_names(&param("\"a\""), "not a JSON object", r#"{"code":"123456"}"#);
    assert_names(&param(r#"{"code":1234}"#), "not a string: 1234", r#"{"code":"1234"}"#);
    assert_names(&param(r#"{"a":"1","ok":true}"#), "not a string: true", r#"{"ok":"true"}"#);
    assert_names(&param(r#"{"a":null}"#), "not a string", "every value is a string");
    assert_names(&param(r#"{"a":"1","a":"2"}"#), "given twice", "once");
}

#[test]
fn each_variable_needs_a_name_and_is_given_once() {
    for flag in ["--param", "--template-params"] {
        for wrong in ["Alice", "=x", ""] {
            assert_names(&rejected(&and(&TEMPLATE, &[flag, wrong])), "NAME=VALUE", "name=Alice");
        }
    }
    assert_names(&rejected(&and(&SMS, &["--param", "Alice"])), "NAME=VALUE", "name=Alice");
    let twice = ["--template-params", "a=1", "b=2", "--param", "a=3"];
    assert_names(&rejected(&and(&TEMPLATE, &twice)), "given twice", "once");
    for key in ["-x=1", "a b=1", "{{1}}=x"] {
        let flag = format!("--param={key}");
        assert_names(&rejected(&and(&TEMPLATE, &[&flag])), "invalid name", "letters, digits");
    }
    let both = ["--template-param", r#"{"a":"2"}"#, "--param", "a=1"];
    for message in [&SMS[..], &TEMPLATE] {
        assert_names(&rejected(&and(message, &both)), "given twice", "once");
    }
}

#[test]
fn an_unknown_flag_is_rejected_and_a_similar_one_suggested() {
    assert_names(&rejected(&and(&SMS, &["--out-ids", "x"])), "--out-ids", "--out-id");
    assert_names(&rejected(&and(&SMS, &["--nonsense"])), "--nonsense", "alimsg sms send --help");
    assert_names(&rejected(&and(&SMS, &["-x"])), "-x", "--help");
    assert_names(&rejected(&and(&SMS, &["stray"])), "stray", "--help");
    assert_names(&rejected(&["sms", "--quiet"]), "needs a command", "alimsg sms --help");
    let error = rejected(&["whatsapp", "send", "--yes"]);
    assert_names(&error, "needs a command", "alimsg whatsapp send --help");
    assert_names(&rejected(&["whatsapp", "send", "zzz"]), "zzz", "--help");
    assert_names(
        &rejected(&["whatsapp", "send", "viber"]),
        "viber",
        "send text --channel-type viber",
    );
    assert_names(&rejected(&["smss", "send"]), "smss", "sms");
}

#[test]
fn a_command_at_the_wrong_place_is_found_by_its_name() {
    for (words, hint, next) in [
        (&["send"][..], "`alimsg whatsapp send` or `alimsg sms send`", "alimsg sms send --help"),
        (
            &["viber"],
            "--channel-type viber",
            "alimsg whatsapp send text --channel-type viber --help",
        ),
        (&["status"], "`alimsg sms status`", "alimsg sms status --help"),
        (&["whatsapp", "text"], "`alimsg whatsapp send text`", "alimsg whatsapp send text --help"),
        (&["template", "list"], "`alimsg templates`", "alimsg templates --help"),
    ] {
        let error = rejected(words);
        assert_names(&error, "has no command", hint);
        let next_commands = error["next"].as_array().expect("commands");
        assert!(next_commands.contains(&json!(next)), "{error:#}");
        for next in next_commands {
            let words = next.as_str().expect("a command").split(' ').skip(1);
            World::new().run(&words.collect::<Vec<_>>()).exits(0);
        }
    }
    let error = rejected(&["send"]);
    assert!(!error.to_string().contains("sandbox"), "{error:#}");
}

#[test]
fn the_hint_for_a_list_with_blanks_shows_it_without_them() {
    let rest = ["-s", "Acme", "-t", "SMS_100003", "--yes"];
    let numbers = "-p 13800001000,13800001001,13800001002";
    for (list, flag) in [
        (&["-p", "13800001000,", "13800001001,", "13800001002"][..], "-p"),
        (&["-p", "13800001000, 13800001001,\t13800001002 "], "--phone-numbers"),
    ] {
        let error = rejected(&[&["sms", "send"], list, &rest[..]].concat());
        assert_names(&error, "", "without blanks");
        assert_names(&error, "", &numbers.replace("-p", flag));
    }
}

#[test]
fn the_hint_for_a_value_with_a_dash_names_the_flag_and_the_value() {
    let error = rejected(&and(&TEMPLATE, &["--template-params", "a=1", "-n"]));
    assert!(!error.to_string().contains("=-n"), "a=1 is not a flag: {error:#}");
    let error = rejected(&["sms", "send", "--yes", "-n"]);
    assert!(!error.to_string().contains("--yes=-n"), "--yes takes no value: {error:#}");
    assert!(!error.to_string().contains("--flag="), "there is no such flag: {error:#}");
}

#[test]
fn a_flag_without_a_value_is_rejected_and_does_not_take_the_next_flag() {
    for flag in ["--sign-name", "--out-id", "--param", "--template-param", "--profile", "-r"] {
        let error = rejected(&["sms", "send", "-p", "13800001000", flag, "--yes"]);
        assert_names(&error, "value", "a value");
        let error = rejected(&["--yes", "sms", "send", "-p", "13800001000", flag]);
        assert_names(&error, "value", "a value");
    }
    // `--text --json` must not send "--json".
    assert_names(&rejected(&and(&TEXT, &["--text"])), "--text", "--text=VALUE");
    assert_names(&rejected(&and(&TEXT, &["--text", "--yes"])), "value", "--text=VALUE");
    let error = rejected(&and(&SMS, &["--timeout", "soon"]));
    assert_names(&error, "--timeout takes whole seconds, not \"soon\"", "help");
    assert_names(
        &rejected(&and(&SMS, &["--timeout", "0"])),
        "--timeout takes whole seconds from 1 to 86400",
        "help",
    );
    let error = rejected(&["outbox", "list", "--limit", "0"]);
    assert_names(&error, "--limit takes a whole number, 1 or more", "help");
    let error = rejected(&and(&TEXT, &["--text", "x", "--channel-type", "telegram"]));
    assert_names(&error, "telegram", "whatsapp, viber");
}

#[test]
fn an_empty_value_is_rejected() {
    for flag in ["--sign-name=", "--template-code=", "--out-id=", "--region="] {
        let words: Vec<&str> = match flag {
            "--sign-name=" => vec!["sms", "send", "-p", "13800001000", "-t", "T", "--yes", flag],
            "--template-code=" => {
                vec!["sms", "send", "-p", "13800001000", "-s", "S", "--yes", flag]
            }
            _ => and(&SMS, &[flag]),
        };
        assert_names(&rejected(&words), "empty value", "remove the flag");
    }
    assert_names(&rejected(&and(&TEXT, &["--text", ""])), "blank", "--text");
    assert_names(&rejected(&and(&TEMPLATE, &["--payload", ""])), "empty value", "--payload");
    assert_names(&rejected(&and(&TEMPLATE, &["--task-id="])), "empty value", "--task-id");
}

#[test]
fn a_missing_positional_argument_is_named() {
    for (words, missing) in [
        (&["templates", "show"][..], "CODE"),
        (&["whatsapp", "numbers", "show"], "N"),
        (&["sandbox", "inbound", "--text=x", "--to=8613800000001"], "--from"),
    ] {
        let error = rejected(words);
        assert_eq!(error["missing"], serde_json::json!([missing]), "{error:#}");
        assert!(error["next"][0].as_str().is_some_and(|next| next.ends_with("--help")));
    }
    // clap does not repeat the command here. A flag value must not be mistaken for a command.
    let ran = World::new().run(&["--timeout=0", "--json", "sms", "send", "--sign-name", "batch"]);
    assert_eq!(ran.json()["command"], "sms send");
}

#[test]
fn all_missing_values_are_named_at_once() {
    let missing = |words: &[&str]| {
        let error = rejected(words);
        assert!(error["next"].as_array().is_some_and(|next| !next.is_empty()), "{error:#}");
        error["missing"].clone()
    };
    let all = json!(["--phone-numbers", "--sign-name", "--template-code"]);
    let error = rejected(&["sms", "send"]);
    assert_names(&error, "missing", "--phone-numbers: Recipients (11 digits");
    assert_names(&error, "missing", "--template-code: Approved template");
    assert_names(&rejected(&["templates", "show"]), "missing", "CODE: Code of the template");
    assert_eq!(missing(&["sms", "send"]), all);
    assert_eq!(missing(&["sms", "send", "--yes", "-s", "S"]), json!([all[0], all[2]]));
    assert_eq!(
        missing(&["whatsapp", "send", "template", "--yes"]),
        json!(["--from", "--to", "--template-code", "--language"])
    );
    assert_eq!(missing(&["whatsapp", "send", "text"]), json!(["--from", "--to", "--text"]));
    assert_eq!(
        missing(&["whatsapp", "send", "text", "--dry-run", "--to", "8613800001000"]),
        json!(["--from", "--text"])
    );
}

#[test]
fn a_flag_of_the_other_channel_is_rejected() {
    for flag in ["--label=promotion", "--tag=t", "--ttl=60", "--tracking-data=d"] {
        let name = flag.split('=').next().expect("a name");
        assert_names(&rejected(&and(&TEMPLATE, &[flag])), name, "--channel-type viber");
    }
    let reply = ["--channel-type", "viber", "--context-message-id", "m", "--text", "x"];
    assert_names(&rejected(&and(&TEXT, &reply)), "--context-message-id", "--channel-type whatsapp");
}

#[test]
fn a_text_has_at_most_4096_characters() {
    for (text, length) in [("x".repeat(4097), "4097"), ("😀".repeat(5000), "5000")] {
        let error = rejected(&and(&TEXT, &["--text", &text]));
        assert_names(&error, &format!("{length} characters, 4096 at most"), "shorten");
    }
}

#[test]
fn a_text_from_stdin_is_checked_like_any_other() {
    let words = and(&TEXT, &["--text", "-"]);
    for (input, message) in [
        ("".to_string(), "blank"),
        (" \n".to_string(), "blank"),
        ("x".repeat(4097), "too long"),
        // Cut in the middle of a character, it is still too large and not ill-formed.
        ("x".to_string() + &"😀".repeat(1_000_000), "larger than 1 MiB"),
        ("好".repeat(1_000_000), "larger than 1 MiB"),
    ] {
        let world = World::new();
        let ran = world.run_with_stdin(&and(&words, &["--json"]), &input);
        let text = world.run_with_stdin(&words, &input);
        let error = check_rejection(&world, &ran, &text, &words);
        assert_names(&error, message, "");
    }
}

#[test]
fn an_argument_too_long_for_the_system_is_rejected_before_a_process_starts() {
    // The argument fits, but in the JSON for aliyun each quote takes two characters.
    let value = format!("--param=code={}", "\"".repeat(100_000));
    let world = World::new();
    let ran = world.run(&and(&SMS, &[&value, "--json"]));
    assert_eq!(ran.exit(), 2, "{}", ran.stderr);
    assert_names(&ran.json()["error"], "too long", "shorten");
    assert!(world.processes().is_empty());
    let nul = World::new().run_with_stdin(&and(&TEXT, &["--text=-", "--json"]), "a\0b");
    assert_eq!(nul.exit(), 0, "JSON can carry it: {nul:#?}");
}

#[test]
fn without_a_terminal_nothing_is_sent_without_yes() {
    let world = World::new();
    let silent: Vec<&str> = SMS.iter().copied().filter(|word| *word != "--yes").collect();
    for variables in [&[][..], &[("ALIMSG_YES", "1")], &[("YES", "1"), ("ALIMSG_YES", "true")]] {
        let ran = world.run_with_env(&and(&silent, &["--json"]), variables).exits(2);
        assert_names(&ran.json()["error"], "--yes", "--dry-run");
    }
    assert!(world.processes().is_empty(), "{:?}", world.commands());
}

#[test]
fn a_whatsapp_number_with_a_leading_zero_is_rejected() {
    for (number, hint) in [
        ("008613800001000", "--to 8613800001000"),
        ("013800001000", "replace the 0 with the country code"),
    ] {
        let error = rejected(&and(&with(&TEXT, "--to", number), &["--text=Hello"]));
        assert_names(&error, "no 0 in front", hint);
    }
    let error = rejected(&and(&with(&TEXT, "--from", "013800001000"), &["--text=Hello"]));
    assert_names(&error, "--from", "replace the 0");
}

#[test]
fn a_doubtful_number_is_only_a_warning() {
    let world = World::new();
    let text = |number| and(&with(&TEXT, "--to", number), &["--json", "--text=Hello"]);
    let sms = |number| and(&with(&SMS, "-p", number), &["--json"]);
    for (words, wanted) in [
        (text("13800001000"), "8613800001000"),
        (text("8613800138000"), "documentation"),
        (sms("13800138000"), "documentation"),
        (sms("+8613800138000,13800001000"), "documentation"),
    ] {
        for more in [&["--allow-duplicate", "--dry-run"][..], &["--allow-duplicate"]] {
            let ran = world.run(&and(&words, more)).exits(0);
            let warnings = ran.json()["warnings"].clone();
            assert_eq!(warnings.as_array().map(Vec::len), Some(1), "{warnings}");
            assert!(warnings.to_string().contains(wanted), "{warnings}");
        }
    }
    let ran = world.run(&and(&sms("13800001000"), &["--allow-duplicate"])).exits(0);
    assert_eq!(ran.json()["warnings"], json!([]));
}
