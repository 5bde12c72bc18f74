//! CAMS (WhatsApp and Viber), one file per topic.

pub mod account;
pub mod automation;
pub mod call;
mod content;
pub mod mass;
pub mod media;
pub mod messages;
pub mod metrics;
pub mod profile;
pub mod review;
pub mod send;
pub mod templates;
pub mod webhook;
