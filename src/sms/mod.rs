//! SMS: receipts, signatures, qualifications, templates and statistics.

pub mod qualification;
pub mod receipt;
pub mod redaction;
pub mod signature;
pub mod statistics;
pub mod template;
