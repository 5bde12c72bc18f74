//! A stand-in for the `aliyun` CLI, which the integration tests put on `PATH`.
//!
//! It reproduces the measured behaviour of the real program, as far as alimsg depends on it, and is
//! stricter where the real program is lenient. It shares no code with alimsg on purpose: it checks
//! every argument vector of alimsg independently.
//!
//! It reads its input from the folder in `STAND_IN_DIR` and writes its records there;
//! `tests/suite/support` is the interface of the tests to both.

mod account;
mod answer;
mod configuration;
mod folder;
mod many_recipients;
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

/// Set for the second process of a call, which acts as the plugin. Contains the rule's number.
const PLUGIN_ROLE: &str = "STAND_IN_PLUGIN_RULE";

fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // An error in the set-up of the test: the real program never exits with 70.
            print_error(&format!("stand-in aliyun: {error:#}\n"));
            ExitCode::from(70)
        }
    }
}

fn run() -> Result<u8> {
    burn_cpu()?;
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

/// Uses as much CPU time as the environment demands, for benchmarks: the real program takes about
/// 25 ms to start.
fn burn_cpu() -> Result<()> {
    let Some(milliseconds) = std::env::var_os("STAND_IN_CPU_MS") else { return Ok(()) };
    let milliseconds = milliseconds.to_str().and_then(|text| text.parse().ok());
    let budget = Duration::from_millis(milliseconds.context("STAND_IN_CPU_MS is not a number")?);
    let used = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::try_from(time).unwrap_or_default()
    };
    let mut waste = 0_u64;
    while used() < budget {
        for number in 0..10_000 {
            waste = std::hint::black_box(waste.wrapping_mul(31).wrapping_add(number));
        }
    }
    Ok(())
}

/// The process that the caller started: checks the call, then runs it or starts the plugin.
fn host(witness: &Witness, argv: &[String]) -> Result<u8> {
    witness.check_start();
    if let Some(answer) = configuration::damage(&witness.folder) {
        return answer.print();
    }
    let words = match words::parse(argv) {
        Ok(words) => words,
        Err(answer) => return answer.print(),
    };
    if words.help {
        return Answer::help().print();
    }
    // The checks run before the script: a scripted reply must not hide a malformed call.
    let prelude = match check(witness, &words, argv) {
        Ok(prelude) => prelude,
        Err(answer) => return answer.print(),
    };
    prelude.print()?;
    let rule = script::take(&witness.folder, argv)
        .inspect_err(|error| witness.violation("script", &format!("{error:#}")))?
        .unwrap_or_default();
    if rule.grandchild {
        return start_plugin(&rule, argv, &product::plugin_environment(witness, &words));
    }
    perform(witness, &words, &rule)
}

/// The child of the host. It sends and prints, so the call continues if only the host is killed.
fn plugin(witness: &Witness, argv: &[String], number: &str) -> Result<u8> {
    let rule = script::numbered(&witness.folder, number.parse().context("the rule's number")?)?;
    match words::parse(argv) {
        Ok(words) => perform(witness, &words, &rule),
        Err(answer) => answer.print(),
    }
}

/// Checks the command, regardless of the script. Returns the output that precedes the answer.
fn check(witness: &Witness, words: &Words, argv: &[String]) -> Result<Answer, Answer> {
    let first = words.command.first().map(String::as_str);
    if matches!(first, Some("configure" | "plugin")) {
        for flag in ["profile", "region"] {
            if words.flag(flag).is_some() {
                // `configure set --profile X` would make X the current profile of the user.
                witness.violation("profile on configure", &format!("--{flag}"));
            }
        }
    }
    let agent_allowed = product::is_product(words) || configuration::accepts_user_agent(words);
    if words.flag("user-agent").is_some() && !agent_allowed {
        return Err(Answer::usage("invalid flag --user-agent"));
    }
    match first {
        Some("plugin") if words.command.get(1).is_some_and(|command| command == "update") => {
            // It replaces files that a call uses.
            if witness.is_earlier_call_running() {
                witness.violation("plugin update during a call", "");
            }
            Ok(Answer::default())
        }
        None | Some("version" | "configure" | "plugin" | "oss") => Ok(Answer::default()),
        Some("cams" | "dysmsapi") => {
            let prelude = product::check(witness, words)?;
            safety_policy::check(witness, argv)?;
            Ok(prelude)
        }
        Some(other) => Err(Answer::usage(&format!("'{other}' is not a valid command"))),
    }
}

/// Runs the command, as modified by the rule.
fn perform(witness: &Witness, words: &Words, rule: &Rule) -> Result<u8> {
    if rule.ignore_sigterm {
        ignore_sigterm()?;
    }
    // Recorded before the delay: a process that is killed while it waits has already sent.
    if rule.sent.unwrap_or(true) && product::is_product(words) {
        product::record(witness, words)?;
    }
    Answer::text(&rule.early_stdout).print()?;
    if rule.held {
        witness.folder.wait_for_release()?;
    }
    thread::sleep(Duration::from_millis(rule.delay_ms));
    let mut answer = match rule.answer()? {
        Some(scripted) => scripted,
        None => default_answer(witness, words)?,
    };
    answer.stderr.insert_str(0, &rule.stderr);
    if let Some(limit) = rule.truncate {
        answer.stdout.truncate(limit);
    }
    let code = answer.print()?;
    if rule.interrupt_parent {
        let parent = rustix::process::getppid().context("interrupt_parent: no parent")?;
        rustix::process::kill_process(parent, rustix::process::Signal::INT)
            .context("interrupt_parent")?;
    }
    if let Some(number) = rule.kill_self {
        kill_self(number)?;
    }
    Ok(code)
}

/// The answer of the real program without a rule.
fn default_answer(witness: &Witness, words: &Words) -> Result<Answer> {
    let command: Vec<&str> = words.command.iter().map(String::as_str).collect();
    Ok(match command.as_slice() {
        [] => Answer::help(),
        ["version"] => Answer::text(&format!("{}\n", witness.folder.version())),
        ["configure", rest @ ..] => configuration::answer(witness, words, rest)?,
        ["plugin", rest @ ..] => plugins::answer(witness, words, rest)?,
        ["oss", rest @ ..] => oss::answer(witness, words, rest)?,
        ["cams" | "dysmsapi", command] => product::reply(command),
        [.., last] => Answer::usage(&format!("'{last}' is not a valid command")),
    })
}

/// Whether this process acts as the plugin.
fn is_plugin() -> bool {
    std::env::var_os(PLUGIN_ROLE).is_some()
}

fn start_plugin(
    rule: &Rule,
    argv: &[String],
    environment: &[(&'static str, String)],
) -> Result<u8> {
    if rule.ignore_sigterm {
        ignore_sigterm()?;
    }
    let executable = std::env::current_exe().context("finding the stand-in itself")?;
    #[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
    let status = Command::new(executable)
        .args(words::without_leading(argv))
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .env(PLUGIN_ROLE, rule.number.to_string())
        .status()
        .context("starting the plugin")?;
    // A plugin that was killed by a signal has no exit code; the host then exits with 255.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or_else(|| {
        print_error(&format!("plugin ended by signal {:?}\n", status.signal()));
        255
    }))
}

/// Installs a handler that only sets an unused flag, so that SIGTERM has no effect.
fn ignore_sigterm() -> Result<()> {
    signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::new(AtomicBool::new(false)))
        .context("ignoring SIGTERM")?;
    Ok(())
}

fn kill_self(number: i32) -> Result<()> {
    let signal =
        rustix::process::Signal::from_named_raw(number).context("kill_self: unknown signal")?;
    // Twice: the Rust runtime handles the first SIGSEGV or SIGBUS, to detect a stack overflow.
    for _ in 0..2 {
        rustix::process::kill_process(rustix::process::getpid(), signal).context("kill_self")?;
        thread::sleep(Duration::from_millis(50));
    }
    bail!("kill_self: survived signal {number}");
}

fn print_error(text: &str) {
    // A closed stderr cannot be reported anywhere.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
