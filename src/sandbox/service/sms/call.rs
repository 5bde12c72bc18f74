//! Parameters that several handlers parse.

use crate::sandbox::arguments::ProductCall;
use crate::sandbox::rejection::{Rejection, reject};

/// The error for an invalid parameter.
pub fn invalid<T>(message: impl Into<String>) -> Result<T, Rejection> {
    reject("isv.INVALID_PARAMETERS", message)
}

/// The requested page: index and size.
pub fn parse_page(call: &ProductCall, index_flag: &str) -> Result<(i64, i64), Rejection> {
    let index = call.integer(index_flag).unwrap_or(1);
    let size = call.integer("--page-size").unwrap_or(10);
    if index < 1 || !(1..=50).contains(&size) {
        return invalid("the page index must be at least 1, the page size 1 to 50");
    }
    Ok((index, size))
}

/// The recipients of a call, exactly as given.
pub fn recipients(call: &ProductCall) -> Vec<&str> {
    call.text("--phone-numbers").map(|list| list.split(',').collect()).unwrap_or_default()
}
