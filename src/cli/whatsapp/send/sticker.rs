//! `alimsg whatsapp send sticker`.

use crate::chat::content::media::Media;
use crate::chat::content::{Content, require_whatsapp};
use crate::cli::prelude::*;
use crate::cli::whatsapp::send::free_form::{ContentFlags, FileFlag, need_link};
use crate::message::media::Kind;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp send sticker --from 8613800000001 --to 8613800001000 \\
      --file thanks.webp --cust-space-id cams-8c1xxxx
  alimsg whatsapp send sticker --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/thanks.webp
  alimsg --sandbox whatsapp send sticker --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/thanks.webp --yes")]
pub struct StickerFlags {
    /// Public link of the sticker, a WebP file; http or https
    #[arg(long, value_name = "URL")]
    link: Option<String>,

    #[command(flatten)]
    file: FileFlag,
}

impl ContentFlags for StickerFlags {
    fn into_content(self, channel: Channel, inputs: &mut Inputs<'_>) -> Result<Box<dyn Content>> {
        require_whatsapp(channel, "sticker")?;
        let link = need_link(self.link, inputs)?;
        Ok(Box::new(Media { kind: Kind::Sticker, link, caption: None }))
    }

    fn media(&mut self) -> Option<(Kind, &FileFlag, &mut Option<String>)> {
        Some((Kind::Sticker, &self.file, &mut self.link))
    }
}
