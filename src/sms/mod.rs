pub mod qualification;
pub mod receipt;
pub mod redaction;
pub mod signature;
pub mod template;
