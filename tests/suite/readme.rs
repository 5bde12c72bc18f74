//! Runs the sandbox commands of the README unchanged.

mod recording;

use std::fs;
use std::path::Path;

use crate::support::World;

/// The names under which the README runs the program.
const CALLS: [&str; 3] = ["cargo run --release -- ", "cargo run -- ", "./target/release/alimsg "];

/// The commands of the console blocks: lines that begin with a prompt, with their continuation
/// lines.
pub fn commands(markdown: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut in_block = false;
    let mut continues = false;
    for line in markdown.lines() {
        if let Some(name) = line.trim_start().strip_prefix("```") {
            in_block = !in_block && name.trim() == "console";
            continues = false;
            continue;
        }
        if !in_block {
            continue;
        }
        if continues {
            let command = commands.last_mut().expect("a line that continues");
            command.push('\n');
            command.push_str(line.strip_prefix("> ").unwrap_or(line));
        } else if let Some(command) = line.trim_start().strip_prefix("$ ") {
            commands.push(command.to_owned());
        } else {
            continue;
        }
        continues = line.ends_with('\\');
    }
    commands
}

/// The command with the program under test instead of the one that a reader builds, and without
/// the steps that fetch the source.
pub fn runnable(command: &str) -> String {
    let steps = command.split(" && ");
    let steps: Vec<&str> =
        steps.filter(|step| !step.starts_with("git clone ") && !step.starts_with("cd ")).collect();
    CALLS.iter().fold(steps.join(" && "), |command, call| command.replace(call, "alimsg "))
}

#[test]
fn every_sandbox_command_of_the_readme_succeeds_on_a_fresh_machine() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    // A package without its README cannot be published, so a missing file is not an error here.
    let Ok(readme) = fs::read_to_string(readme) else { return };
    let examples: Vec<String> = commands(&readme)
        .into_iter()
        .filter(|command| command.contains("--sandbox") || command.starts_with("alimsg sandbox "))
        .collect();
    assert!(!examples.is_empty(), "the README shows how to try the program without an account");
    // One machine for all commands: a reader follows the page from top to bottom.
    let world = World::with_alimsg_alone();
    for command in examples {
        let ran = world.type_line(&runnable(&command));
        assert_eq!(ran.exit(), 0, "$ {command}\n{ran:#?}");
    }
}

#[test]
fn readme_commands_are_extracted() {
    let markdown = "\
$ not in a block --sandbox
```console
$ git clone https://example.com/x && cd x && cargo run --release -- --sandbox sms send
{\"output\":true}
$ echo a | alimsg --sandbox whatsapp send text \\
>     --text -
$ alimsg --version
```
```sh
$ not a console
```
";
    let found = commands(markdown);
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(runnable(&found[0]), "alimsg --sandbox sms send");
    assert_eq!(found[1], "echo a | alimsg --sandbox whatsapp send text \\\n    --text -");
    let sms = "alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100003 --yes";
    let world = World::with_alimsg_alone();
    assert_eq!(world.type_line(&runnable(sms)).exit(), 0);
    assert_eq!(world.type_line(&format!("{sms} --nonsense")).exit(), 2);
}
