//! Times: in flags, in replies, and in China Standard Time.

pub mod china;
pub mod in_reply;
pub mod moment;
pub mod period;
