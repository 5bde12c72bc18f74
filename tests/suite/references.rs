//! The README and the files in `references`: paths, links and names exist, and commands are valid.

pub mod generated;

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Running, World};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// The text of a reference; `None` in a package, which has no references.
fn reference(name: &str) -> Option<String> {
    fs::read_to_string(project().join("references").join(name)).ok()
}

/// The words in backquotes, outside code blocks.
fn quoted(markdown: &str) -> Vec<String> {
    let mut in_block = false;
    let lines = markdown.lines().filter(|line| {
        let is_fence = line.starts_with("```");
        in_block ^= is_fence;
        !in_block && !is_fence
    });
    lines.flat_map(|line| line.split('`').skip(1).step_by(2)).map(String::from).collect()
}

/// The paths that a quoted word stands for: `a/{b,c}.rs` are two.
fn alternatives(word: &str) -> Vec<String> {
    match word.split_once('{').and_then(|(start, rest)| Some((start, rest.split_once('}')?))) {
        Some((start, (names, end))) => {
            names.split(',').map(|name| format!("{start}{name}{end}")).collect()
        }
        None => vec![word.to_string()],
    }
}

/// Whether a path of the project, or one below `src` with or without `.rs`, exists.
fn exists(path: &str) -> bool {
    let path = path.trim_end_matches('*').trim_end_matches('/');
    let below_src = project().join("src").join(path);
    let candidates = [project().join(path), below_src.with_extension("rs"), below_src];
    candidates.iter().any(|path| path.exists())
}

#[test]
fn every_path_in_the_references_exists() {
    let is_path = |word: &String| word.contains('/') && !word.contains([' ', ':', '$', '~']);
    for name in ["architecture.md", "aliyun-cli.md"] {
        let Some(text) = reference(name) else { return };
        let paths: Vec<String> = quoted(&text).into_iter().filter(is_path).collect();
        assert!(paths.len() > 20, "{name}: {paths:?}");
        let all = paths.iter().flat_map(|word| alternatives(word));
        let missing: Vec<String> = all.filter(|path| !exists(path)).collect();
        assert!(missing.is_empty(), "references/{name} names missing files: {missing:?}");
    }
}

/// The targets of the links of a page.
fn links(markdown: &str) -> Vec<&str> {
    let targets = markdown.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target).collect()
}

#[test]
fn the_links_between_the_pages_work() {
    let pages = ["README.md", "references/architecture.md", "references/scaling.md"];
    for page in pages.map(|page| project().join(page)) {
        let Ok(text) = fs::read_to_string(&page) else { return };
        for link in links(&text).into_iter().filter(|link| !link.starts_with("https:")) {
            let target = page.parent().expect("a folder").join(link);
            assert!(target.exists(), "{}: the link {link} leads nowhere", page.display());
        }
    }
}

/// All source files in one text.
fn source(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut text = String::new();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            text.push_str(&source(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).expect("UTF-8"));
        }
    }
    text
}

#[test]
fn the_architecture_names_every_module_and_only_existing_types() {
    let Some(text) = reference("architecture.md") else { return };
    let source = source(&project().join("src"));
    let is_name = |word: &&str| {
        word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.chars().all(|one| one.is_ascii_alphanumeric() || one == '_')
            && word.contains(|one: char| one.is_ascii_lowercase())
    };
    let is_defined = |name: &str| {
        ["struct", "enum", "trait", "type"].iter().any(|kind| {
            let definition = format!("{kind} {name}");
            source.match_indices(&definition).any(|(at, _)| {
                let next = source[at + definition.len()..].chars().next();
                !next.is_some_and(|one| one.is_ascii_alphanumeric() || one == '_')
            })
        })
    };
    let words = quoted(&text);
    let names: Vec<&str> = words.iter().flat_map(|word| word.split("::")).filter(is_name).collect();
    assert!(names.len() > 5, "{names:?}");
    let missing: Vec<&str> = names.into_iter().filter(|name| !is_defined(name)).collect();
    assert!(missing.is_empty(), "references/architecture.md has unknown names: {missing:?}");
    let entries = fs::read_dir(project().join("src")).expect("a folder");
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        let module = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let has_row =
            words.iter().any(|word| *word == module || *word == format!("src/{module}.rs"));
        assert!(has_row, "references/architecture.md does not name the module {module}");
    }
}

/// The `alimsg` lines of the shell blocks.
fn shell_commands(markdown: &str) -> Vec<String> {
    let mut in_block = false;
    let lines = markdown.lines().filter(|line| {
        if line.starts_with("```") {
            in_block = *line == "```sh";
        }
        in_block && line.starts_with("alimsg ")
    });
    lines.map(String::from).collect()
}

/// A machine with an input for batches.
fn machine() -> World {
    let world = World::with_alimsg_alone();
    let input = "phone,name,order\n13800001000,Alice,42\n13800001001,Bob,43\n";
    fs::write(world.path("tmp").join("customers.csv"), input).expect("written");
    world
}

#[test]
fn the_commands_about_scaling_succeed_as_dry_runs() {
    let Some(text) = reference("scaling.md") else { return };
    let mut commands = shell_commands(&text);
    let manifest = reference("kubernetes-job.yaml").expect("the manifest");
    let words = manifest.lines().find_map(|line| {
        line.trim().strip_prefix("command: [").and_then(|rest| rest.strip_suffix(']'))
    });
    let words = words.expect("the command of the container, in one line");
    commands
        .push(words.split(", ").map(|word| word.trim_matches('"')).collect::<Vec<_>>().join(" "));
    assert_eq!(commands.len(), 5, "{commands:?}");
    let world = machine();
    for command in commands {
        let ran = world.type_line(&format!("{command} --dry-run"));
        assert_eq!(ran.exit(), 0, "$ {command}\n{ran:#?}");
    }
}

#[test]
fn the_manifest_has_no_secret_and_reads_them_from_secrets() {
    let Some(manifest) = reference("kubernetes-job.yaml") else { return };
    let variables =
        ["PGPASSWORD", "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"];
    for variable in variables {
        let (_, rest) = manifest.split_once(&format!("- name: {variable}\n")).expect(variable);
        let next = rest.lines().map(str::trim).take(2).collect::<Vec<_>>();
        assert!(next[0] == "valueFrom:" && next[1].starts_with("secretKeyRef:"), "{next:?}");
    }
    let url = manifest.lines().find(|line| line.contains("postgres://")).expect("a store");
    let (_, url) = url.split_once("://").expect("a URL");
    assert!(!url.split('@').next().expect("a user").contains(':'), "a password: {url}");
}

#[test]
fn the_slurm_script_starts_one_worker() {
    if reference("slurm-array.sh").is_none() {
        return;
    }
    let script = project().join("references/slurm-array.sh");
    let world = machine();
    let run = |arguments: &[&str]| {
        let mut command = world.shell(r#"bash -n "$1" && exec bash "$@""#, &[]);
        command.arg(&script).args(arguments).env("ALIMSG_DRY_RUN", "1");
        Running::start(command).wait()
    };
    let ran = run(&["2026-11-news"]);
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    assert_eq!(ran.json()["command"], "batches work", "{ran:#?}");
    assert_eq!(run(&[]).exit(), 1, "without a batch");
}

/// The README's way to build a container image.
#[test]
fn checks_made_while_an_image_is_built_count_for_the_first_send() {
    let world = World::new();
    let keys =
        [("ALIBABA_CLOUD_ACCESS_KEY_ID", "id"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")];
    let flags = ["--ai-mode", "call", "--credentials", "env"];
    let built = world.run_with_env(&[&flags[..], &["sms", "signs", "list"]].concat(), &keys);
    assert_eq!(built.exit(), 0, "{built:#?}");
    let mut copy = world.shell(
        "set -e; cp -r home home2; rm -r home; mv home2 home
         cp -r state state2; rm -r state; mv state2 state",
        &[],
    );
    copy.current_dir(world.path(""));
    assert_eq!(Running::start(copy).wait().exit(), 0);
    let before = world.commands().len();
    let send = ["sms", "send", "-p", "13800001000", "-s", "Acme", "-t", "SMS_100003", "--yes"];
    let sent = world.run_with_env(&[&flags[..], &send].concat(), &keys);
    assert_eq!(sent.exit(), 0, "{sent:#?}");
    let commands = world.commands();
    assert_eq!(commands.len() - before, 1, "only the call: {:?}", &commands[before..]);
}
