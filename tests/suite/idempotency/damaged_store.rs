//! A damaged store of keys: a key may have been used, so nothing is sent with it.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::idempotency::{SMS, sent, sms_to};
use crate::support::{Ran, World};

fn store(world: &World) -> PathBuf {
    world.path("state/sandbox/store.sqlite3")
}

/// A world in which `order-42` was sent and `open-1` is unresolved.
fn used() -> World {
    let world = World::new();
    world.run(&SMS).exits(0);
    world.run(&open()).exits(7);
    world
}

fn open() -> Vec<&'static str> {
    [&sms_to("13800009004")[..11], &["--idempotency-key=open-1"]].concat()
}

fn new_key() -> Vec<&'static str> {
    [&SMS[..11], &["--idempotency-key=new-1"]].concat()
}

#[track_caller]
fn assert_unknown(world: &World, ran: &Ran) -> Value {
    assert_eq!(ran.exit(), 7, "{ran:#?}");
    let error = ran.json()["error"].clone();
    assert_eq!((&error["kind"], &error["outcome"]), (&"unknown_outcome".into(), &"unknown".into()));
    let text = error.to_string();
    for forbidden in ["ALIMSG_STATE_DIR", "nothing was sent", "another key"] {
        assert!(!text.contains(forbidden), "{forbidden}: {text}");
    }
    assert_eq!(sent(world), 1);
    error
}

/// Repairs the store at a terminal.
fn repair(world: &World) -> Ran {
    let mut terminal = world.terminal(&["--sandbox", "keys", "repair"]);
    terminal.expect("every key and batch that can be read is copied");
    terminal.answer("to confirm", "repair");
    terminal.wait()
}

fn remove(path: &Path) {
    fs::remove_file(path).expect("the store");
}

/// A name, and the damage to the file.
type Damage = (&'static str, fn(&Path));

/// Ways to make the store unreadable.
const DAMAGES: [Damage; 10] = [
    ("garbage", |path| fs::write(path, "x".repeat(9000)).expect("written")),
    ("emptied", |path| fs::write(path, "").expect("written")),
    ("deleted", remove),
    ("deleted with its marker", |path| {
        remove(path);
        remove(&path.with_file_name("store.created"));
    }),
    ("without its log", |path| remove(&path.with_extension("sqlite3-wal"))),
    ("a folder", |path| {
        remove(path);
        fs::create_dir(path).expect("a folder");
    }),
    ("a link", |path| {
        let moved = path.with_extension("elsewhere");
        fs::rename(path, &moved).expect("moved");
        std::os::unix::fs::symlink(moved, path).expect("a link");
    }),
    ("a FIFO", |path| {
        remove(path);
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mkfifoat(rustix::fs::CWD, path, mode).expect("a FIFO");
    }),
    ("another database", |path| {
        remove(path);
        Connection::open(path).expect("one").execute_batch("CREATE TABLE t (x)").expect("a table");
    }),
    ("cut off", |path| {
        let file = fs::File::options().write(true).open(path).expect("the store");
        file.set_len(5000).expect("cut");
    }),
];

#[test]
fn a_damaged_store_exits_with_7_and_explains_the_repair() {
    for (damage, make) in DAMAGES {
        let world = used();
        make(&store(&world));
        for line in [SMS.to_vec(), new_key()] {
            let error = assert_unknown(&world, &world.run(&line));
            assert!(error.to_string().contains("alimsg keys repair"), "{damage}: {error}");
        }
        for command in [&["keys", "list"][..], &["keys", "show", "order-42"]] {
            let ran = world.run(&[&["--sandbox", "--json"], command].concat());
            assert_eq!(ran.exit(), 3, "{damage}: {ran:#?}");
        }
    }
}

#[test]
fn a_repair_moves_the_old_files_and_later_results_name_its_date() {
    for (damage, make) in DAMAGES {
        let world = used();
        make(&store(&world));
        let refused = world.run(&["--sandbox", "--yes", "keys", "repair"]);
        assert_eq!(refused.exit(), 2, "{damage}: {refused:#?}");
        let mut terminal = world.terminal(&["--sandbox", "--yes", "keys", "repair"]);
        terminal.answer("to confirm", "yes");
        terminal.wait().exits(9);
        assert_unknown(&world, &world.run(&SMS));
        let ran = repair(&world);
        assert_eq!(ran.exit(), 0, "{damage}: {ran:#?}");
        let list = world.run(&["--sandbox", "--json", "keys", "list"]).json();
        assert!(list["data"]["known_since"].is_string(), "{damage}: {list:#}");
        let ran = world.run(&new_key());
        assert_eq!(ran.exit(), 0, "{damage}: {ran:#?}");
        assert!(ran.json()["warnings"].to_string().contains("was repaired"), "{damage}: {ran:#?}");
        let aside = fs::read_dir(world.path("state/sandbox")).expect("a folder").flatten();
        let aside = aside.filter(|entry| entry.file_name().to_string_lossy().contains(".damaged-"));
        assert!(aside.count() > 0, "{damage}");
    }
}

#[test]
fn a_repair_keeps_the_readable_keys() {
    let world = used();
    // The database is intact, but is not the one that the marker names.
    world.file("state/sandbox/store.created", r#"{"store":"other","created_at":""}"#);
    assert_unknown(&world, &world.run(&SMS));
    assert_eq!(repair(&world).exit(), 0);
    let replayed = world.run(&SMS);
    assert_eq!(replayed.json()["data"]["replayed"], true, "{replayed:#?}");
    assert_unknown(&world, &world.run(&open()));
    let other =
        world.run(&[&sms_to("13800001001")[..11], &["--idempotency-key=order-42"]].concat());
    assert_eq!(other.exit(), 2, "its digests can still be compared: {other:#?}");
}

#[test]
fn a_missing_index_is_repaired_as_well() {
    let world = used();
    let damage = "PRAGMA writable_schema = 1;
        DELETE FROM sqlite_schema WHERE name = 'messages_by_fingerprint';";
    Connection::open(store(&world)).expect("the store").execute_batch(damage).expect("done");
    repair(&world).exits(0);
    assert_eq!(world.run(&SMS).json()["data"]["replayed"], true);
}

#[test]
fn an_intact_store_is_not_repaired() {
    let world = used();
    let ran = world.run(&["--sandbox", "--json", "keys", "repair"]);
    assert_eq!((ran.exit(), &ran.json()["data"]["status"]), (0, &"intact".into()), "{ran:#?}");
    assert_eq!(world.run(&SMS).json()["data"]["replayed"], true);
}

#[cfg(debug_assertions)]
#[test]
fn a_kill_during_a_repair_never_makes_a_key_unused() {
    let points = [
        "store: marked for repair",
        "store: about to move the old files",
        "store: old files moved",
        "store: new store in place",
    ];
    for point in points {
        let world = used();
        // Without its marker, which is the only other sign of an earlier store.
        remove(&world.path("state/sandbox/store.created"));
        fs::write(store(&world), "x".repeat(9000)).expect("written");
        let mut command = world.alimsg(&["--sandbox", "keys", "repair"]);
        command.env("TERM", "xterm-256color").env("ALIMSG_FAULT", format!("{point}=kill"));
        let mut terminal = crate::support::Terminal::start(command);
        terminal.answer("to confirm", "repair");
        let ran = terminal.wait();
        assert_eq!(ran.signal(), Some(9), "{point}: {ran:#?}");
        let again = world.run(&SMS);
        if again.exit() == 7 {
            assert_unknown(&world, &again);
            assert_eq!(repair(&world).exit(), 0, "{point}");
        }
        let warned = world.run(&new_key());
        assert!(warned.json()["warnings"].to_string().contains("was repaired"), "{point}");
    }
}

#[test]
fn a_damaged_row_affects_only_its_own_key_and_can_be_resolved() {
    let broken = [
        "UPDATE keys SET state = 'odd' WHERE key = 'order-42'",
        "UPDATE keys SET result = '{' WHERE key = 'order-42'",
        "UPDATE keys SET result = NULL WHERE key = 'order-42'",
        "UPDATE keys SET since = 'x', state = 'calling' WHERE key = 'order-42'",
    ];
    for change in broken {
        let world = used();
        Connection::open(store(&world)).expect("the store").execute_batch(change).expect("done");
        let error = assert_unknown(&world, &world.run(&SMS));
        assert!(error["next"].to_string().contains("keys resolve --as sent order-42"), "{error}");
        let line = ["--sandbox", "--yes", "keys", "resolve", "order-42", "--as", "sent"];
        let ran = world.run(&line);
        assert_eq!(ran.exit(), 0, "{change}: {ran:#?}");
        assert_eq!(world.run(&SMS).json()["data"]["replayed"], true, "{change}");
        assert_eq!(world.run(&new_key()).exit(), 0, "{change}");
    }
}

#[test]
fn a_locked_store_exits_with_7() {
    let world = used();
    let other = Connection::open(store(&world)).expect("the store");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let ran = world.run(&SMS);
    assert_eq!(ran.json()["error"]["retryable"], true, "{ran:#?}");
    assert_unknown(&world, &ran);
    let repair = world.run(&["--sandbox", "keys", "repair", "--json"]);
    assert_ne!(repair.json()["data"]["status"], "repaired");
    other.execute_batch("ROLLBACK").expect("free");
    assert_eq!(world.run(&SMS).json()["data"]["replayed"], true);
}

#[test]
fn a_store_of_a_later_version_is_not_changed() {
    let world = used();
    Connection::open(store(&world))
        .and_then(|store| store.pragma_update(None, "user_version", 99))
        .expect("done");
    let error = assert_unknown(&world, &world.run(&SMS));
    assert!(error.to_string().contains("later version"), "{error}");
    world.run(&["--sandbox", "keys", "repair", "--json"]).exits(3);
}

#[test]
fn a_reservation_taken_over_by_another_run_exits_with_7() {
    let world = World::new();
    // The run waits at its prompt, with the key reserved.
    let line: Vec<&str> =
        SMS.into_iter().filter(|word| !["--json", "--yes"].contains(word)).collect();
    let mut terminal = world.terminal(&line);
    terminal.expect("Type \"yes\" to send");
    let changed = Connection::open(store(&world))
        .and_then(|store| store.execute("UPDATE keys SET lease = 'another'", []));
    assert_eq!(changed.expect("changed"), 1);
    terminal.write("yes\r");
    terminal.wait().exits(7);
    assert_eq!(sent(&world), 0);
}

#[test]
fn a_store_of_another_user_exits_with_7_and_names_the_owner() {
    let world = used();
    let owner = rustix::fs::Uid::from_raw(12_345);
    if rustix::fs::chown(store(&world), Some(owner), None).is_err() {
        // Only root can change the owner of a file.
        return;
    }
    let error = assert_unknown(&world, &world.run(&SMS));
    assert!(error["message"].to_string().contains("belongs to user 12345"), "{error}");
}

#[test]
fn without_a_lease_an_accepted_key_replays_and_a_new_key_sends_nothing() {
    let world = used();
    fs::remove_dir_all(world.path("state/sandbox/ledger/alive")).expect("the leases");
    world.file("state/sandbox/ledger/alive", "a file in its place");
    assert_eq!(world.run(&SMS).json()["data"]["replayed"], true);
    let new = world.run(&new_key());
    assert_eq!((new.exit(), &new.json()["error"]["outcome"]), (3, &json!("not_sent")), "{new:#?}");
    assert_unknown(&world, &world.run(&open()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_store_that_cannot_be_created_means_not_sent_only_if_there_was_none_before() {
    let world = World::new();
    let ran = world.run_with_env(&SMS, &[("ALIMSG_STATE_DIR", "/proc/alimsg")]).exits(3);
    assert_eq!(ran.json()["error"]["outcome"], "not_sent");
    // A link to a disk that is not mounted, which may contain a store.
    std::os::unix::fs::symlink(world.path("unmounted"), world.path("link")).expect("a link");
    let folder = world.path("link/state");
    let folder = folder.to_str().expect("a path in UTF-8");
    let ran = world.run_with_env(&SMS, &[("ALIMSG_STATE_DIR", folder)]);
    assert_eq!((ran.exit(), &ran.json()["error"]["outcome"]), (7, &json!("unknown")), "{ran:#?}");
}
