//! Wrong input is refused before any process starts.

use super::{LINK, line};
use crate::support::World;

#[track_caller]
fn assert_refused(world: &World, kind: &str, flags: &[&str], text: &str) {
    let ran = world.run(&[&line(kind, flags)[..], &["--yes", "--json"]].concat());
    assert_eq!(ran.exit(), 2, "{kind} {flags:?}: {ran:#?}");
    let error = &ran.json()["error"];
    assert_eq!((&error["kind"], &error["outcome"]), (&"usage".into(), &"not_sent".into()));
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains(text), "{kind} {flags:?}: {message:?} lacks {text:?}");
}

#[test]
fn too_long_texts_are_refused() {
    let world = World::new();
    let x = |count: usize| "x".repeat(count);
    let button = |title: &str| format!("y={title}");
    for (kind, flags, text) in [
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
        assert_refused(&world, kind, &flags, text);
    }
    assert!(world.commands().is_empty());
}

#[test]
fn lengths_count_characters_up_to_the_limit() {
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
fn too_many_or_repeated_buttons_and_rows_are_refused() {
    let world = World::new();
    let buttons = |ids: &[&'static str]| {
        let mut flags = vec!["--body=b"];
        flags.extend(ids);
        flags
    };
    assert_refused(
        &world,
        "buttons",
        &buttons(&["--button=a=A", "--button=b=B", "--button=c=C", "--button=d=D"]),
        "too many",
    );
    assert_refused(&world, "buttons", &buttons(&["--button=a=A", "--button=a=B"]), "twice");
    assert_refused(&world, "buttons", &buttons(&["--button=Yes"]), "ID=TITLE");
    assert_refused(&world, "buttons", &buttons(&["--button=a="]), "blank");
    assert_refused(&world, "buttons", &buttons(&[]), "--button");
    let rows: Vec<String> = (0..11).map(|row| format!("--row=r{row}=Row")).collect();
    let list = |more: &[&'static str]| {
        let mut flags = vec!["--body=b", "--button-text=Pick"];
        flags.extend(more);
        flags
    };
    let mut many = list(&["--section=S"]);
    many.extend(rows.iter().map(String::as_str));
    assert_refused(&world, "list", &many, "too many");
    assert_refused(
        &world,
        "list",
        &list(&["--section=A", "--row=a=1", "--section=B", "--row=a=2"]),
        "twice",
    );
    assert_refused(
        &world,
        "list",
        &list(&["--row=a=1", "--section=B", "--row=b=2"]),
        "before the first",
    );
    assert_refused(&world, "list", &list(&["--section=A", "--section=B", "--row=b=2"]), "no rows");
    assert_refused(&world, "list", &list(&[]), "--row");
}

#[test]
fn invalid_links_places_emojis_and_json_are_refused() {
    let world = World::new();
    for link in ["example.com/a", "ftp://example.com/a", "https://", "https://a b", "javascript:x"]
    {
        for kind in ["image", "video", "audio", "sticker"] {
            assert_refused(&world, kind, &["--link", link], "is not a link");
        }
    }
    assert_refused(&world, "location", &["--latitude=91", "--longitude=0"], "from -90 to 90");
    assert_refused(&world, "location", &["--latitude=0", "--longitude=-180.1"], "from -180 to 180");
    assert_refused(&world, "reaction", &["--message-id=1", "--emoji=fine"], "emoji");
    assert_refused(&world, "raw", &["--message-type=text", "--content={"], "not valid JSON");
    assert_refused(
        &world,
        "raw",
        &["--message-type=text", "--content=@/nowhere"],
        "cannot be read",
    );
    assert_refused(
        &world,
        "raw",
        &["--message-type=a b", "--content={}"],
        "invalid --message-type",
    );
    assert_refused(&world, "raw", &["--message-type=text", "--content="], "--content");
    assert_refused(&world, "buttons", &["--body=b", "--button="], "ID=TITLE");
    assert_refused(&world, "contacts", &["--content={}"], "array of contacts");
    assert_refused(&world, "contacts", &["--phone=123", "--name=A"], "before the first");
    assert_refused(&world, "contacts", &["--name=A"], "no phone number");
    assert_refused(&world, "contacts", &["--name=A", "--phone=call me"], "not a phone number");
    assert!(world.commands().is_empty());
}

#[test]
fn all_missing_flags_are_named_at_once() {
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
fn a_forgotten_value_does_not_send_the_next_flag() {
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
