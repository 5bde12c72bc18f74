pub mod account;
pub mod audit_status;
pub mod call;
pub mod error_codes;
pub mod operations;
pub mod redaction;
pub mod reply;
pub mod secret;
