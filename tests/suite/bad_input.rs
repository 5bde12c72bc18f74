//! Bad or missing input ends with exit code 2 and a sentence that names the fix, and nothing is
//! started: not even `aliyun version`.

#![allow(
    clippy::expect_used,
    reason = "a test that cannot go on has to stop, and this is test code outside of #[test]"
)]

use crate::support::lines::{SMS, TEMPLATE, TEXT, and, with};
use crate::support::{Ran, World};
use serde_json::{Value, json};

/// Runs it in text and in JSON; returns the error.
#[track_caller]
fn refused(words: &[&str]) -> Value {
    let world = World::new();
    let ran = world.run(&and(words, &["--json"]));
    let text = world.run(words);
    judge(&world, &ran, &text, words)
}

#[track_caller]
fn judge(world: &World, ran: &Ran, text: &Ran, words: &[&str]) -> Value {
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
fn a_whatsapp_number_that_is_not_digits_alone_is_shown_in_its_right_form() {
    for wrong in ["+8613800001000", "86 138 0000 1000", "86-138-0000-1000", "(86)13800001000"] {
        let error = refused(&with(&TEMPLATE, "--to", wrong));
        assert_names(&error, "no +", "write --to 8613800001000");
        let error = refused(&with(&TEXT, "--from", wrong));
        assert_names(&error, "no +", "write --from 8613800001000");
    }
    for wrong in ["", "1", "123456", "1234567890123456", "alice", "８６１３８００００１０００"]
    {
        refused(&with(&TEMPLATE, "--to", wrong));
    }
}

#[test]
fn an_sms_number_in_a_form_of_its_own_is_refused() {
    for wrong in ["138-0000-1000", "138 0000 1000", "13800001000, 13800001001"] {
        assert_names(
            &refused(&with(&SMS, "-p", wrong)),
            "--phone-numbers",
            "--phone-numbers 1380000100",
        );
    }
    assert_names(&refused(&with(&SMS, "-p", "+6591234567")), "+6591234567", "6591234567");
    for wrong in ["", "13800001000,", ",13800001000", "abc", "0065912345678901"] {
        refused(&with(&SMS, "-p", wrong));
    }
}

#[test]
fn nobody_gets_a_message_twice_however_the_number_is_written() {
    for again in ["13800001000", "+8613800001000", "8613800001000", "008613800001000"] {
        assert_names(&refused(&and(&SMS, &["-p", again])), "given twice", "once");
        let list = format!("13800001000,13800001001,{again}");
        refused(&with(&SMS, "-p", &list));
    }
}

#[test]
fn more_than_a_thousand_numbers_are_too_many() {
    let numbers: Vec<String> = (0..1001).map(|n| format!("1380000{n:04}")).collect();
    let error = refused(&with(&SMS, "-p", &numbers.join(",")));
    assert_names(&error, "1001 numbers; one call takes at most 1000", "split");
}

#[test]
fn variables_that_are_no_json_of_strings_are_shown_in_their_right_form() {
    let param = |json| refused(&and(&SMS, &["--template-param", json]));
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
fn variables_given_one_by_one_have_a_name_and_stand_once() {
    for flag in ["--param", "--template-params"] {
        for wrong in ["Alice", "=x", ""] {
            assert_names(&refused(&and(&TEMPLATE, &[flag, wrong])), "NAME=VALUE", "name=Alice");
        }
    }
    assert_names(&refused(&and(&SMS, &["--param", "Alice"])), "NAME=VALUE", "name=Alice");
    let twice = ["--template-params", "a=1", "b=2", "--param", "a=3"];
    assert_names(&refused(&and(&TEMPLATE, &twice)), "given twice", "once");
    for key in ["-x=1", "a b=1", "{{1}}=x"] {
        let flag = format!("--param={key}");
        assert_names(&refused(&and(&TEMPLATE, &[&flag])), "invalid name", "letters, digits");
    }
    let both = ["--template-param", "{}", "--param", "a=1"];
    assert_names(&refused(&and(&SMS, &both)), "cannot be used with", "--help");
}

#[test]
fn a_flag_that_is_not_known_is_refused_and_the_nearest_is_named() {
    assert_names(&refused(&and(&SMS, &["--out-ids", "x"])), "--out-ids", "--out-id");
    assert_names(&refused(&and(&SMS, &["--nonsense"])), "--nonsense", "alimsg sms send --help");
    assert_names(&refused(&and(&SMS, &["-x"])), "-x", "--help");
    assert_names(&refused(&and(&SMS, &["stray"])), "stray", "--help");
    assert_names(&refused(&["sms", "--quiet"]), "what to do", "alimsg sms --help");
    let error = refused(&["whatsapp", "send", "--yes"]);
    assert_names(&error, "what to do", "alimsg whatsapp send --help");
    assert_names(&refused(&["whatsapp", "send", "zzz"]), "zzz", "--help");
    assert_names(&refused(&["whatsapp", "send", "viber"]), "viber", "video");
    assert_names(&refused(&["smss", "send"]), "smss", "sms");
}

#[test]
fn a_flag_without_its_value_is_refused_and_takes_no_other_flag_for_it() {
    for flag in ["--sign-name", "--out-id", "--param", "--template-param", "--profile", "-r"] {
        let error = refused(&["sms", "send", "-p", "13800001000", flag, "--yes"]);
        assert_names(&error, "value", "a value");
        let error = refused(&["--yes", "sms", "send", "-p", "13800001000", flag]);
        assert_names(&error, "value", "a value");
    }
    // `--text --json` must not send "--json".
    assert_names(&refused(&and(&TEXT, &["--text"])), "--text", "--flag=VALUE");
    assert_names(&refused(&and(&TEXT, &["--text", "--yes"])), "value", "--flag=VALUE");
    assert_names(&refused(&and(&SMS, &["--timeout", "soon"])), "soon", "help");
    assert_names(&refused(&and(&SMS, &["--timeout", "0"])), "1..=86400", "help");
    let error = refused(&and(&TEXT, &["--text", "x", "--channel-type", "telegram"]));
    assert_names(&error, "telegram", "whatsapp, viber");
}

#[test]
fn an_empty_value_is_a_missing_one() {
    for flag in ["--sign-name=", "--template-code=", "--out-id=", "--region="] {
        let words: Vec<&str> = match flag {
            "--sign-name=" => vec!["sms", "send", "-p", "13800001000", "-t", "T", "--yes", flag],
            "--template-code=" => {
                vec!["sms", "send", "-p", "13800001000", "-s", "S", "--yes", flag]
            }
            _ => and(&SMS, &[flag]),
        };
        assert_names(&refused(&words), "empty value", "remove the flag");
    }
    assert_names(&refused(&and(&TEXT, &["--text", ""])), "blank", "--text");
    assert_names(&refused(&and(&TEMPLATE, &["--payload", ""])), "empty value", "--payload");
    assert_names(&refused(&and(&TEMPLATE, &["--task-id="])), "empty value", "--task-id");
}

#[test]
fn what_a_command_is_about_is_named_where_it_is_missing() {
    for (words, missing) in [
        (&["templates", "show"][..], "CODE"),
        (&["whatsapp", "numbers", "show"], "N"),
        (&["sandbox", "inbound", "--text=x", "--to=8613800000001"], "--from"),
    ] {
        let error = refused(words);
        assert_eq!(error["missing"], serde_json::json!([missing]), "{error:#}");
        assert!(error["next"][0].as_str().is_some_and(|next| next.ends_with("--help")));
    }
    // The values of a flag are no part of the command, whose name clap does not repeat here.
    let ran = World::new().run(&["--timeout=0", "--json", "sms", "send", "--sign-name", "batch"]);
    assert_eq!(ran.json()["command"], "sms send");
}

#[test]
fn all_that_is_missing_is_named_at_once() {
    let missing = |words: &[&str]| {
        let error = refused(words);
        assert!(error["next"].as_array().is_some_and(|next| !next.is_empty()), "{error:#}");
        error["missing"].clone()
    };
    let all = json!(["--phone-numbers", "--sign-name", "--template-code"]);
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
fn a_flag_of_the_other_channel_is_refused() {
    for flag in ["--label=promotion", "--tag=t", "--ttl=60", "--tracking-data=d"] {
        let name = flag.split('=').next().expect("a name");
        assert_names(&refused(&and(&TEMPLATE, &[flag])), name, "--channel-type viber");
    }
    let reply = ["--channel-type", "viber", "--context-message-id", "m", "--text", "x"];
    assert_names(&refused(&and(&TEXT, &reply)), "--context-message-id", "--channel-type whatsapp");
}

#[test]
fn a_text_has_4096_characters_at_most() {
    for (text, length) in [("x".repeat(4097), "4097"), ("😀".repeat(5000), "5000")] {
        let error = refused(&and(&TEXT, &["--text", &text]));
        assert_names(&error, &format!("{length} characters, 4096 at most"), "shorten");
    }
}

#[test]
fn a_text_from_stdin_is_judged_like_any_other() {
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
        let error = judge(&world, &ran, &text, &words);
        assert_names(&error, message, "");
    }
}

#[test]
fn an_argument_that_no_system_can_pass_is_refused_before_anything_runs() {
    // It came in, but each quote takes two characters in the JSON that would have to go out.
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
fn without_a_terminal_nothing_is_sent_unless_yes_is_said_aloud() {
    let world = World::new();
    let silent: Vec<&str> = SMS.iter().copied().filter(|word| *word != "--yes").collect();
    for variables in [&[][..], &[("ALIMSG_YES", "1")], &[("YES", "1"), ("ALIMSG_YES", "true")]] {
        let mut command = world.alimsg(&and(&silent, &["--json"]));
        command.envs(variables.iter().copied());
        let ran = crate::support::Running::start(command).wait();
        assert_eq!(ran.exit(), 2, "{ran:#?}");
        assert_names(&ran.json()["error"], "--yes", "--dry-run");
    }
    assert!(world.processes().is_empty(), "{:?}", world.commands());
}
