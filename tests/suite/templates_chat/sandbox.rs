//! Whole commands in the sandbox.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::World;
use crate::support::messages::{TEMPLATE, and, with};

fn run(world: &World, arguments: &[&str]) -> Value {
    let ran = world.run(&[&["--sandbox", "--json"], arguments].concat());
    let json = ran.json();
    assert_eq!(json["ok"], ran.exit() == 0, "{ran:?}");
    json
}

#[test]
fn a_template_is_created_reviewed_sent_changed_and_deleted() {
    let world = World::new();
    let create = ["templates", "create", "--name=order_ready", "--category=UTILITY"];
    let body = ["--language=en", "--body=Hello $(name), your order is ready."];
    let created = run(&world, &[&create[..], &body, &["--example=name=Alice", "--yes"]].concat());
    let code = created["data"]["code"].as_str().expect("a code").to_owned();
    let show = ["templates", "show", &code, "--language", "en"];
    end_review(&world, &code, SignedDuration::from_hours(1));
    assert_eq!(run(&world, &show)["data"]["status"], "reviewing");
    let named = with(&TEMPLATE, "--template-code", &code);
    let send = and(&named, &["--verify", "--param", "name=Al"]);
    assert_eq!(run(&world, &send)["error"]["kind"], "usage");
    end_review(&world, &code, SignedDuration::ZERO);
    assert_eq!(run(&world, &show)["data"]["status"], "approved");
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

#[test]
fn a_carousel_is_reviewed_previewed_and_sent() {
    let world = World::new();
    let card = |text: &str| {
        json!({"CardComponents": [
            {"Type": "HEADER", "Format": "IMAGE", "Url": "https://x.example/a.png"},
            {"Type": "BODY", "Text": text},
        ]})
    };
    let create = |name: &str, second: &str| {
        let fields = json!({
            "name": name, "category": "MARKETING", "language": "en",
            "example": {"who": "Al", "price": "1"},
            "components": [
                {"Type": "BODY", "Text": "For $(who)"},
                {"Type": "CAROUSEL", "Cards": [card("Only $(price)"), card(second)]},
            ],
        });
        let file = world.file(&format!("{name}.json"), &fields.to_string());
        let created = run(&world, &["templates", "create", "--file", &file, "--yes"]);
        created["data"]["code"].as_str().expect("a code").to_owned()
    };
    let (good, bad) = (create("shop", "More"), create("lottery", "You are a winner"));
    let show = |code| ["templates", "show", code, "--language", "en"];
    let shown = wait_for(&world, &show(&good), "approved");
    assert_eq!(
        shown["data"]["variables"],
        json!([{"name": "who", "where": "body"}, {"name": "price", "where": "card 1 body"}])
    );
    wait_for(&world, &show(&bad), "rejected");

    let values = ["--param", "who=Al", "--param", "price=2"];
    let preview = ["templates", "preview", &good, "--language", "en"];
    let preview = run(&world, &[&preview[..], &values].concat());
    let text = preview["data"]["text"].as_str().expect("a text");
    assert!(text.starts_with("For Al\n\ncard 1:\n  <image: https://x.example/a.png>"), "{text}");
    assert!(text.contains("Only 2"), "{text}");
    let send = ["whatsapp", "send", "template", "--from", "8613800000001", "--to", "8613800001000"];
    let template = ["--template-code", &good, "--language", "en", "--verify", "--yes"];
    let sent = run(&world, &[&send[..], &template, &values].concat());
    assert_eq!(sent["data"]["status"], "accepted", "{sent}");

    // The update submits the old examples again.
    let update = ["templates", "update", &good, "--language", "en", "--body", "Dear $(who)"];
    let updated = run(&world, &[&update[..], &["--yes"]].concat());
    assert_eq!(updated["warnings"], json!([]));
}

/// Lets the pending review of a template end after this time.
fn end_review(world: &World, code: &str, after: SignedDuration) {
    let path = world.path("state/sandbox/service.json");
    let text = std::fs::read_to_string(&path).expect("the state");
    let mut state: Value = serde_json::from_str(&text).expect("JSON");
    let templates = state["chat_templates"].as_array_mut().expect("templates");
    let template = templates.iter_mut().find(|template| template["code"] == code);
    let review = &mut template.expect("the template")["review"];
    assert!(review["ends_at"].is_string(), "{review}");
    review["ends_at"] = json!(Timestamp::now() + after);
    std::fs::write(path, state.to_string()).expect("the state");
}

/// Shows the template until it has the status.
fn wait_for(world: &World, show: &[&str], status: &str) -> Value {
    let mut json = Value::Null;
    world.wait_until(status, || {
        json = run(world, show);
        json["data"]["status"] == status
    });
    json
}

#[test]
fn the_examples_of_the_help_pages_run() {
    let world = World::new();
    let list = run(&world, &["templates", "list", "--language", "en"]);
    assert_eq!(list["data"]["total"], 4);
    let viber = run(&world, &["templates", "list", "--channel", "viber"]);
    assert_eq!(viber["data"]["templates"][0]["type"], "viber");
    let preview = ["templates", "preview", "100000000000001", "--language", "en"];
    let preview = run(&world, &and(&preview, &["--param=name=Alice", "--param=order=42"]));
    assert_eq!(
        preview["data"],
        json!({
            "text": "*Your order*\n\nHello Alice, your order 42 is on its way.\n\n_Acme_\n\n\
                     [ Track it ] https://example.com/orders\n[ OK ]",
            "missing": [], "superfluous": [], "untrusted": true,
        })
    );
}

#[test]
fn a_terminal_shows_the_preview_and_the_chart() {
    let world = World::new();
    let mut terminal =
        world.terminal(&["--sandbox", "templates", "show", "100000000000001", "--language", "en"]);
    terminal.expect("*Your order*");
    terminal.expect("[ Track it ]");
    terminal.wait().exits(0);
    world.run(&and(&["--sandbox"], &TEMPLATE)).exits(0);
    let mut terminal =
        world.terminal(&["--sandbox", "templates", "stats", "100000000000002", "--last", "1d"]);
    terminal.expect("████ 1");
    terminal.wait().exits(0);
}
