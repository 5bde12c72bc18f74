//! The plan, the list and a batch as a user sees them.

use insta::assert_snapshot;
use regex_lite::Regex;

use super::sandboxed::{OPTIONS, Sandboxed};

const ROWS: &str = "phone,name,order,note\n13800001000,Al,1,x\n13800009001,Bo,2,x\n\
                    13800001002,Carol,3,x\n138,Dave,4,x\n";

/// The command line, its exit code and both outputs, without IDs, times and folders.
fn output(world: &Sandboxed, words: &[&str]) -> String {
    let ran = world.world.run(&[&["--sandbox"], words].concat());
    let text = format!(
        "$ alimsg --sandbox {}\nexit code {}\n\n[stdout]\n{}\n[stderr]\n{}",
        words.join(" "),
        ran.exit(),
        ran.stdout,
        ran.stderr
    );
    let folder = world.world.path("");
    let folder = folder.to_str().expect("a path in UTF-8").trim_end_matches('/');
    let text = text.replace(folder, "[folder]");
    let id = Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").expect("a pattern");
    let text = id.replace_all(&text, "[uuid]");
    let time = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z").expect("a pattern");
    let text = time.replace_all(&text, "[time]");
    let id = Regex::new(r"(batch |\nid\t|show |export |resume )[a-z0-9]{8}\b").expect("a pattern");
    let text = id.replace_all(&text, "${1}[id]");
    let id = Regex::new(r"(?m)^[a-z0-9]{8}\tnews").expect("a pattern");
    id.replace_all(&text, "[id]\tnews").into_owned()
}

fn sent() -> Sandboxed {
    let world = Sandboxed::with("rows.csv", ROWS);
    world.batch("rows.csv", &["--name=news", "--skip-invalid"]).exits(8);
    world
}

#[test]
fn plan_of_a_dry_run() {
    let world = Sandboxed::with("rows.csv", ROWS);
    let words =
        [&["sms", "batch", "rows.csv"], &OPTIONS[..], &["--dry-run", "--skip-invalid", "--rate=2"]];
    assert_snapshot!(output(&world, &words.concat()));
}

#[test]
fn invalid_rows() {
    let world = Sandboxed::with("rows.csv", ROWS);
    let words = [&["sms", "batch", "rows.csv"], &OPTIONS[..], &["--yes"]];
    assert_snapshot!(output(&world, &words.concat()));
}

#[test]
fn result_of_a_run() {
    let world = Sandboxed::with("rows.csv", ROWS);
    let words = [&["sms", "batch", "rows.csv"], &OPTIONS[..], &["--yes", "--skip-invalid"]];
    assert_snapshot!(output(&world, &words.concat()));
}

#[test]
fn batches_list() {
    assert_snapshot!(output(&sent(), &["batches", "list"]));
}

#[test]
fn batches_show() {
    assert_snapshot!(output(&sent(), &["batches", "show", "news"]));
}
