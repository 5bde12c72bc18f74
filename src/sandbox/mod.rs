//! The sandbox: a simulator that takes the place of `aliyun`, so that everything can be tried and
//! rehearsed without an account, without a network and without a message going out.
//!
//! It is deliberately strict: whatever the real program would misread or refuse, it misreads or
//! refuses too. The data flows one way: argument vector → [`arguments`] (parsed call) or [`host`]
//! (the program's own commands) → [`service`] (the cloud side and what it remembers) → [`Answer`].
//! Which recipients come to which end is data in [`fates`].

mod answers;
mod arguments;
mod fates;
mod home;
mod host;
mod profile;
mod rejection;
mod service;
#[cfg(test)]
mod tests;

use std::path::Path;

use jiff::Timestamp;

pub use answers::Answer;
#[cfg(test)]
pub use arguments::Value;
#[cfg(test)]
pub use arguments::read;
use home::Home;

/// Runs one simulated `aliyun` process.
///
/// `args` is everything after the program's name. `dir` is the sandbox's folder and plays the role
/// of the home directory: the configuration of the simulated program is in `dir/.aliyun`, what the
/// service remembers is in `dir/service.json`. Both are made at first use. `env` looks up an
/// environment variable.
///
/// Nothing is printed and nobody sleeps or exits here; the caller does. All effects on the world
/// have happened when this returns. For the numbers whose reply is lost, garbled or never comes,
/// the message therefore counts as sent, although the answer does not say so.
///
/// # Errors
/// There is no error value: trouble with the folder becomes an answer with exit code 1, as trouble
/// of a real process would.
pub fn answer(args: &[String], dir: &Path, env: &dyn Fn(&str) -> Option<String>) -> Answer {
    run(args, dir, env).unwrap_or_else(|error| {
        answers::host_error(1, &format!("the sandbox's folder cannot be used: {error:#}"))
    })
}

fn run(
    args: &[String],
    dir: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> anyhow::Result<Answer> {
    let home = Home::open(dir)?;
    let Some(first) = args.first() else { return Ok(host::usage()) };
    match crate::api::operations::Product::ALL.into_iter().find(|product| product.name() == first) {
        Some(product) => product_call(product, &args[1..], &home, env),
        None if first == "oss" => host::oss::run(&args[1..], &home, env),
        None => host::run(args, &home),
    }
}

/// The order is the real program's: the host reads the arguments and the profile, then looks for
/// the plugin, and only the plugin knows the commands and their flags.
fn product_call(
    product: crate::api::operations::Product,
    args: &[String],
    home: &Home,
    env: &dyn Fn(&str) -> Option<String>,
) -> anyhow::Result<Answer> {
    let line = match arguments::read(product, args) {
        Ok(line) => line,
        Err(refusal) => return Ok(refusal),
    };
    if line.asks_for_help {
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

/// Lets a customer write to a business number, as the world outside would. Returns the message's
/// ID, or nothing where the sandbox has no such business number.
///
/// # Errors
/// Trouble with the folder.
pub fn receive(
    dir: &Path,
    customer: &str,
    business: &str,
    text: &str,
    at: Timestamp,
) -> anyhow::Result<Option<String>> {
    service::receive(&Home::open(dir)?, customer, business, text, at)
}

/// Forgets what the services remember: messages, templates, everything but the seeds.
///
/// # Errors
/// Trouble with the folder.
pub fn reset(dir: &Path) -> anyhow::Result<()> {
    service::store::Store::reset(&Home::open(dir)?)
}

/// For the long help: one line per special number ending, and what the sandbox starts with.
pub fn help() -> String {
    let mut text = String::from("Recipients whose last four digits are\n");
    text.push_str(&format!(
        "  {}  have a WhatsApp conversation with an open 24-hour window\n",
        fates::OPEN_WINDOW_ENDING
    ));
    for special in fates::SPECIAL_NUMBERS {
        text.push_str(&format!("  {}  {}\n", special.ending, special.summary));
    }
    text.push_str("Every other recipient gets the message.\n");
    text.push_str("`alimsg sandbox inbound` lets a customer write, which opens the window.\n\n");
    text.push_str(&service::seeds::describe());
    text
}
