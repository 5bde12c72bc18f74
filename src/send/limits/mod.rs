//! Enforces the limits that a person sets: before the confirmation, and again in the transaction that
//! records the start of a call.
//!
//! Every send passes here: single messages in [`crate::send::deliver`], batches in
//! `crate::batch::limits`. Commands are checked before they run.

mod counts;
mod credentials;
mod rules;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::api::operations::Product;
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::os::clock;
use crate::send::Message;
use crate::settings::limits::Rule;
use crate::storage::Store;
pub use counts::Counts;
pub use rules::{
    Checked, RecipientRules, check_credentials, check_fixed, check_recipients, check_signature,
};

/// A message, as far as limits concern it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'m> {
    /// `None` for an SMS.
    pub sender: Option<&'m str>,
    /// `None` for a message without a template.
    pub template: Option<&'m str>,
}

/// The command of every failure.
const LIMITS: &str = "alimsg limits";

/// The failure for a message or a command that a limit does not permit.
pub fn refusal(rule: Rule, source: &Path, what: &str) -> Box<Failure> {
    let source = match rule {
        Rule::Credentials => String::new(),
        _ => format!(" ({})", source.display()),
    };
    let mut failure =
        Failure::new(Kind::Limit, format!("limit {}: {what}{source}", rule.name())).next(LIMITS);
    failure.rule = Some(rule.name());
    failure.hint(match rule {
        Rule::Credentials => "remove it: never send keys or tokens in a message",
        _ => "a person set this limit, and no flag lifts it; nothing was sent",
    })
}

/// Refuses a command that is disabled, or one below it.
///
/// # Errors
/// `deny_commands` has it.
pub fn require_command(context: &Context, command: &str) -> Result<()> {
    for table in &context.settings.limits.tables {
        for denied in &table.deny_commands {
            let is_below = command.strip_prefix(denied.as_str());
            if is_below.is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')) {
                let what = format!("the command `{command}` is disabled");
                return Err(refusal(Rule::DenyCommands, &table.source, &what));
            }
        }
    }
    Ok(())
}

/// Refuses a message that a limit does not permit. Starts no process and opens no store.
///
/// # Errors
/// A limit does not permit it; a file of numbers cannot be read.
pub fn require(context: &Context, message: &Message) -> Result<()> {
    let call = &message.call;
    let is_sms = call.operation.product == Product::Dysmsapi;
    let subject = Subject {
        sender: call.value("--from").filter(|_| !is_sms),
        template: call.value("--template-code"),
    };
    check_fixed(&context.settings, &subject)?;
    if is_sms {
        check_signature(&context.settings.limits, call.value("--sign-name").unwrap_or_default())?;
    }
    check_recipients(&context.settings.limits, message.recipients.len() as u64)?;
    let rules = RecipientRules::load(&context.settings.limits)?;
    for number in &message.recipients {
        rules.check(is_sms, number)?;
    }
    let texts = call.content().into_iter().flat_map(|(_, words)| words);
    for text in texts {
        check_credentials(&text)?;
    }
    if context.settings.dry_run {
        return Ok(());
    }
    require_loud(context)
}

/// Refuses a send in quiet hours.
///
/// # Errors
/// It is quiet now.
pub fn require_loud(context: &Context) -> Result<()> {
    match quiet_until(context, clock::now()) {
        Some((source, end)) => {
            let what = format!("it is quiet until {end}");
            let hint = format!("send it after {end}");
            Err(refusal(Rule::QuietHours, &source, &what).hint(hint).retryable())
        }
        None => Ok(()),
    }
}

/// The quiet hours of this moment: the file with the rule, and their end.
pub fn quiet_until(context: &Context, now: Timestamp) -> Option<(PathBuf, Timestamp)> {
    let (source, end) = context.settings.limits.quiet_until(now)?;
    Some((source.to_path_buf(), end))
}

/// Refuses a message that would exceed a limit that counts messages. The transaction that records its
/// start decides again.
///
/// # Errors
/// A limit is reached; the counts cannot be read.
pub fn require_room(context: &Context, store: &dyn Store, message: &Message) -> Result<()> {
    let counts = Counts::new(context);
    if counts.is_empty() {
        return Ok(());
    }
    let is_sms = message.call.operation.product == Product::Dysmsapi;
    let send = counts.send(store, is_sms, message.recipients.iter().map(String::as_str));
    match store.sends().reached(&send).map_err(counts_failed)? {
        Some(reached) => Err(counts.failure(&reached, &message.recipients)),
        None => Ok(()),
    }
}

/// The failure if messages cannot be counted: nothing is sent.
pub fn counts_failed(error: impl Into<anyhow::Error>) -> Box<Failure> {
    Failure::environment(format!(
        "a limit counts messages, and their record cannot be used: {:#}",
        error.into()
    ))
    .hint("nothing was sent; repair or unlock the store, then run this again")
    .next(LIMITS)
}
