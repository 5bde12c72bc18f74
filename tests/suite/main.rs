//! The integration tests, as one program: alimsg as a process, with a stand-in for `aliyun`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has to stop, also outside of #[test]"
)]

mod support;

mod asking;
mod bad_input;
mod chaos;
mod duplicates;
mod every_command;
mod guard;
mod help;
mod long_lists;
mod never_twice;
mod output;
#[cfg(feature = "postgres")]
mod postgres;
mod readme;
mod replies;
mod report_fields;
mod sandbox;
mod secrets;
mod settings;
mod sms_qualifications;
mod sms_send;
mod sms_send_verify;
mod sms_signs;
mod sms_stats;
mod sms_status;
mod snapshots;
mod stand_in_itself;
mod templates_chat;
mod templates_sms;
mod whatsapp_history;
mod whatsapp_kinds;
mod whatsapp_media;
mod whatsapp_numbers;
mod whatsapp_send;
mod whatsapp_session;
