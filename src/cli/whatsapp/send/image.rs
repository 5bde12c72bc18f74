//! `alimsg whatsapp send image`.

use crate::chat::content::media::Media;
use crate::chat::content::viber::{Medium, ViberMessage};
use crate::chat::content::{Content, refuse_foreign_flags};
use crate::cli::prelude::*;
use crate::cli::source;
use crate::cli::whatsapp::send::free_form::{ContentFlags, FileFlag, need_link};
use crate::cli::whatsapp::send::viber::{ButtonFlags, text_beside_medium};
use crate::message::media::Kind;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp send image --from 8613800000001 --to 8613800001000 \\
      --file photo.png --cust-space-id cams-8c1xxxx
  alimsg whatsapp send image --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/parcel.jpg --caption 'Your parcel'
  alimsg --sandbox whatsapp send image --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/parcel.jpg --yes
  alimsg --sandbox whatsapp send image --channel-type viber --label promotion --from 30001 \\
      --to 8613800001000 --link https://example.com/sale.jpg --text 'Our sale has begun.' \\
      --button-title 'Look around' --button-url https://example.com/sale --yes")]
pub struct ImageFlags {
    /// Public link of the image; http or https
    #[arg(long, value_name = "URL")]
    link: Option<String>,

    #[command(flatten)]
    file: FileFlag,

    /// Text under the image, at most 1,024 characters
    #[arg(long, value_name = "T", value_parser = source::parse)]
    caption: Option<String>,

    /// Text that Viber shows with the image
    #[arg(long, value_name = "T", value_parser = source::parse, help_heading = "Viber only")]
    text: Option<String>,

    #[command(flatten)]
    button: ButtonFlags,
}

impl ContentFlags for ImageFlags {
    fn into_content(self, channel: Channel, inputs: &mut Inputs<'_>) -> Result<Box<dyn Content>> {
        self.button.refuse_except_on_viber(channel)?;
        refuse_foreign_flags(channel, &given![self; caption], &given![self; text])?;
        let link = need_link(self.link, inputs)?;
        if channel != Channel::Viber {
            return Ok(Box::new(Media { kind: Kind::Image, link, caption: self.caption }));
        }
        let button = self.button.into_button(inputs)?;
        let text = text_beside_medium(self.text, button, inputs)?;
        Ok(Box::new(ViberMessage { medium: Some(Medium::Image { link }), text }))
    }

    fn media(&mut self) -> Option<(Kind, &FileFlag, &mut Option<String>)> {
        Some((Kind::Image, &self.file, &mut self.link))
    }
}
