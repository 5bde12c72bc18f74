//! The sandbox: a simulator that replaces `aliyun`, to try every command without an account,
//! without a network and without sending a message.
//!
//! It is strict on purpose: it misreads and rejects the same input as the real program. Data flows
//! one way: argument vector → [`arguments`] (product calls) or [`host`] (the program's own
//! commands) → [`service`] (the simulated cloud and its state) → [`Answer`]. The table in
//! [`scenarios`] maps special phone numbers to results.

mod answers;
mod arguments;
mod home;
mod host;
mod profile;
mod rejection;
mod scenarios;
mod service;
#[cfg(test)]
mod tests;

use std::path::Path;

use jiff::Timestamp;

use crate::api::operations::Product;
pub use answers::Answer;
use arguments::Line;
#[cfg(test)]
pub use arguments::{Value, parse};
use home::Home;
pub use service::seeds::has_value;
pub use service::{Faults, Message, ServiceChannel, change_faults, receive, sent_messages};

/// Looks up an environment variable of the simulated process.
type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The longest argument in bytes. Linux does not start a process with a longer one, so that only
/// the sandbox's own check can refuse it on other systems.
const MAX_ARGUMENT: usize = 131_071;

/// Runs one simulated `aliyun` process.
///
/// `args` excludes the program name. `dir` is the sandbox folder and acts as the home directory:
/// the configuration of the simulated program is in `dir/.aliyun`, the state of the services in
/// `dir/service.json`, the sent messages in `dir/messages.jsonl`. They are created on first use. `env` looks up an environment variable.
///
/// This function does not print, sleep or exit; the caller does. The state is saved before it
/// returns, and a call is stored completely or, if the process is killed earlier, not at all. A message whose reply is lost, garbled or delayed is therefore stored as sent,
/// although the answer does not report it.
///
/// # Errors
/// Returns no error value: a folder that cannot be read or written becomes an answer with exit
/// code 1, as in a real process.
pub fn answer(args: &[String], dir: &Path, env: Environment<'_>) -> Answer {
    let (Ok(answer) | Err(answer)) = run(args, dir, env);
    answer
}

fn run(args: &[String], dir: &Path, env: Environment<'_>) -> Result<Answer, Answer> {
    if args.iter().any(|arg| arg.len() > MAX_ARGUMENT) {
        return Err(answers::host_error(1, "argument list too long"));
    }
    let home = Home::open(dir)?;
    let (leading, args) = arguments::split_leading(args)?;
    let Some((first, rest)) = args.split_first() else { return Ok(host::usage()) };
    match Product::ALL.into_iter().find(|product| product.name() == first) {
        Some(product) => product_call(product, leading, rest, &home, env),
        None if first == "oss" => host::oss::run(rest, &home, env),
        None => host::run(first, rest, &home),
    }
}

/// Runs the checks in the order of the real program: the host parses the arguments and loads the
/// profile, then finds the plugin. Only the plugin knows the commands and their flags.
fn product_call(
    product: Product,
    leading: Vec<arguments::Given>,
    args: &[String],
    home: &Home,
    env: Environment<'_>,
) -> Result<Answer, Answer> {
    let line = arguments::parse_after(leading, product, args)?;
    if line.requests_help {
        return Ok(arguments::help_page(product, line.command.as_deref()));
    }
    profile::check(&line, home, env)?;
    let preamble = host::plugins::ensure(product, home, env)?;
    let (Ok(answer) | Err(answer)) = call_service(line, home, env);
    Ok(Answer {
        stdout: preamble.stdout + &answer.stdout,
        stderr: preamble.stderr + &answer.stderr,
        ..answer
    })
}

fn call_service(line: Line, home: &Home, env: Environment<'_>) -> Result<Answer, Answer> {
    host::safety_policy::check(&line, home, env)?;
    let call = line.into_call()?;
    if call.is_dry_run {
        return Ok(answers::printed(format!(
            "dry run: {} of {} would be called; nothing was sent\n",
            call.operation.api,
            call.operation.product.name()
        )));
    }
    Ok(service::perform(&call, home, Timestamp::now())?)
}

/// Deletes the state of the services: messages, created templates, settings. Only the initial
/// data remains.
///
/// # Errors
/// The state file cannot be locked or deleted.
pub fn reset(dir: &Path) -> anyhow::Result<()> {
    service::store::Store::reset(&Home::open(dir)?)
}

/// Text for `--help`: one line for each special number, then the initial data of the sandbox.
pub fn help() -> String {
    let mut text = String::from("The last four digits of the recipient select the result:\n");
    text.push_str(&format!(
        "  {}  delivered; on WhatsApp, the 24-hour window is open\n",
        scenarios::OPEN_WINDOW_ENDING
    ));
    for special in scenarios::SPECIAL_NUMBERS {
        text.push_str(&format!("  {}  {}\n", special.ending, special.summary));
    }
    text.push_str("  other  delivered\n");
    text.push_str(
        "In a call with many recipients, the first special number decides for the whole call.\n",
    );
    text.push_str(
        "`alimsg sandbox faults` makes every n-th call fail, `alimsg sandbox messages` lists and\n\
         counts the sent messages.\n",
    );
    text.push_str(
        "`alimsg sandbox inbound` simulates an incoming message, which opens the window.\n\n",
    );
    text.push_str(&service::seeds::help_text());
    text
}
