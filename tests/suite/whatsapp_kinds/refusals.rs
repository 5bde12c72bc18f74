//! What is wrong is said before anything is started.

use super::{LINK, line};
use crate::support::World;

#[track_caller]
fn refused(world: &World, kind: &str, flags: &[&str], word: &str) {
    let ran = world.run(&[&line(kind, flags)[..], &["--yes", "--json"]].concat());
    assert_eq!(ran.exit(), 2, "{kind} {flags:?}: {ran:#?}");
    let error = &ran.json()["error"];
    assert_eq!((&error["kind"], &error["outcome"]), (&"usage".into(), &"not_sent".into()));
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains(word), "{kind} {flags:?} says {message:?}, not {word:?}");
}

#[test]
fn texts_that_are_too_long() {
    let world = World::new();
    let x = |count: usize| "x".repeat(count);
    let button = |title: &str| format!("y={title}");
    for (kind, flags, word) in [
        ("text", vec!["--text".into(), x(4097)], "4096"),
        ("image", vec!["--link".into(), LINK.into(), "--caption".into(), x(1025)], "1024"),
        ("buttons", vec!["--body".into(), x(1025), "--button=y=Y".into()], "1024"),
        ("buttons", vec!["--body=b".into(), "--button=y=Y".into(), "--header".into(), x(61)], "60"),
        ("buttons", vec!["--body=b".into(), "--button=y=Y".into(), "--footer".into(), x(61)], "60"),
        ("buttons", vec!["--body=b".into(), "--button".into(), button(&x(21))], "20"),
        ("list", vec!["--body=b".into(), "--button-text".into(), x(21), "--row=a=A".into()], "20"),
        (
            "list",
            vec!["--body=b".into(), "--button-text=b".into(), "--row".into(), button(&x(25))],
            "24",
        ),
        (
            "list",
            vec!["--body=b".into(), "--button-text=b".into(), format!("--row=a=A={}", x(73))],
            "72",
        ),
        (
            "list",
            vec![
                "--body=b".into(),
                "--button-text=b".into(),
                format!("--section={}", x(25)),
                "--row=a=A".into(),
            ],
            "24",
        ),
    ] {
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        refused(&world, kind, &flags, word);
    }
    assert!(world.commands().is_empty());
}

#[test]
fn lengths_are_counted_in_characters_and_the_limit_itself_is_allowed() {
    let world = World::new();
    for (kind, flags) in [
        ("text", vec!["--text".to_owned(), "好".repeat(4096)]),
        (
            "buttons",
            vec!["--body".to_owned(), "é".repeat(1024), format!("--button=y={}", "é".repeat(20))],
        ),
    ] {
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let ran = world.run(&[&line(kind, &flags)[..], &["--dry-run"]].concat());
        assert_eq!(ran.exit(), 0, "{kind}: {ran:#?}");
    }
}

#[test]
fn wrong_numbers_of_buttons_and_rows_and_ids_that_stand_twice() {
    let world = World::new();
    let buttons = |ids: &[&'static str]| {
        let mut flags = vec!["--body=b"];
        flags.extend(ids);
        flags
    };
    refused(
        &world,
        "buttons",
        &buttons(&["--button=a=A", "--button=b=B", "--button=c=C", "--button=d=D"]),
        "too many",
    );
    refused(&world, "buttons", &buttons(&["--button=a=A", "--button=a=B"]), "twice");
    refused(&world, "buttons", &buttons(&["--button=Yes"]), "ID=TITLE");
    refused(&world, "buttons", &buttons(&["--button=a="]), "blank");
    refused(&world, "buttons", &buttons(&[]), "--button");
    let rows: Vec<String> = (0..11).map(|row| format!("--row=r{row}=Row")).collect();
    let list = |more: &[&'static str]| {
        let mut flags = vec!["--body=b", "--button-text=Pick"];
        flags.extend(more);
        flags
    };
    let mut many = list(&["--section=S"]);
    many.extend(rows.iter().map(String::as_str));
    refused(&world, "list", &many, "too many");
    refused(
        &world,
        "list",
        &list(&["--section=A", "--row=a=1", "--section=B", "--row=a=2"]),
        "twice",
    );
    refused(&world, "list", &list(&["--row=a=1", "--section=B", "--row=b=2"]), "before the first");
    refused(&world, "list", &list(&["--section=A", "--section=B", "--row=b=2"]), "no rows");
    refused(&world, "list", &list(&[]), "--row");
}

#[test]
fn links_places_emojis_and_json_that_are_none() {
    let world = World::new();
    for link in ["example.com/a", "ftp://example.com/a", "https://", "https://a b", "javascript:x"]
    {
        for kind in ["image", "video", "audio", "sticker"] {
            refused(&world, kind, &["--link", link], "is not a link");
        }
    }
    refused(&world, "location", &["--latitude=91", "--longitude=0"], "from -90 to 90");
    refused(&world, "location", &["--latitude=0", "--longitude=-180.1"], "from -180 to 180");
    refused(&world, "reaction", &["--message-id=1", "--emoji=fine"], "emoji");
    refused(&world, "raw", &["--message-type=text", "--content={"], "not valid JSON");
    refused(&world, "raw", &["--message-type=text", "--content=@/nowhere"], "cannot be read");
    refused(&world, "raw", &["--message-type=a b", "--content={}"], "invalid --message-type");
    refused(&world, "contacts", &["--content={}"], "array of contacts");
    refused(&world, "contacts", &["--phone=123", "--name=A"], "before the first");
    refused(&world, "contacts", &["--name=A"], "no phone number");
    refused(&world, "contacts", &["--name=A", "--phone=call me"], "not a phone number");
    assert!(world.commands().is_empty());
}

#[test]
fn all_that_is_missing_is_named_at_once() {
    let world = World::new();
    for (kind, missing) in [
        ("text", vec!["--text"]),
        ("image", vec!["--link"]),
        ("document", vec!["--link", "--file-name"]),
        ("location", vec!["--latitude", "--longitude"]),
        ("contacts", vec!["--name", "--phone"]),
        ("reaction", vec!["--message-id", "--emoji"]),
        ("buttons", vec!["--body", "--button"]),
        ("list", vec!["--body", "--button-text", "--row"]),
        ("raw", vec!["--message-type", "--content"]),
    ] {
        let ran = world.run(&["whatsapp", "send", kind, "--json", "--check-session"]);
        assert_eq!(ran.exit(), 2, "{ran:#?}");
        let mut expected = vec!["--from", "--to"];
        expected.extend(missing);
        expected.push("--cust-space-id");
        assert_eq!(ran.json()["error"]["missing"], serde_json::json!(expected), "{kind}");
    }
}

#[test]
fn a_forgotten_value_does_not_send_the_flag_behind_it() {
    let world = World::new();
    for (kind, flags) in [
        ("text", vec!["--text", "--yes"]),
        ("image", vec!["--link", LINK, "--caption", "--yes"]),
        ("buttons", vec!["--button=a=A", "--body", "--yes"]),
        ("location", vec!["--longitude=1", "--latitude", "--yes"]),
    ] {
        let ran = world.run(&line(kind, &flags));
        assert_eq!(ran.exit(), 2, "{kind}: {ran:#?}");
    }
    assert!(world.commands().is_empty());
}
