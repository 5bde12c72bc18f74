//! Times: as people write them, as replies carry them, and the clock of the SMS service.

pub mod china;
mod day;
pub mod in_reply;
pub mod moment;
pub mod period;
