//! What the handlers read from a call.

use crate::sandbox::arguments::ProductCall;
use crate::sandbox::rejection::Rejection;

/// The page that a call asks for: index and size.
pub fn read_page(call: &ProductCall, index_flag: &str) -> Result<(i64, i64), Rejection> {
    let index = call.integer(index_flag).unwrap_or(1);
    let size = call.integer("--page-size").unwrap_or(10);
    if index < 1 || !(1..=50).contains(&size) {
        return Err(Rejection::new(
            "isv.INVALID_PARAMETERS",
            "pages count from 1 and hold 1 to 50 entries",
        ));
    }
    Ok((index, size))
}

/// The numbers of a call as they are written.
pub fn recipients(call: &ProductCall) -> Vec<&str> {
    call.text("--phone-numbers").map(|list| list.split(',').collect()).unwrap_or_default()
}
