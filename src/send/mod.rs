//! The path of one message, from the finished call until Alibaba Cloud accepts it.
//!
//! command line → [`Message`] → claim of its key → plan → consent → guard → call → reply → report

mod account;
pub mod attempt;
pub mod change;
mod consent;
mod dry_run;
pub mod duplicates;
pub mod idempotency;
pub mod limits;
pub mod outbox;
pub mod receipt_lookup;
pub mod recent;
pub mod repair;

use std::cell::OnceCell;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::api::call::{ReadCall, SendCall};
use crate::chat::upload::MediaUpload;
use crate::context::Context;
use crate::error::{Outcome, Result, catch_panic};
use crate::message::channel::Channel;
use crate::message::phone;
use crate::output::report::{FailedReceipts, Report};
use crate::send::attempt::Sent;
pub use crate::send::consent::{confirm_for_tool, require_consent};
use crate::send::duplicates::Check;
use crate::send::idempotency::{Claim, Pending, Record};
use crate::send::receipt_lookup::{ReceiptQuery, space};
use crate::storage::{self, Store, Tracking};

/// How many doubtful numbers of recipients are named.
const MAX_DOUBTS: usize = 3;

/// The options of every send that prevent a second send.
#[derive(Debug, Clone)]
pub struct SendOptions {
    /// The idempotency key.
    pub key: Option<String>,
    /// Send even if the same message was just sent.
    pub allow_duplicate: bool,
    /// How long to look for a receipt after an unknown outcome; zero disables it.
    pub look_up: Duration,
}

/// A message that is ready to send.
pub struct Message {
    pub call: SendCall,
    pub recipients: Vec<String>,
    /// The ID that identifies the message in receipts.
    pub tracking: Tracking,
    /// Where to look for its receipt.
    pub receipt_query: ReceiptQuery,
    /// Rows of the plan that the user confirms: every parameter.
    pub plan: Vec<(String, String)>,
    /// The options that prevent a second send.
    pub safety: SendOptions,
    /// Checks with Alibaba Cloud, before the prompt, whether the message can be sent.
    pub verify: Option<Verify>,
    /// The calls that `verify` makes, and the one that authorizes the upload of the attachment; a dry
    /// run shows them.
    pub reads: Vec<ReadCall>,
    /// A file that is uploaded after the confirmation, before the send.
    pub attachment: Option<Attachment>,
    /// Fetches more after the message was accepted, such as its receipts.
    pub follow_up: Option<FollowUp>,
}

/// A file of a message. Until it is uploaded, the content has a placeholder for its link.
pub struct Attachment {
    pub upload: MediaUpload,
    pub placeholder: String,
}

impl Attachment {
    /// Uploads the file, and returns the call with its link.
    ///
    /// # Errors
    /// The upload failed; nothing was sent.
    fn upload(&self, context: &Context, client: &Client<'_>, call: &SendCall) -> Result<SendCall> {
        let uploaded = self.upload.run(context, client)?;
        Ok(call.clone().with_replaced("--content", &self.placeholder, &uploaded.link))
    }
}

/// Fetches what the message refers to and returns rows for the plan, such as the rendered text.
/// If it fails, nothing is sent.
pub type Verify = Box<dyn Fn(&Client<'_>) -> Result<Vec<(String, String)>>>;

/// What is fetched after a message was accepted.
pub struct FollowUp {
    /// The calls that it makes, with placeholders in capitals; a dry run shows them.
    pub calls: Vec<ReadCall>,
    /// When the calls are made, and what the placeholders are.
    pub when: &'static str,
    pub fetch: Fetch,
}

/// Adds to the result of an accepted message, and returns which of its receipts report a failure.
/// The timestamp is the start of its call. All failures, including a failed guard, are only
/// warnings. ai-mode is off when it begins.
pub type Fetch =
    Box<dyn Fn(&Context, Result<&Guard<'_>>, &mut Record, Timestamp) -> Option<FailedReceipts>>;

/// Sends a message once. The guard is that of the whole run: prompts may have used it before.
///
/// # Errors
/// The message was not accepted, or its outcome is unknown; see the failure's outcome.
pub fn deliver(context: &Context, guard: &Guard<'_>, mut message: Message) -> Result<Report> {
    warn_about_recipients(context, &message);
    let planned = dry_run::check(context, &message)?;
    if context.settings.dry_run {
        return dry_run::report(context, &message, planned);
    }
    require_consent(context)?;
    let start_watchdog = || {
        if context.settings.yes {
            guard.start_watchdog();
        }
    };
    // The result of an earlier run with the same key needs no call.
    if message.safety.key.is_none() {
        limits::require(context, &message)?;
        // With limits that count, nothing starts before they are checked.
        if !context.settings.limits.has_counts() {
            start_watchdog();
        }
    }
    context.status.redaction.borrow_mut().add(&message.call);
    let store = open_store(context, &message)?;
    let store = store.as_deref();
    prepare_look_up(context, store, &mut message);
    let message = &message;
    let mut check = Check::new(&context.settings, message);
    let mut pending = match (store, &message.safety.key) {
        (Some(store), Some(key)) => match claim(context, store, key, message)? {
            Claim::Free(pending) => {
                limits::require(context, message)?;
                pending
            }
            Claim::Accepted(record, since) => {
                let sent = Sent { record, since };
                return catch_panic(Outcome::Sent, || Ok(replay(context, guard, message, sent)));
            }
            Claim::Unresolved(earlier) => {
                let sent = catch_panic(Outcome::Unknown, || {
                    let (query, to) = (&message.receipt_query, &message.recipients);
                    let limit = message.safety.look_up;
                    attempt::resolve_earlier(context, guard, &earlier, query, to, limit)
                        .map_err(|unproven| earlier.failure(&unproven))
                })?;
                return catch_panic(Outcome::Sent, || Ok(replay(context, guard, message, sent)));
            }
        },
        (Some(store), None) => generate(context, store, message)?,
        (None, _) => Pending::unrecorded(),
    };
    if let Some(store) = store {
        limits::require_room(context, store, message)?;
        start_watchdog();
        check.require_new(context, guard, store)?;
    }
    guard.require_allowed()?;
    let verified = match &message.verify {
        // Dropping this client switches ai-mode off before the prompt.
        Some(verify) => verify(&Client::open(context, guard)?)?,
        None => Vec::new(),
    };
    consent::confirm(context, guard.account()?, message, &verified)?;
    let prepared = OnceCell::new();
    let client = Client::open_with(context, guard, &|| {
        pending.prepare_begin();
        if let Some(store) = store {
            prepared.get_or_init(|| check.new_record(context, store));
        }
    })?;
    // Before the record that the call may start: if the upload fails, nothing was sent.
    let completed;
    let call = match &message.attachment {
        Some(attachment) => {
            completed = attachment.upload(context, &client, &message.call)?;
            &completed
        }
        None => &message.call,
    };
    duplicates::begin(context, &mut pending, &check, prepared.into_inner())?;
    let sent = attempt::send(context, guard, client, (message, call), &mut pending)?;
    catch_panic(Outcome::Sent, || {
        if let Some(store) = store {
            space::remember(store, &context.settings, &message.receipt_query);
            store.leave_open();
        }
        context.screen.note("Accepted by Alibaba Cloud; not yet delivered.");
        Ok(report(context, guard, message, sent))
    })
}

/// The result of a sent message, completed by its follow-up.
fn report(context: &Context, guard: &Guard<'_>, message: &Message, sent: Sent) -> Report {
    let Sent { mut record, since } = sent;
    let follow_up = message.follow_up.as_ref();
    let failed = follow_up.and_then(|follow_up| {
        (follow_up.fetch)(context, guard.account().map(|_| guard), &mut record, since)
    });
    let report = Report::Record { data: record.data, raw: record.raw };
    match failed {
        Some(failed) => Report::Undelivered { failed, report: Box::new(report) },
        None => report,
    }
}

/// Opens the store. No process has started yet.
///
/// # Errors
/// The store cannot be read. With a key, the outcome is then unknown; without one, the message is
/// not sent, unless duplicates are allowed.
fn open_store(context: &Context, message: &Message) -> Result<Option<Box<dyn Store>>> {
    let key = message.safety.key.as_deref();
    if key.is_some() {
        storage::require_durable(&context.settings).map_err(idempotency::not_durable)?;
    }
    let error = match storage::open(&context.settings) {
        Ok(store) => {
            if let Some(warning) = storage::warn_if_switched(&context.settings) {
                context.screen.warn(warning);
            }
            return Ok(Some(store));
        }
        Err(error) => error,
    };
    // There was no record before, and the user accepts that none is kept.
    let is_ephemeral =
        context.settings.ephemeral_state && matches!(error, storage::Error::NeverExisted(_));
    match key {
        Some(key) => Err(idempotency::unreadable(key, error, Some(&message.receipt_query))),
        None if context.settings.limits.has_counts() => Err(limits::counts_failed(error)),
        None if message.safety.allow_duplicate || is_ephemeral => {
            let error = anyhow::Error::from(error);
            context
                .screen
                .warn(format!("this message is not recorded for the duplicate check: {error:#}"));
            Ok(None)
        }
        None => Err(duplicates::check_failed(error)),
    }
}

/// Warns about numbers that the user probably mistyped or copied from documentation.
fn warn_about_recipients(context: &Context, message: &Message) {
    let Some(channel) = Channel::from_name(message.receipt_query.channel()) else { return };
    let doubts = message.recipients.iter().filter_map(|number| phone::doubt(channel, number));
    for doubt in doubts.take(MAX_DOUBTS) {
        context.screen.warn(doubt);
    }
}

/// Completes where to look for the receipt after a lost reply. If that may not be possible, the user
/// is told before the message is sent.
fn prepare_look_up(context: &Context, store: Option<&dyn Store>, message: &mut Message) {
    let query = &mut message.receipt_query;
    let is_known = match store {
        Some(store) => space::recall(store, &context.settings, query),
        None => query.can_be_looked_up(),
    };
    // The account of the sandbox has one channel instance.
    if is_known || message.safety.look_up.is_zero() || context.settings.sandbox {
        return;
    }
    let limit = "only if the account has one single channel instance and may list it";
    message.plan.push(("receipt after a lost reply".into(), limit.into()));
    context.screen.warn(format!(
        "without --cust-space-id, the receipt can be looked up after a lost reply {limit}; give the \
         flag once, and it is remembered for this sender"
    ));
}

/// Prepares the record of a message without a key.
fn generate<'s>(context: &Context, store: &'s dyn Store, message: &Message) -> Result<Pending<'s>> {
    match idempotency::generate(context, store, &request(message)) {
        Ok(pending) => Ok(pending),
        Err(_) if message.safety.allow_duplicate && !context.settings.limits.has_counts() => {
            context.screen.warn("this message is not recorded for the duplicate check");
            Ok(Pending::unrecorded())
        }
        Err(error) => Err(duplicates::check_failed(error)),
    }
}

fn claim<'s>(
    context: &Context,
    store: &'s dyn Store,
    key: &str,
    message: &Message,
) -> Result<Claim<'s>> {
    idempotency::claim(context, store, key, &request(message))
}

const fn request(message: &Message) -> idempotency::Request<'_> {
    idempotency::Request {
        call: &message.call,
        tracking: &message.tracking,
        receipt_query: &message.receipt_query,
        recipients: message.recipients.len(),
    }
}

/// The result of the run that used the key first. The follow-up runs as well, because it only reads.
fn replay(context: &Context, guard: &Guard<'_>, message: &Message, mut sent: Sent) -> Report {
    context
        .screen
        .note("this key was used before: nothing was sent now; showing the earlier result");
    let data = &mut sent.record.data;
    data.insert("replayed".into(), json!(true));
    if data.get("to").is_none_or(serde_json::Value::is_null) {
        // The key was resolved by hand, and the record has only some of the numbers.
        data.insert("to".into(), json!(message.recipients));
    }
    report(context, guard, message, sent)
}
