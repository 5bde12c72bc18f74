//! WhatsApp and Viber templates, through CAMS.

mod buttons;
mod create;
mod delete;
pub(crate) mod detail;
mod draft;
mod limits;
pub(crate) mod list;
mod revision;
mod show;
mod stats;

pub use create::{create, update};
pub use delete::delete;
pub use list::list;
pub use show::{preview, show};
pub use stats::stats;

use super::Channel;
use crate::commands::{Inputs, anything};
use crate::failure::Result;
use crate::run::Run;

/// The channel as `--template-type` spells it.
pub(crate) const fn template_type(channel: Channel) -> &'static str {
    match channel {
        Channel::Viber => "VIBER",
        Channel::Whatsapp | Channel::Sms => "WHATSAPP",
    }
}

/// One code stands for a template in several languages, so one has to be named.
///
/// # Errors
/// No language is given and nobody is there to be asked.
fn language(run: &Run, given: Option<&String>) -> Result<String> {
    let mut inputs = Inputs::new(run);
    let language =
        inputs.need("--language", "Language of the template", given.cloned(), anything)?;
    inputs.complete(&["alimsg templates list --all"])?;
    Ok(language)
}
