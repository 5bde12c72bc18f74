//! The simulated cloud: what the two services check, return and store.
//!
//! To add an operation, write a function from call and state to reply and add one line to
//! [`serve`]. This module does not handle processes or streams.

mod cams;
mod delivery_status;
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
use request::Request;
use store::Store;

/// Serves one call and saves the changed state.
///
/// # Errors
/// The state file cannot be locked, read or written.
pub fn perform(call: &ProductCall, home: &Home, now: Timestamp) -> Result<Answer> {
    let scenario = Scenario::from_recipients(recipients(call));
    if let Some(answer) = scenario.answer_before_service(call.operation) {
        return Ok(answer);
    }
    let mut store = Store::open(home, now)?;
    store.state.complete_reviews(now);
    let answer = match serve(Request { call, state: &mut store.state, now, scenario }) {
        Ok(reply) => {
            store.save_if_changed()?;
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
    store.save_if_changed()?;
    Ok(id)
}

/// The recipients of a call; empty if the call does not send.
fn recipients(call: &ProductCall) -> Vec<&str> {
    match call.operation.command {
        "send-sms" => sms::call::recipients(call),
        "send-chatapp-message" => call.text("--to").into_iter().collect(),
        _ => Vec::new(),
    }
}

fn serve(request: Request<'_>) -> Result<Value, Rejection> {
    let operation = request.call.operation;
    if operation.product == Product::Cams {
        cams::call::check_space(request.call)?;
    }
    match operation.command {
        "send-sms" => sms::send::send(request),
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
