//! The confirmation before a send: the plan, and the word `yes`.

use crate::api::account::Account;
use crate::api::operations::Product;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::send::Message;
use crate::settings::PlanUse;

/// Without a terminal, `--yes` is required. Checked before any process starts.
///
/// # Errors
/// Neither `--yes` nor a terminal is there.
pub fn require_consent(context: &Context) -> Result<()> {
    let settings = &context.settings;
    if settings.yes || settings.interactive || settings.plan != PlanUse::Ask {
        return Ok(());
    }
    Err(Failure::usage("confirmation needed: there is no terminal, and --yes is not given")
        .hint("preview with --dry-run, then add --yes if the user agrees"))
}

/// Asks for consent where a run at a terminal asks nothing: a tool of `alimsg mcp` does only what its
/// user has agreed to.
///
/// # Errors
/// This run only shows its plan, or the user has agreed to another one.
pub fn confirm_for_tool(
    context: &Context,
    title: &str,
    rows: impl FnOnce() -> Result<Vec<(&'static str, String)>>,
) -> Result<()> {
    if context.settings.plan == PlanUse::Ask {
        return Ok(());
    }
    let rows = rows()?.into_iter().map(|(name, value)| (name.to_string(), value));
    context.screen.plan(title, &rows.collect::<Vec<_>>());
    context.screen.confirm("do this")
}

pub fn confirm(
    context: &Context,
    account: &Account,
    message: &Message,
    verified: &[(String, String)],
) -> Result<()> {
    if context.settings.yes {
        return Ok(());
    }
    let mut rows = message.plan.clone();
    rows.extend_from_slice(verified);
    rows.push(("messages".into(), message.recipients.len().to_string()));
    rows.push(("account".into(), account.describe()));
    context.status.mark_defaults(&mut rows);
    let count = message_count(message);
    if context.settings.plan != PlanUse::Ask && message.tracking.generated {
        // The run that sends generates another ID.
        rows.retain(|(_, value)| *value != message.tracking.id);
    }
    context.screen.plan(&format!("About to send {count}:"), &rows);
    context.screen.plan_recipients(&message.recipients);
    context.screen.confirm(&format!("send {count}"))
}

/// The number of messages with their kind: `1 SMS`, `2 messages`.
fn message_count(message: &Message) -> String {
    let count = message.recipients.len();
    match (message.call.operation.product, count) {
        (Product::Dysmsapi, _) => format!("{count} SMS"),
        (Product::Cams, 1) => "1 message".to_string(),
        (Product::Cams, _) => format!("{count} messages"),
    }
}
