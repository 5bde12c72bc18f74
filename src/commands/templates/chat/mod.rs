//! WhatsApp and Viber templates, through CAMS.

mod buttons;
mod create;
mod definition;
mod delete;
pub(crate) mod detail;
mod limits;
mod list;
mod show;
mod stats;

pub use create::{create, update};
pub use delete::delete;
pub use list::list;
pub use show::{preview, show};
pub use stats::stats;

use super::Channel;
use crate::failure::{Failure, Result};

/// The channel as `--template-type` spells it.
pub(crate) const fn template_type(channel: Channel) -> &'static str {
    match channel {
        Channel::Viber => "VIBER",
        Channel::Whatsapp | Channel::Sms => "WHATSAPP",
    }
}

/// One code stands for a template in several languages, so one has to be named.
fn require_language<'f>(code: &str, language: Option<&'f str>) -> Result<&'f str> {
    language.ok_or_else(|| {
        Failure::missing(&["--language"], vec!["alimsg templates list --all".into()])
            .hint(format!("name the language of the template {code}, for example --language en"))
    })
}
