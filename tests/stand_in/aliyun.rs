//! A stand-in for the `aliyun` CLI: what the integration tests put on `PATH`.
//!
//! It behaves as the real program was measured to behave, so far as alimsg depends on it, and is
//! stricter where the real one is merely lucky. It shares no code with alimsg on purpose: it is
//! the second opinion on every argument vector that alimsg builds.
//!
//! Everything it needs stands in the folder named by `STAND_IN_DIR`, everything it saw it leaves
//! there; `tests/support` wraps both.

mod account;
mod answer;
mod configuration;
mod folder;
mod oss;
mod plugins;
mod product;
mod safety_policy;
mod script;
mod witness;
mod words;

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use answer::Answer;
use folder::Folder;
use script::Rule;
use witness::Witness;
use words::Words;

/// Set for the second process of a call, the one that plays the plugin; holds the rule's number.
const PLUGIN_ROLE: &str = "STAND_IN_PLUGIN_RULE";

fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // A fault of the test's own set-up: 70 is no exit code of the real program.
            complain(&format!("stand-in aliyun: {error:#}\n"));
            ExitCode::from(70)
        }
    }
}

fn run() -> Result<u8> {
    let argv: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let folder = Folder::from_environment()?;
    let role = std::env::var(PLUGIN_ROLE).ok();
    let witness = Witness::begin(folder, &argv, role.is_some())?;
    let code = match role {
        None => host(&witness, &argv)?,
        Some(number) => plugin(&witness, &argv, &number)?,
    };
    witness.end(code);
    Ok(code)
}

/// The program that the caller started: checks, then does the work or has the plugin do it.
fn host(witness: &Witness, argv: &[String]) -> Result<u8> {
    witness.inspect_start();
    if let Some(fault) = configuration::fault(&witness.folder) {
        return fault.print();
    }
    let words = match words::parse(argv) {
        Ok(words) => words,
        Err(fault) => return fault.print(),
    };
    if words.help {
        return Answer::help().print();
    }
    // Strictness comes before the script: a scripted reply must not hide a malformed call.
    let prelude = match check(witness, &words, argv) {
        Ok(prelude) => prelude,
        Err(fault) => return fault.print(),
    };
    prelude.print()?;
    let rule = match script::take(&witness.folder, argv) {
        Ok(rule) => rule.unwrap_or_default(),
        Err(error) => {
            witness.violation("script", &format!("{error:#}"));
            return Err(error);
        }
    };
    if rule.grandchild {
        return start_plugin(&rule, argv);
    }
    perform(witness, &words, &rule)
}

/// The process behind the host. It sends and prints, so that ending the host alone ends nothing.
fn plugin(witness: &Witness, argv: &[String], number: &str) -> Result<u8> {
    let rule = script::numbered(&witness.folder, number.parse().context("the rule's number")?)?;
    match words::parse(argv) {
        Ok(words) => perform(witness, &words, &rule),
        Err(fault) => fault.print(),
    }
}

/// What is wrong with the command whatever the script says; else what precedes its answer.
fn check(witness: &Witness, words: &Words, argv: &[String]) -> Result<Answer, Answer> {
    let first = words.command.first().map(String::as_str);
    if matches!(first, Some("configure" | "plugin")) {
        for flag in ["profile", "region"] {
            if words.flag(flag).is_some() {
                // `configure set --profile X` would make X the current profile for everybody.
                witness.violation("profile on configure", &format!("--{flag}"));
            }
        }
    }
    let agent_allowed = product::is_product(words) || configuration::takes_agent(words);
    if words.flag("user-agent").is_some() && !agent_allowed {
        return Err(Answer::usage("invalid flag --user-agent"));
    }
    match first {
        None | Some("version" | "configure" | "plugin" | "oss") => Ok(Answer::default()),
        Some("cams" | "dysmsapi") => {
            let prelude = product::check(witness, words)?;
            safety_policy::check(witness, argv)?;
            Ok(prelude)
        }
        Some(other) => Err(Answer::usage(&format!("'{other}' is not a valid command"))),
    }
}

/// The work itself, as the rule bends it.
fn perform(witness: &Witness, words: &Words, rule: &Rule) -> Result<u8> {
    if rule.ignore_sigterm {
        ignore_sigterm()?;
    }
    // The request leaves before the reply is waited for: whoever is killed meanwhile has sent.
    if rule.sent && product::is_product(words) {
        product::record(witness, words)?;
    }
    Answer::text(&rule.early_stdout).print()?;
    thread::sleep(Duration::from_millis(rule.delay_ms));
    let mut answer = match rule.answer()? {
        Some(scripted) => scripted,
        None => natural(witness, words)?,
    };
    answer.stderr.insert_str(0, &rule.stderr);
    if let Some(limit) = rule.truncate {
        answer.stdout.truncate(limit);
    }
    let code = answer.print()?;
    if let Some(number) = rule.kill_self {
        kill_self(number)?;
    }
    Ok(code)
}

/// The answer of the real program.
fn natural(witness: &Witness, words: &Words) -> Result<Answer> {
    let command: Vec<&str> = words.command.iter().map(String::as_str).collect();
    Ok(match command.as_slice() {
        [] => Answer::help(),
        ["version"] => Answer::text(&format!("{}\n", witness.folder.version())),
        ["configure", rest @ ..] => configuration::answer(witness, words, rest)?,
        ["plugin", rest @ ..] => plugins::answer(&witness.folder, words, rest)?,
        ["oss", rest @ ..] => oss::answer(witness, words, rest)?,
        ["cams" | "dysmsapi", command] => product::reply(command),
        [.., last] => Answer::usage(&format!("'{last}' is not a valid command")),
    })
}

fn start_plugin(rule: &Rule, argv: &[String]) -> Result<u8> {
    if rule.ignore_sigterm {
        ignore_sigterm()?;
    }
    let myself = std::env::current_exe().context("finding the stand-in itself")?;
    #[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
    let status = Command::new(myself)
        .args(argv)
        .env(PLUGIN_ROLE, rule.number.to_string())
        .status()
        .context("starting the plugin")?;
    // A plugin ended by a signal has no exit code; the host then leaves with 255.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or_else(|| {
        complain(&format!("plugin ended by signal {:?}\n", status.signal()));
        255
    }))
}

/// A handler that only sets a flag nobody reads: the signal is taken and nothing happens.
fn ignore_sigterm() -> Result<()> {
    signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::new(AtomicBool::new(false)))
        .context("ignoring SIGTERM")?;
    Ok(())
}

fn kill_self(number: i32) -> Result<()> {
    let signal = rustix::process::Signal::from_named_raw(number).context("kill_self: no signal")?;
    // Twice: the runtime's own handler takes the first SIGSEGV or SIGBUS for a stack overflow.
    for _ in 0..2 {
        rustix::process::kill_process(rustix::process::getpid(), signal).context("kill_self")?;
        thread::sleep(Duration::from_millis(50));
    }
    bail!("kill_self: survived signal {number}");
}

fn complain(text: &str) {
    // Nothing can be done about a closed stderr.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
