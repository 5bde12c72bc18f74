//! WhatsApp and Viber templates, through CAMS.

mod buttons;
mod create;
mod delete;
pub(crate) mod detail;
mod draft;
mod limits;
pub(crate) mod list;
mod plan;
mod revision;
mod show;
mod stats;
mod update;

pub use create::create;
pub use delete::delete;
pub use list::list;
pub use show::{preview, show};
pub use stats::stats;
pub use update::update;

use crate::api::call::shell_line;
use crate::cli::templates::Channel;
use crate::cli::{Inputs, anything};
use crate::context::Context;
use crate::error::{Failure, Result};

/// The channel as `--template-type` spells it.
pub(crate) const fn template_type(channel: Channel) -> &'static str {
    match channel {
        Channel::Viber => "VIBER",
        Channel::Whatsapp | Channel::Sms => "WHATSAPP",
    }
}

/// The categories of WhatsApp's templates ("CreateChatappTemplate").
const WHATSAPP_CATEGORIES: &[&str] = &["UTILITY", "MARKETING", "AUTHENTICATION"];

/// A category as the service spells it: WhatsApp's in capitals, Viber's own in small letters.
fn category(channel: Channel, word: &str) -> String {
    let capitals = word.trim().to_uppercase();
    if channel == Channel::Viber && !WHATSAPP_CATEGORIES.contains(&capitals.as_str()) {
        return capitals.to_lowercase();
    }
    capitals
}

/// One code stands for a template in several languages, so one has to be named.
///
/// # Errors
/// No language is given and nobody is there to be asked; the list tells which there are.
fn language(
    context: &Context,
    channel: Channel,
    code: &str,
    given: Option<&String>,
) -> Result<String> {
    let mut inputs = Inputs::new(context);
    let language =
        inputs.need("--language", "Language of the template", given.cloned(), anything)?;
    inputs.complete(&[&list_command(channel, code)])?;
    Ok(language)
}

/// The command that lists a template in all its languages.
fn list_command(channel: Channel, code: &str) -> String {
    let mut words = vec!["templates", "list"];
    if channel == Channel::Viber {
        words.extend(["--channel", "viber"]);
    }
    words.extend(["--code", code]);
    shell_line("alimsg", &words.into_iter().map(String::from).collect::<Vec<_>>())
}

/// What a service that does not know a template cannot tell: where to look for it.
fn or_list(mut failure: Box<Failure>, channel: Channel, code: &str) -> Box<Failure> {
    let is_unknown = |code: &str| code.contains("TemplateNot");
    if failure.code.as_deref().is_some_and(is_unknown) {
        failure.hint = Some("check code, language and --channel".into());
        return failure.next(list_command(channel, code));
    }
    failure
}
