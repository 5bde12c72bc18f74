//! CAMS: callback addresses of the account and of its numbers.

use serde_json::{Value, json};

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::cams::call::{check_space, own_number};
use crate::sandbox::service::request::{Request, ok};

fn check_flags(request: &Request<'_>) -> Result<(), Rejection> {
    for flag in ["--http-flag", "--queue-flag"] {
        if request.call.text(flag).is_some_and(|word| word != "Y" && word != "N") {
            let why = format!("{flag} is Y or N");
            return Err(Rejection::new("InvalidParameter.FlagError", why));
        }
    }
    Ok(())
}

pub fn of_account(request: Request<'_>) -> Result<Value, Rejection> {
    check_space(request.call)?;
    check_flags(&request)?;
    Ok(ok())
}

/// The list of numbers shows the addresses.
pub fn of_number(request: Request<'_>) -> Result<Value, Rejection> {
    let call = request.call;
    check_space(call)?;
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
    Ok(ok())
}
