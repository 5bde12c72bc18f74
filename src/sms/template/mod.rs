//! SMS templates: the approved texts, with variables written `${name}`.

pub mod detail;
pub mod draft;
pub mod limits;
pub mod list;

pub use detail::{SmsTemplate, get, get_call};
pub use list::{approved, list_call};

use crate::api::call::shell_line;

/// The command that lists what can be sent.
pub const LIST_APPROVED: &str = "alimsg templates list --channel sms --audit-status approved";

/// The command that shows a template.
pub fn show_command(code: &str) -> String {
    shell_line("alimsg", &["templates", "show", code, "--channel", "sms"])
}
