//! WhatsApp and Viber templates.

pub mod components;
pub mod detail;
pub mod draft;
pub mod field_names;
pub mod limits;
pub mod list;
pub mod meta;
pub mod preview;
pub mod revision;
pub mod stats;

use crate::api::call::shell_line;
use crate::error::Failure;
use crate::message::channel::Channel;

/// The categories of WhatsApp templates ("CreateChatappTemplate").
pub const WHATSAPP_CATEGORIES: &[&str] = &["UTILITY", "MARKETING", "AUTHENTICATION"];

/// The channel as `--template-type` spells it.
pub fn template_type(channel: Channel) -> &'static str {
    if channel == Channel::Viber { "VIBER" } else { "WHATSAPP" }
}

/// A category as the service spells it: WhatsApp's in upper case, Viber's own in lower case.
pub fn normalize_category(channel: Channel, category: &str) -> String {
    let upper = category.trim().to_uppercase();
    if channel == Channel::Viber && !WHATSAPP_CATEGORIES.contains(&upper.as_str()) {
        return upper.to_lowercase();
    }
    upper
}

/// The command that lists a template in all its languages. With `by_name`, `code` is its name.
pub fn list_command(channel: Channel, code: &str, by_name: bool) -> String {
    let mut words = vec!["templates", "list"];
    if channel == Channel::Viber {
        words.extend(["--channel", "viber"]);
    }
    words.extend([if by_name { "--name" } else { "--code" }, code]);
    shell_line("alimsg", &words)
}

/// Adds the command that lists the template, if the service does not know it.
pub fn or_list(mut failure: Box<Failure>, list_command: String) -> Box<Failure> {
    let is_unknown = |code: &str| code.contains("TemplateNot");
    if failure.code.as_deref().is_some_and(is_unknown) {
        failure.hint = Some("check code, language and --channel".into());
        return failure.next(list_command);
    }
    failure
}
