//! `alimsg whatsapp send audio`.

use crate::chat::content::media::Media;
use crate::chat::content::{Content, require_whatsapp};
use crate::cli::prelude::*;
use crate::cli::whatsapp::send::free_form::{ContentFlags, FileFlag, need_link};
use crate::message::media::Kind;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp send audio --from 8613800000001 --to 8613800001000 \\
      --file greeting.mp3 --cust-space-id cams-8c1xxxx
  alimsg whatsapp send audio --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/greeting.mp3
  alimsg --sandbox whatsapp send audio --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/greeting.mp3 --yes")]
pub struct AudioFlags {
    /// Public link of the audio file; http or https
    #[arg(long, value_name = "URL")]
    link: Option<String>,

    #[command(flatten)]
    file: FileFlag,
}

impl ContentFlags for AudioFlags {
    fn into_content(self, channel: Channel, inputs: &mut Inputs<'_>) -> Result<Box<dyn Content>> {
        require_whatsapp(channel, "audio")?;
        let link = need_link(self.link, inputs)?;
        Ok(Box::new(Media { kind: Kind::Audio, link, caption: None }))
    }

    fn media(&mut self) -> Option<(Kind, &FileFlag, &mut Option<String>)> {
        Some((Kind::Audio, &self.file, &mut self.link))
    }
}
