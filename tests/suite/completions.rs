//! Shells complete commands, flags and values from the last listings, without starting `aliyun`;
//! one command installs completions and man pages.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::users::skip;
use crate::support::{Ran, Running, Terminal, World};

/// What alimsg answers a shell that completes the last of these words.
fn complete(world: &World, shell: &str, words: &[&str]) -> Ran {
    let mut command = world.alimsg(&[&["--", "alimsg"], words].concat());
    command
        .env("ALIMSG_INTERNAL_COMPLETION", shell)
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .env("_CLAP_IFS", "\n");
    Running::start(command).wait()
}

/// The candidates for bash.
fn candidates(world: &World, words: &[&str]) -> Vec<String> {
    let ran = complete(world, "bash", words).exits(0);
    assert_eq!(ran.stderr, "", "{words:?}");
    ran.stdout.lines().map(str::to_owned).collect()
}

/// A sandbox with listings.
fn listed() -> World {
    let world = World::with_alimsg_alone();
    for list in [
        "sms signs list",
        "templates list --channel sms",
        "templates list --all",
        "whatsapp numbers list",
        "whatsapp accounts list",
    ] {
        world.run_line(&format!("--sandbox {list}")).exits(0);
    }
    world
}

#[test]
fn commands_and_flags_are_completed() {
    let world = World::with_alimsg_alone();
    assert_eq!(candidates(&world, &["te"]), ["templates"]);
    assert_eq!(candidates(&world, &["sms", "st"]), ["status", "stats"]);
    let flags = candidates(&world, &["sms", "send", "--"]);
    assert!(flags.contains(&"--sign-name".to_owned()), "{flags:?}");
    assert_eq!(candidates(&world, &["sms", "send", "--jso"]), ["--json"]);
    assert_eq!(candidates(&world, &["templates", "list", "--channel", "v"]), ["viber"]);
    assert!(candidates(&world, &["help", "exi"]).contains(&"exit-codes".to_owned()));
}

#[test]
fn values_come_from_the_last_listings() {
    let world = World::with_alimsg_alone();
    let sign = ["--sandbox", "sms", "send", "-s", ""];
    assert_eq!(candidates(&world, &sign), [""; 0], "nothing was listed yet");
    let world = listed();
    assert!(candidates(&world, &sign).contains(&"Acme".to_owned()));
    for (words, expected) in [
        (&["sms", "send", "-t", "SMS_100002"][..], "SMS_100002"),
        (&["whatsapp", "send", "template", "--template-code", "1000000000"], "100000000000001"),
        (&["templates", "show", "SMS_"], "SMS_100001"),
        (&["sms", "signs", "show", "Acm"], "Acme"),
        (&["whatsapp", "send", "text", "--from", ""], "8613800000001"),
        (&["whatsapp", "numbers", "show", "86"], "8613800000001"),
        (&["whatsapp", "session", "--cust-space-id", ""], "cams-sandbox"),
    ] {
        let found = candidates(&world, &[&["--sandbox"], words].concat());
        assert!(found.contains(&expected.to_owned()), "{words:?}: {found:?}");
        // The account without the sandbox, and other profiles, have other names.
        let without = candidates(&world, words);
        assert!(!without.contains(&expected.to_owned()), "{words:?}: {without:?}");
    }
    let sms = candidates(&world, &["--sandbox", "sms", "send", "-t", ""]);
    assert!(sms.iter().all(|code| code.starts_with("SMS_")), "{sms:?}");
}

#[test]
fn a_list_in_a_pipe_is_remembered_as_well() {
    let world = World::with_alimsg_alone();
    world.run_line("--sandbox sms signs list --all").exits(0);
    let found = candidates(&world, &["--sandbox", "sms", "send", "--sign-name", "Ac"]);
    assert!(found.contains(&"Acme".to_owned()), "{found:?}");
}

#[test]
fn batches_are_completed() {
    let world = World::with_alimsg_alone();
    let input = world.path("rows.csv");
    fs::write(&input, "phone\n13800001000\n").expect("written");
    let line = "--sandbox sms batch rows.csv -s Acme -t SMS_100003 --yes";
    world.run_line(line).exits(0);
    let list = world.run_line("--sandbox batches list --json").json();
    let id = list["data"]["batches"][0]["id"].as_str().expect("an ID").to_owned();
    assert!(candidates(&world, &["--sandbox", "batches", "show", ""]).contains(&id));
}

#[test]
fn completing_starts_no_process_and_writes_nothing() {
    let world = World::new();
    let before: Vec<_> = fs::read_dir(world.path("state")).into_iter().flatten().collect();
    for words in [&["sms", "send", "-s", ""][..], &["batches", "show", ""], &["--profile", ""]] {
        candidates(&world, words);
    }
    assert!(world.processes().is_empty(), "{:?}", world.commands());
    let after: Vec<_> = fs::read_dir(world.path("state")).into_iter().flatten().collect();
    assert_eq!(after.len(), before.len(), "{after:?}");
}

#[test]
fn a_name_from_the_service_cannot_run_a_command() {
    let world = World::new();
    list_signatures(&world, &["$(touch x)", "A b", "it's"]);
    let words = ["sms", "send", "-s", ""];
    assert_eq!(candidates(&world, &words), ["\\$\\(touch\\ x\\)", "A\\ b", "it\\'s"]);
    let powershell = complete(&world, "powershell", &words).exits(0).stdout;
    assert!(powershell.contains("'$(touch x)'") && powershell.contains("'it''s'"), "{powershell}");
}

#[test]
fn bash_completes_with_the_installed_script() {
    let world = listed();
    world.run(&["completions", "bash", "--install"]).exits(0);
    let script = world.path("home/.local/share/bash-completion/completions/alimsg");
    let line = r#"source "$1"; shift
        COMP_WORDS=(alimsg "$@"); COMP_CWORD=$(($# )); COMP_TYPE=9
        _clap_complete_alimsg alimsg "${COMP_WORDS[COMP_CWORD]}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let mut bash = world.shell("exec bash -c \"$@\"", &[]);
    bash.args([line, "bash", script.to_str().expect("a path")]);
    bash.args(["--sandbox", "sms", "send", "-s", "Acm"]);
    let ran = Running::start(bash).wait();
    assert!(ran.stdout.lines().any(|line| line == "Acme"), "{ran:#?}");
}

/// A shell of this machine; `None` if it is missing, which is not a failure.
fn installed(shell: &str) -> Option<PathBuf> {
    let folders = ["/usr/bin", "/bin"].map(Path::new);
    let found = folders.map(|folder| folder.join(shell)).into_iter().find(|path| path.exists());
    if found.is_none() {
        skip(&format!("{shell} is not installed"));
    }
    found
}

/// Writes names as if the service had listed them, in place of the last listing.
fn list_signatures(world: &World, names: &[&str]) {
    let names = serde_json::json!({ "": { "signatures": names } });
    fs::create_dir_all(world.path("state")).expect("a folder");
    fs::write(world.path("state/names.json"), names.to_string()).expect("written");
}

/// What the user types, what zsh completes it to, and the names of the last listing.
const TYPED: [(&str, &str, &[&str]); 6] = [
    ("alimsg te", "alimsg templates ", &[]),
    (r"alimsg --sandbox sms send -s Acme\ S", r"alimsg --sandbox sms send -s Acme\ Store ", &[]),
    ("alimsg sms batch cust", "alimsg sms batch customers.csv ", &[]),
    ("alimsg sms send -s A", r"alimsg sms send -s A\ b ", &["A b", "Other"]),
    // zsh adds the quotes, so the shell runs no part of a name.
    ("alimsg sms send -s ", r"alimsg sms send -s \$\(touch\ x\) ", &["$(touch x)"]),
    ("alimsg sms send -s it", r"alimsg sms send -s it\'s:1 ", &["it's:1", "Other"]),
];

/// Ctrl-T writes the line to a file and empties it.
const ZSHRC: &str = "
autoload -U compinit; compinit -u -D
note-line() { print -r -- \"$BUFFER\" >> lines; BUFFER= }
zle -N note-line; bindkey '^T' note-line
PS1='ready> '
";

#[test]
fn zsh_completes_with_the_installed_script() {
    let Some(zsh) = installed("zsh") else { return };
    let world = listed();
    let data = world.run(&["completions", "zsh", "--install", "--json"]).json()["data"].take();
    let told = data["activate"].as_str().and_then(|text| text.split('`').nth(1)).expect("a line");
    world.file("home/.zshrc", &format!("{told}{ZSHRC}"));
    world.file("customers.csv", "phone\n");
    let mut command = world.program(&zsh);
    command.args(["-d", "-i"]).env("TERM", "xterm");
    let mut shell = Terminal::start_in(command, 200);
    shell.expect("ready>");
    let lines = || fs::read_to_string(world.path("lines")).unwrap_or_default();
    let mut expected = String::new();
    for (typed, completed, names) in TYPED {
        if !names.is_empty() {
            list_signatures(&world, names);
        }
        expected += &format!("{completed}\n");
        shell.write(&format!("{typed}\t\u{14}"));
        world.wait_until(typed, || lines().lines().count() == expected.lines().count());
        assert_eq!(lines(), expected);
    }
    shell.write("exit\r");
    shell.wait();
    assert!(!world.path("x").exists());
}

#[test]
fn fish_completes_with_the_installed_script() {
    let Some(fish) = installed("fish") else { return };
    let world = listed();
    world.run(&["completions", "fish", "--install"]).exits(0);
    let complete = |line: &str| {
        let mut command = world.program(&fish);
        command.args(["-c", "complete --do-complete $argv[1] --escape", line]);
        let ran = Running::start(command).wait().exits(0);
        assert_eq!(ran.stderr, "", "{ran:#?}");
        let values = ran.stdout.lines().filter_map(|line| line.split('\t').next());
        values.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(complete("alimsg te"), ["templates"]);
    for typed in [r"Acme\ S", "'Acme S"] {
        let found = complete(&format!("alimsg --sandbox sms send -s {typed}"));
        assert!(found.iter().any(|value| value.contains("Store")), "{typed}: {found:?}");
    }
    world.file("customers.csv", "phone\n");
    assert_eq!(complete("alimsg sms batch cust"), ["customers.csv"]);
    assert!(complete("alimsg sms send --").contains(&"--sign-name".to_owned()));
    list_signatures(&world, &["A b", "$(touch x)", "it's:1"]);
    for (typed, value) in
        [("A", r"A\ b"), (r"\$", r"\$\(touch\ x\)"), ("it", r"it\'s:1"), ("", r"A\ b")]
    {
        let found = complete(&format!("alimsg sms send -s {typed}"));
        assert!(found.contains(&value.to_owned()), "{typed:?}: {found:?}");
    }
    assert!(!world.path("x").exists());
}

#[test]
fn every_shell_has_a_script() {
    let world = World::with_alimsg_alone();
    for (shell, part) in [
        ("bash", "complete -o"),
        ("zsh", "#compdef alimsg"),
        ("fish", "complete"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let script = world.run(&["completions", shell]).exits(0).stdout;
        assert!(script.contains(part), "{shell}: {script}");
        let json = world.run(&["completions", shell, "--json"]).exits(0).json();
        assert_eq!(json["data"]["script"], script, "{shell}");
        assert!(!complete(&world, shell, &["sms", ""]).exits(0).stdout.is_empty(), "{shell}");
    }
    let from_env = world.run_with_env(&["completions"], &[("SHELL", "/usr/bin/zsh")]).exits(0);
    assert!(from_env.stdout.contains("#compdef"));
    let error = world.run_with_env(&["completions", "--json"], &[("SHELL", "/bin/dash")]).exits(2);
    assert_eq!(error.json()["error"]["kind"], "usage");
}

#[test]
fn the_installation_names_its_files_and_can_be_repeated() {
    let world = World::with_alimsg_alone();
    for (shell, file) in [
        ("bash", ".local/share/bash-completion/completions/alimsg"),
        ("zsh", ".local/share/zsh/site-functions/_alimsg"),
        ("fish", ".config/fish/completions/alimsg.fish"),
        ("powershell", ".config/powershell/alimsg.ps1"),
    ] {
        let line = ["completions", shell, "--install", "--json"];
        let data = world.run(&line).exits(0).json()["data"].take();
        let file = world.path("home").join(file);
        assert_eq!(data["completions"], file.to_str().expect("a path"), "{data:#}");
        assert!(file.exists(), "{data:#}");
        let again = world.run(&line).exits(0).json()["data"].take();
        assert_eq!(again["written"], serde_json::json!([]), "{again:#}");
    }
    let page = world.path("home/.local/share/man/man1/alimsg-sms-send.1");
    assert!(page.exists());
}

#[test]
fn every_command_has_a_man_page() {
    let world = World::with_alimsg_alone();
    world.run(&["man", "pages"]).exits(0);
    let folder = world.path("pages");
    for page in crate::help::pages::PAGES.iter() {
        let name = page.name.replace(' ', "-");
        let text = fs::read_to_string(folder.join(format!("{name}.1"))).expect(&name);
        assert!(text.contains(".SH NAME") && text.contains(".SH DETAILS"), "{name}");
        assert!(!text.contains("The flags as the user gave them"), "{name}");
    }
    let text = fs::read_to_string(folder.join("alimsg-sms-send.1")).expect("a page");
    assert!(text.contains("[required]") && text.contains("sign\\-name"), "{text}");
    let root = fs::read_to_string(folder.join("alimsg.1")).expect("a page");
    for part in ["ALIMSG_PROFILE", "outcome unknown", "8613800000001"] {
        assert!(root.contains(part), "{part}");
    }
}
