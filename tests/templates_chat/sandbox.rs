//! Whole commands in the sandbox.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::support::World;

fn run(world: &World, arguments: &[&str]) -> Value {
    let ran = world.run(&[&["--sandbox", "--json"], arguments].concat());
    let json = ran.json();
    assert_eq!(json["ok"], ran.exit() == 0, "{ran:?}");
    json
}

#[test]
fn a_template_is_created_reviewed_sent_changed_and_deleted() {
    let world = World::new();
    let created = run(
        &world,
        &[
            "templates",
            "create",
            "--name",
            "order_ready",
            "--category",
            "UTILITY",
            "--language",
            "en",
            "--body",
            "Hello $(name), your order is ready.",
            "--example",
            "name=Alice",
            "--yes",
        ],
    );
    let code = created["data"]["code"].as_str().expect("a code").to_owned();
    let show = ["templates", "show", &code, "--language", "en"];
    assert_eq!(run(&world, &show)["data"]["status"], "reviewing");
    let send = [
        "whatsapp",
        "send",
        "template",
        "--from",
        "8613800000001",
        "--to",
        "8613800001000",
        "--template-code",
        &code,
        "--language",
        "en",
        "--verify",
        "--param",
        "name=Al",
        "--yes",
    ];
    assert_eq!(run(&world, &send)["error"]["kind"], "usage");
    wait_for(&world, &show, "approved");
    assert_eq!(run(&world, &send)["data"]["status"], "accepted");
    let stats = run(&world, &["templates", "stats", &code, "--last", "1d"]);
    assert_eq!(stats["data"]["total"], 1);

    run(
        &world,
        &["templates", "update", &code, "--language", "en", "--body", "You are a winner", "--yes"],
    );
    let rejected = wait_for(&world, &show, "rejected");
    assert!(rejected["data"]["reason"].to_string().contains("winner"));

    let deleted = run(&world, &["templates", "delete", &code, "--language", "en", "--yes"]);
    assert_eq!(deleted["data"]["deleted"], true);
    assert_eq!(run(&world, &show)["error"]["kind"], "rejected");
}

fn wait_for(world: &World, show: &[&str], status: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        let json = run(world, show);
        if json["data"]["status"] == status {
            return json;
        }
        assert!(Instant::now() < deadline, "never {status}: {json}");
    }
}

#[test]
fn the_examples_of_the_help_pages_run() {
    let world = World::new();
    let list = run(&world, &["templates", "list", "--language", "en"]);
    assert_eq!(list["data"]["total"], 4);
    let viber = run(&world, &["templates", "list", "--channel", "viber"]);
    assert_eq!(viber["data"]["templates"][0]["type"], "viber");
    let preview = run(
        &world,
        &[
            "templates",
            "preview",
            "100000000000001",
            "--language",
            "en",
            "--param",
            "name=Alice",
            "--param",
            "order=42",
        ],
    );
    assert_eq!(
        preview["data"],
        json!({
            "text": "*Your order*\n\nHello Alice, your order 42 is on its way.\n\n_Acme_\n\n\
                     [ Track it ] https://example.com/orders\n[ OK ]",
            "missing": [], "superfluous": [],
        })
    );
}

#[test]
fn a_terminal_shows_the_picture_and_the_chart() {
    let world = World::new();
    let mut terminal =
        world.terminal(&["--sandbox", "templates", "show", "100000000000001", "--language", "en"]);
    terminal.expect("*Your order*");
    terminal.expect("[ Track it ]");
    assert_eq!(terminal.wait().exit(), 0);
    let ran = world.run(&[
        "--sandbox",
        "whatsapp",
        "send",
        "template",
        "--from",
        "8613800000001",
        "--to",
        "8613800001000",
        "--template-code",
        "100000000000002",
        "--language",
        "en",
        "--yes",
    ]);
    assert_eq!(ran.exit(), 0, "{ran:?}");
    let mut terminal =
        world.terminal(&["--sandbox", "templates", "stats", "100000000000002", "--last", "1d"]);
    terminal.expect("████ 1");
    assert_eq!(terminal.wait().exit(), 0);
}
