//! Batches: one template to many recipients, each row of the input with its own values.
//!
//! input (rows) → plan (checked rows, totals) → grouping (rows that share a call) → engine (calls)

pub mod definition;
pub mod engine;
pub mod export;
pub mod grouping;
pub mod input;
pub mod job;
pub mod look_up;
pub mod pace;
pub mod plan;
pub mod receipts;
pub mod request;
pub mod resume;
pub mod row;
pub mod row_set;
pub mod run;
pub mod sendable;
pub mod shards;
mod sms_parts;
pub mod summary;
