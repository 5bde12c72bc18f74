//! Dysmsapi (SMS), one file per topic.

pub mod batch;
pub mod call;
pub mod catalogue;
mod number;
pub mod qualifications;
pub mod receipts;
pub mod review;
pub mod send;
pub mod statistics;
