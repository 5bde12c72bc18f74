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

pub use answers::Answer;
#[cfg(test)]
pub use arguments::Value;
#[cfg(test)]
pub use arguments::parse;
use home::Home;

/// Runs one simulated `aliyun` process.
///
/// `args` excludes the program name. `dir` is the sandbox folder and acts as the home directory:
/// the configuration of the simulated program is in `dir/.aliyun`, the state of the services in
/// `dir/service.json`. Both are created on first use. `env` looks up an environment variable.
///
/// This function does not print, sleep or exit; the caller does. The state is saved before it
/// returns. A message whose reply is lost, garbled or delayed is therefore stored as sent,
/// although the answer does not report it.
///
/// # Errors
/// Returns no error value: a folder that cannot be read or written becomes an answer with exit
/// code 1, as in a real process.
pub fn answer(args: &[String], dir: &Path, env: &dyn Fn(&str) -> Option<String>) -> Answer {
    run(args, dir, env).unwrap_or_else(|error| {
        answers::host_error(1, &format!("cannot use the sandbox folder: {error:#}"))
    })
}

fn run(
    args: &[String],
    dir: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> anyhow::Result<Answer> {
    let home = Home::open(dir)?;
    let (leading, args) = match arguments::split_leading(args) {
        Ok(parts) => parts,
        Err(refusal) => return Ok(refusal),
    };
    let Some(first) = args.first() else { return Ok(host::usage()) };
    match crate::api::operations::Product::ALL.into_iter().find(|product| product.name() == first) {
        Some(product) => product_call(product, leading, &args[1..], &home, env),
        None if first == "oss" => host::oss::run(&args[1..], &home, env),
        None => host::run(args, &home),
    }
}

/// Runs the checks in the order of the real program: the host parses the arguments and loads the
/// profile, then finds the plugin. Only the plugin knows the commands and their flags.
fn product_call(
    product: crate::api::operations::Product,
    leading: Vec<arguments::Given>,
    args: &[String],
    home: &Home,
    env: &dyn Fn(&str) -> Option<String>,
) -> anyhow::Result<Answer> {
    let line = match arguments::parse_after(leading, product, args) {
        Ok(line) => line,
        Err(refusal) => return Ok(refusal),
    };
    if line.requests_help {
        return Ok(arguments::help_page(product, line.command.as_deref()));
    }
    if let Err(refusal) = profile::choose(&line, home, env)? {
        return Ok(refusal);
    }
    let preamble = match host::plugins::ensure(product, home, env)? {
        Ok(preamble) => preamble,
        Err(refusal) => return Ok(refusal),
    };
    if let Some(mut refusal) = host::safety_policy::refusal(&line, home, env) {
        refusal.stdout.insert_str(0, &preamble.stdout);
        refusal.stderr.insert_str(0, &preamble.stderr);
        return Ok(refusal);
    }
    let mut answer = match line.into_call() {
        Ok(call) if call.is_dry_run() => answers::printed(format!(
            "dry run: {} of {} would be called; nothing was sent\n",
            call.operation.api,
            product.name()
        )),
        Ok(call) => service::perform(&call, home, Timestamp::now())?,
        Err(refusal) => refusal,
    };
    answer.stdout.insert_str(0, &preamble.stdout);
    answer.stderr.insert_str(0, &preamble.stderr);
    Ok(answer)
}

/// Simulates an incoming message from a customer to a business number. Returns the message ID, or
/// `None` if the sandbox has no such business number.
///
/// # Errors
/// The sandbox folder cannot be read or written.
pub fn receive(
    dir: &Path,
    customer: &str,
    business: &str,
    text: &str,
    at: Timestamp,
) -> anyhow::Result<Option<String>> {
    service::receive(&Home::open(dir)?, customer, business, text, at)
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
        "`alimsg sandbox inbound` simulates an incoming message, which opens the window.\n\n",
    );
    text.push_str(&service::seeds::describe());
    text
}
