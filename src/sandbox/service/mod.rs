//! The simulated cloud: what the two services check, return and store.
//!
//! To add an operation, write a function from call and state to reply and add one line to
//! [`serve`]. This module does not handle processes or streams.

mod cams;
mod delivery_status;
mod faults;
mod message_log;
mod placeholders;
mod request;
pub mod seeds;
mod sms;
mod state;
pub mod store;

use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;
use serde_json::Value;

use crate::api::operations::Product;
use crate::sandbox::answers::{self, Answer};
use crate::sandbox::arguments::ProductCall;
use crate::sandbox::home::Home;
use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::scenarios::Scenario;
pub use faults::Faults;
use request::Request;
use state::Direction;
pub use state::Message;
pub use state::ServiceChannel;
use store::Store;

/// Serves one call and saves the changed state.
///
/// # Errors
/// The state file cannot be locked, read or written.
pub fn perform(call: &ProductCall, home: &Home, now: Timestamp) -> Result<Answer> {
    let mut store = Store::open(home, now)?;
    let recipients = recipients(call);
    let fault = match recipients {
        Some(_) if store.state.faults.is_set() => {
            let fault = store.state.faults.count_call();
            store.save(None)?;
            fault
        }
        _ => None,
    };
    let numbers = recipients.iter().flatten().map(String::as_str);
    let scenario = fault.unwrap_or_else(|| Scenario::from_recipients(numbers));
    if let Some(answer) = scenario.answer_before_service(call.operation) {
        return Ok(answer);
    }
    let sent = match log_filter(call) {
        Some(text) => store.log.messages_with(&text)?,
        None => Vec::new(),
    };
    store.state.complete_reviews(now);
    let mut outgoing = None;
    let state = &mut store.state;
    let request = Request { call, state, now, scenario, sent: &sent, outgoing: &mut outgoing };
    let answer = match serve(request) {
        Ok(reply) => {
            store.save(outgoing.as_ref())?;
            answers::reply(&reply)
        }
        Err(rejection) => rejection.into_answer(),
    };
    Ok(scenario.answer_after_service(answer, call.operation.product))
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
) -> Result<Option<String>> {
    let mut store = Store::open(&Home::open(dir)?, Timestamp::now())?;
    let id = cams::messages::receive(&mut store.state, customer, business, text, at);
    store.save(None)?;
    Ok(id)
}

/// The outgoing messages, oldest first.
///
/// # Errors
/// The sandbox folder cannot be read or is damaged.
pub fn sent_messages(dir: &Path) -> Result<Vec<Message>> {
    let store = Store::open(&Home::open(dir)?, Timestamp::now())?;
    let logged = store.log.messages_with("")?;
    let all = store.state.messages.into_iter().chain(logged);
    Ok(all.filter(|message| message.direction == Direction::Out).collect())
}

/// Changes the faults and starts to count calls again; returns the new faults. Without a change,
/// only reads them.
///
/// # Errors
/// The sandbox folder cannot be read or written.
pub fn change_faults(dir: &Path, change: Option<impl FnOnce(&mut Faults)>) -> Result<Faults> {
    let mut store = Store::open(&Home::open(dir)?, Timestamp::now())?;
    if let Some(change) = change {
        change(&mut store.state.faults);
        store.state.faults.calls = 0;
        store.save(None)?;
    }
    Ok(store.state.faults)
}

/// The recipients of a call, exactly as given; `None` if the call does not send.
fn recipients(call: &ProductCall) -> Option<Vec<String>> {
    let owned = |numbers: Vec<&str>| numbers.into_iter().map(str::to_owned).collect();
    match call.operation.command {
        "send-sms" => Some(owned(sms::call::recipients(call))),
        "send-batch-sms" => Some(sms::batch::recipients(call)),
        "send-chatapp-message" => Some(owned(call.text("--to").into_iter().collect())),
        "send-chatapp-mass-message" => Some(owned(cams::mass::recipients(call))),
        _ => None,
    }
}

/// Text that the log's lines for this call contain; `None` if the call needs no sent message.
fn log_filter(call: &ProductCall) -> Option<String> {
    match call.operation.command {
        "query-send-details" => Some(sms::receipts::number(call)?.digits),
        "list-chatapp-message" => {
            call.text("--user-number").or(call.text("--business-number")).map(str::to_owned)
        }
        // The message that this one replies to.
        "send-chatapp-message" => {
            call.text("--context-message-id").and(call.text("--to")).map(str::to_owned)
        }
        "query-send-statistics"
        | "get-chatapp-template-metric"
        | "get-chatapp-phone-number-metric" => Some(String::new()),
        _ => None,
    }
}

fn serve(request: Request<'_>) -> Result<Value, Rejection> {
    let operation = request.call.operation;
    if operation.product == Product::Cams {
        cams::call::check_space(request.call)?;
    }
    match operation.command {
        "send-sms" => sms::send::send(request),
        "send-batch-sms" => sms::batch::send(request),
        "query-send-details" => sms::receipts::query(request),
        "query-send-statistics" => sms::statistics::query(request),
        "query-sms-sign-list" => sms::catalogue::list_signatures(request),
        "get-sms-sign" => sms::catalogue::show_signature(request),
        "query-sms-template-list" => sms::catalogue::list_templates(request),
        "get-sms-template" => sms::catalogue::show_template(request),
        "create-sms-template" => sms::review::create(request),
        "update-sms-template" => sms::review::update(request),
        "delete-sms-template" => sms::review::delete(request),
        "query-sms-qualification-record" => sms::qualifications::list(request),
        "query-single-sms-qualification" => sms::qualifications::show(request),
        "send-chatapp-message" => cams::send::send(request),
        "send-chatapp-mass-message" => cams::mass::send(request),
        "list-chatapp-template" => cams::templates::list(request),
        "get-chatapp-template-detail" => cams::templates::show(request),
        "create-chatapp-template" => cams::review::create(request),
        "modify-chatapp-template" => cams::review::modify(request),
        "delete-chatapp-template" => cams::review::delete(request),
        "get-chatapp-template-metric" => cams::metrics::template_metrics(request),
        "get-chatapp-phone-number-metric" => cams::metrics::number_metrics(request),
        "get-whatsapp-health-status" => cams::account::health(request),
        "query-chatapp-bind-waba" => cams::account::waba(),
        "query-phone-business-profile" => cams::profile::show(request),
        "modify-phone-business-profile" => cams::profile::modify(request),
        "get-conversational-automation" => cams::automation::show(request),
        "update-conversational-automation" => cams::automation::update(request),
        "update-account-webhook" => cams::webhook::update_account(request),
        "update-phone-webhook" => cams::webhook::update_number(request),
        "get-chatapp-upload-authorization" => cams::media::authorize(request),
        "generate-presigned-url" => cams::media::presign(request),
        "list-chatapp-message" => cams::messages::list(request),
        "query-chatapp-phone-numbers" => cams::account::numbers(request),
        "list-instance" => cams::account::instances(request),
        _ => reject(
            "UnsupportedOperation",
            format!("the sandbox does not support {}", operation.api),
        ),
    }
}
