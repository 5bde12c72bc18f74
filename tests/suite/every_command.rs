//! The child of every command gets exactly the recorded arguments; no other test asserts a whole
//! argument vector. For every command of WhatsApp and of templates: it works in the sandbox, no shape
//! of reply causes a panic or a false result, and the table has the same data as the JSON.

mod large_replies;
mod output_formats;
mod recorded;
mod replies;

use std::fs;
use std::path::Path;

use crate::support::World;
use crate::support::failpoints::for_each_on;
use recorded::{Command, Service};

/// A world with the file for `media upload`, whose service replies as documented.
fn world() -> World {
    let world = World::with_script(Service::documented().rules());
    with_photo(world)
}

fn with_photo(world: World) -> World {
    fs::write(world.path("photo.png"), b"\x89PNG\r\n\x1a\nand so on").expect("a picture");
    let rows = "phone,name,order,out_id\n8613800001000,Al,1,o-1\n8613800001001,Bo,2,o-1\n";
    fs::write(world.path("customers.csv"), rows).expect("the rows of a batch");
    world
}

/// Each call of a command is allowed by the policy that `alimsg policy` prints for it.
#[test]
fn the_policy_of_every_command_allows_its_calls() {
    let contract = include_str!("../../src/api/operations/contract.tsv");
    let action = |call: &[String]| {
        let start = format!("call\t{}\t{}\t", call[0], call[1]);
        let row = contract.lines().find(|line| line.starts_with(&start)).expect(&start);
        row.rsplit('\t').next().expect("an action").to_owned()
    };
    let pages =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("references/commands.md"))
            .expect("the reference of the commands");
    let commands = [Command::all(), Command::with_every_flag()].concat();
    let world = World::with_alimsg_alone();
    for command in &commands {
        let line = command.line(&[]).join(" ") + " ";
        let names = pages.lines().filter_map(|line| line.strip_prefix("## alimsg "));
        let name =
            names.filter(|name| line.starts_with(&format!("{name} "))).max_by_key(|n| n.len());
        let policy = world.run(&["policy", name.expect("a page")]);
        for call in &command.calls {
            let action = action(call);
            assert!(policy.stdout.contains(&format!("\"{action}\"")), "{line}: {action}");
        }
    }
}

#[test]
fn every_command_is_in_commands_txt() {
    // Another test checks that the reference equals the help.
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("references/commands.md");
    let reference = fs::read_to_string(reference).expect("the reference of the commands");
    let pages: Vec<&str> =
        reference.lines().filter_map(|line| line.strip_prefix("## alimsg ")).collect();
    let is_group = |name: &str| pages.iter().any(|page| page.starts_with(&format!("{name} ")));
    // A batch prints several objects; it is in every_flag.txt, and has tests of its own.
    let is_covered = |name: &&&str| {
        **name != "whatsapp batch"
            && (name.starts_with("whatsapp ") || name.starts_with("templates "))
    };
    let expected: Vec<&&str> =
        pages.iter().filter(is_covered).filter(|name| !is_group(name)).collect();
    assert!(expected.len() > 25, "{expected:?}");
    let commands = Command::all();
    for name in ["sms batch", "whatsapp batch"] {
        let words: Vec<&str> = name.split(' ').collect();
        let with_flags = Command::with_every_flag();
        assert!(with_flags.iter().any(|command| command.line(&[]).starts_with(&words)), "{name}");
    }
    for name in expected {
        let words: Vec<&str> = name.split(' ').collect();
        let known = commands.iter().any(|command| command.line(&[]).starts_with(&words));
        assert!(known, "`alimsg {name}` is not in tests/suite/every_command/commands.txt");
    }
}

#[test]
fn every_child_gets_exactly_the_recorded_arguments() {
    let commands = [Command::all(), Command::with_every_flag()].concat();
    for_each_on(2, &commands, |command| {
        let world = world();
        let ran = world.run(&command.line(&["--json"]));
        assert_eq!(ran.exit(), 0, "{}: {ran:#?}", command.shown);
        let calls: Vec<Vec<String>> =
            world.calls().into_iter().map(|call| recorded::without_times(&call)).collect();
        assert_eq!(calls, command.calls, "{}", command.shown);
        assert_eq!(world.sent().len(), usize::from(command.sends()), "{}", command.shown);
        world.assert_clean();
    });
}

#[test]
fn every_command_works_in_the_sandbox_in_json_and_in_text() {
    for_each_on(2, &Command::all(), |command| {
        for more in [&["--sandbox", "--json", "--raw"][..], &["--sandbox"]] {
            let world = with_photo(World::bare());
            let ran = world.run(&command.line(more));
            assert_eq!(ran.exit(), 0, "{}: {ran:#?}", command.shown);
            assert!(!ran.stdout.is_empty() || ran.stderr.contains("\nno "), "{ran:#?}");
            if more.contains(&"--json") {
                let json = ran.json();
                assert_eq!((&json["ok"], &json["sandbox"]), (&true.into(), &true.into()));
                assert!(json["data"].is_object() && json["raw"].is_array(), "{json:#}");
            }
            assert!(world.processes().is_empty(), "{}: {:?}", command.shown, world.commands());
            world.assert_off_in_sandbox();
        }
    });
}
