//! What the handlers read from a call.

use crate::sandbox::arguments::ProductCall;
use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::seeds;
use crate::sandbox::service::state::ServiceChannel;

/// Only the one instance exists; a call may leave it out.
pub fn check_space(call: &ProductCall) -> Result<(), Rejection> {
    match call.text("--cust-space-id") {
        Some(space) if space != seeds::SPACE => Err(Rejection::new(
            "Authentication.NoAuth",
            format!("the instance {space} is not this account's"),
        )),
        _ => Ok(()),
    }
}

pub fn channel(call: &ProductCall) -> Result<ServiceChannel, Rejection> {
    match call.text("--channel-type").unwrap_or_default().to_lowercase().as_str() {
        "whatsapp" => Ok(ServiceChannel::Whatsapp),
        "viber" => Ok(ServiceChannel::Viber),
        other => Err(Rejection::new(
            "InvalidParameter.ChannelTypeNotSupport",
            format!("the channel {other} is not supported"),
        )),
    }
}

/// The number that a call is about, which has to be one of this account's.
pub fn own_number(call: &ProductCall) -> Result<&str, Rejection> {
    let number = call.text("--phone-number").unwrap_or_default();
    if seeds::WHATSAPP_NUMBERS.iter().any(|sender| sender.number == number) {
        return Ok(number);
    }
    Err(Rejection::new(
        "PhoneNumberNotRegistered",
        format!("the number {number} is not this account's"),
    ))
}
