//! CAMS: callback URLs of the account and of its phone numbers.

use serde_json::{Value, json};

use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::cams::call::own_number;
use crate::sandbox::service::request::{Request, reply};

fn check_flags(request: &Request<'_>) -> Result<(), Rejection> {
    for flag in ["--http-flag", "--queue-flag"] {
        if request.call.text(flag).is_some_and(|value| value != "Y" && value != "N") {
            let message = format!("{flag} must be Y or N");
            return reject("InvalidParameter.FlagError", message);
        }
    }
    Ok(())
}

pub fn update_account(request: Request<'_>) -> Result<Value, Rejection> {
    check_flags(&request)?;
    reply(json!({}))
}

/// Sets the URLs, which the list of phone numbers returns.
pub fn update_number(request: Request<'_>) -> Result<Value, Rejection> {
    let call = request.call;
    check_flags(&request)?;
    let number = own_number(call)?;
    let webhook = &mut request.state.number_settings(number).webhook;
    let flags =
        [("--status-callback-url", "StatusCallbackUrl"), ("--up-callback-url", "UpCallbackUrl")];
    for (flag, name) in flags {
        if let Some(url) = call.text(flag) {
            webhook.insert(name.to_owned(), json!(url));
        }
    }
    reply(json!({}))
}
