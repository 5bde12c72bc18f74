//! The integration tests, as one program: alimsg as a process, with a stand-in for `aliyun`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first error, also in helper functions"
)]

mod support;

mod agent_tasks;
mod batch;
#[cfg(feature = "postgres")]
mod batch_postgres;
mod chaos;
mod completions;
mod config;
mod doctor;
mod dry_run;
mod duplicates;
mod every_command;
mod explain;
mod guard;
mod help;
mod idempotency;
mod invalid_input;
mod limits;
mod long_lists;
mod mcp;
mod next_steps;
mod outbox;
mod output;
mod output_options;
#[cfg(feature = "postgres")]
mod postgres;
mod prompts;
mod readme;
mod references;
mod replies;
mod report_fields;
mod sandbox;
mod sandbox_messages;
mod schema;
mod secrets;
mod settings;
mod sms_qualifications;
mod sms_send;
mod sms_send_verify;
mod sms_signs;
mod sms_stats;
mod sms_status;
mod sms_wait;
mod snapshots;
mod stand_in;
mod suggestions;
mod templates_chat;
mod templates_sms;
mod text_sources;
mod twenty_tasks;
mod whatsapp_history;
mod whatsapp_kinds;
mod whatsapp_media;
mod whatsapp_numbers;
mod whatsapp_send;
mod whatsapp_session;
mod whatsapp_spaces;
mod whatsapp_status;
