//! Any free-form message, for whoever knows the content by heart.

use clap::Args;

use crate::cli::whatsapp::send::envelope::Channel;
use crate::cli::whatsapp::send::free_form::{ContentBuilder, Form};
use crate::cli::{Inputs, anything, source};
use crate::error::{Failure, Result};

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send raw --from 8613800000001 --to 8613800001000 \\
      --message-type interactive --content @menu.json
  alimsg --sandbox whatsapp send raw --from 8613800000001 --to 8613800001000 \\
      --message-type text --content '{\"text\":\"It is on its way.\"}' --yes
  echo '{\"text\":\"Hello\"}' | alimsg --sandbox whatsapp send raw --from 8613800000001 \\
      --to 8613800001000 --message-type text --content - --yes";

/// Types that only one of the channels has; documented. Others are left to the service.
const ONLY_WHATSAPP: [&str; 8] = [
    "audio",
    "interactive",
    "location",
    "contacts",
    "reaction",
    "sticker",
    "typing_indicator",
    "carousel",
];
const ONLY_VIBER: [&str; 5] =
    ["text_button", "text_image", "text_image_button", "text_video", "text_video_button"];

#[derive(Debug, Args)]
pub struct Raw {
    /// The service's name of the type, such as text, interactive or text_image_button
    #[arg(long, value_name = "T")]
    message_type: Option<String>,

    /// The content: JSON itself, @FILE, or - for stdin; sent as it is
    #[arg(long, value_name = "JSON|@FILE|-")]
    content: Option<String>,
}

impl ContentBuilder for Raw {
    fn compose(
        self,
        channel: Channel,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Form> {
        let kind =
            inputs.need("--message-type", "Type of the message", self.message_type, check_type)?;
        let foreign = match channel {
            Channel::Whatsapp => ONLY_VIBER.as_slice(),
            Channel::Viber => ONLY_WHATSAPP.as_slice(),
        };
        if foreign.contains(&kind.to_lowercase().as_str()) {
            return Err(channel.refuse_kind(&kind));
        }
        let given =
            inputs.need("--content", "Content as JSON, or @FILE", self.content, anything)?;
        if given.is_empty() {
            // Missing, and noted as such.
            return Ok(Form::new(&kind, serde_json::Value::Null));
        }
        let (_, text) = source::json("--content", &given)?;
        plan.push(("type".into(), kind.clone()));
        plan.push(("content".into(), text.clone()));
        Ok(Form { kind, text })
    }
}

fn check_type(kind: &str) -> Result<()> {
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !kind.is_empty() && kind.chars().all(sound) {
        return Ok(());
    }
    Err(Failure::usage(format!("--message-type {kind:?} is no name of a type"))
        .hint("for example --message-type interactive"))
}
