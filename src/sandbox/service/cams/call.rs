//! Parameters that several handlers check.

use crate::sandbox::arguments::ProductCall;
use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::seeds;
use crate::sandbox::service::state::ServiceChannel;

/// Checks that the space is the sandbox's own, or missing.
pub fn check_space(call: &ProductCall) -> Result<(), Rejection> {
    match call.text("--cust-space-id") {
        Some(space) if space != seeds::SPACE => reject(
            "Authentication.NoAuth",
            format!("instance {space} does not belong to this account"),
        ),
        _ => Ok(()),
    }
}

pub fn parse_channel_type(call: &ProductCall) -> Result<ServiceChannel, Rejection> {
    match call.text("--channel-type").unwrap_or_default().to_lowercase().as_str() {
        "whatsapp" => Ok(ServiceChannel::Whatsapp),
        "viber" => Ok(ServiceChannel::Viber),
        other => reject(
            "InvalidParameter.ChannelTypeNotSupport",
            format!("channel {other} is not supported"),
        ),
    }
}

/// The phone number in a call; it must belong to this account.
pub fn own_number(call: &ProductCall) -> Result<&str, Rejection> {
    let number = call.text("--phone-number").unwrap_or_default();
    if seeds::WHATSAPP_NUMBERS.iter().any(|sender| sender.number == number) {
        return Ok(number);
    }
    reject("PhoneNumberNotRegistered", format!("number {number} does not belong to this account"))
}
