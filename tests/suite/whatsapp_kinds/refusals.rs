//! Wrong input is refused before any process starts.

use super::{LINK, message};
use crate::support::World;

/// Asserts that each message is refused with this text; the flags as a user types them.
#[track_caller]
fn assert_refused(messages: &[(&str, &str, &str)]) {
    let world = World::new();
    for (kind, flags, text) in messages {
        let line = shell_words::split(&format!("{} --yes", message(kind, flags))).expect(flags);
        let error = world.run_rejected(&line.iter().map(String::as_str).collect::<Vec<_>>());
        let error = error["message"].as_str().expect("a message");
        assert!(error.contains(text), "{kind} {flags:?}: {error:?} lacks {text:?}");
    }
}

#[test]
fn too_long_texts_are_refused() {
    let x = |count: usize| "x".repeat(count);
    assert_refused(&[
        ("text", &format!("--text {}", x(4097)), "4096"),
        ("image", &format!("--link {LINK} --caption {}", x(1025)), "1024"),
        ("buttons", &format!("--button=y=Y --body {}", x(1025)), "1024"),
        ("buttons", &format!("--body=b --button=y=Y --header {}", x(61)), "60"),
        ("buttons", &format!("--body=b --button=y=Y --footer {}", x(61)), "60"),
        ("buttons", &format!("--body=b --button y={}", x(21)), "20"),
        ("list", &format!("--body=b --row=a=A --button-text {}", x(21)), "20"),
        ("list", &format!("--body=b --button-text=b --row y={}", x(25)), "24"),
        ("list", &format!("--body=b --button-text=b --row=a=A={}", x(73)), "72"),
        ("list", &format!("--body=b --button-text=b --section={} --row=a=A", x(25)), "24"),
    ]);
}

#[test]
fn lengths_count_characters_up_to_the_limit() {
    let world = World::new();
    for (kind, flags) in [
        ("text", format!("--text {}", "好".repeat(4096))),
        ("buttons", format!("--body {} --button=y={}", "é".repeat(1024), "é".repeat(20))),
    ] {
        world.run_line(&format!("{} --dry-run", message(kind, &flags))).exits(0);
    }
}

#[test]
fn too_many_or_repeated_buttons_and_rows_are_refused() {
    let buttons = |ids: &str| format!("--body=b {ids}");
    let list = |rows: &str| format!("--body=b --button-text=Pick {rows}");
    let rows: String = (0..11).map(|row| format!(" --row=r{row}=Row")).collect();
    assert_refused(&[
        ("buttons", &buttons("--button=a=A --button=b=B --button=c=C --button=d=D"), "too many"),
        ("buttons", &buttons("--button=a=A --button=a=B"), "twice"),
        ("buttons", &buttons("--button=Yes"), "ID=TITLE"),
        ("buttons", &buttons("--button="), "ID=TITLE"),
        ("buttons", &buttons("--button=a="), "blank"),
        ("buttons", &buttons(""), "--button"),
        ("list", &list(&format!("--section=S{rows}")), "too many"),
        ("list", &list("--section=A --row=a=1 --section=B --row=a=2"), "twice"),
        ("list", &list("--row=a=1 --section=B --row=b=2"), "before the first"),
        ("list", &list("--section=A --section=B --row=b=2"), "no rows"),
        ("list", &list(""), "--row"),
    ]);
}

#[test]
fn invalid_links_places_emojis_and_json_are_refused() {
    for link in ["example.com/a", "ftp://example.com/a", "https://", "https://a b", "javascript:x"]
    {
        let flags = format!("--link '{link}'");
        for kind in ["image", "video", "audio", "sticker"] {
            assert_refused(&[(kind, &flags, "is not a link")]);
        }
    }
    assert_refused(&[
        ("location", "--latitude=91 --longitude=0", "from -90 to 90"),
        ("location", "--latitude=0 --longitude=-180.1", "from -180 to 180"),
        ("reaction", "--message-id=1 --emoji=fine", "emoji"),
        ("raw", "--message-type=text --content={", "not valid JSON"),
        ("raw", "--message-type=text --content=@/nowhere", "cannot be read"),
        ("raw", "--message-type='a b' --content={}", "invalid --message-type"),
        ("raw", "--message-type=text --content=", "--content"),
        ("contacts", "--content={}", "array of contacts"),
        ("contacts", "--phone=123 --name=A", "before the first"),
        ("contacts", "--name=A", "no phone number"),
        ("contacts", "--name=A --phone='call me'", "not a phone number"),
    ]);
}

#[test]
fn all_missing_flags_are_named_at_once() {
    let world = World::new();
    for (kind, missing) in [
        ("text", "--text"),
        ("image", "--link"),
        ("document", "--link --file-name"),
        ("location", "--latitude --longitude"),
        ("contacts", "--name --phone"),
        ("reaction", "--message-id --emoji"),
        ("buttons", "--body --button"),
        ("list", "--body --button-text --row"),
        ("raw", "--message-type --content"),
    ] {
        let error = world.run_rejected(&["whatsapp", "send", kind, "--check-session"]);
        let missing = format!("--from --to {missing} --cust-space-id");
        let missing: Vec<&str> = missing.split(' ').collect();
        assert_eq!(error["missing"], serde_json::json!(missing), "{kind}");
    }
}

#[test]
fn a_forgotten_value_does_not_send_the_next_flag() {
    let world = World::new();
    for (kind, flags) in [
        ("text", "--text --yes"),
        ("image", "--link https://example.com/a --caption --yes"),
        ("buttons", "--button=a=A --body --yes"),
        ("location", "--longitude=1 --latitude --yes"),
    ] {
        world.run_line(&message(kind, flags)).exits(2);
    }
    assert!(world.commands().is_empty());
}
