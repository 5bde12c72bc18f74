//! `alimsg whatsapp send video`.

use crate::chat::content::media::Media;
use crate::chat::content::viber::{Button, Medium, ViberMessage};
use crate::chat::content::{Content, refuse_foreign_flags};
use crate::cli::prelude::*;
use crate::cli::source;
use crate::cli::whatsapp::send::free_form::{ContentFlags, FileFlag, need_link};
use crate::cli::whatsapp::send::viber::text_beside_medium;
use crate::message::media::Kind;
use crate::message::url;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp send video --from 8613800000001 --to 8613800001000 \\
      --file clip.mp4 --cust-space-id cams-8c1xxxx
  alimsg whatsapp send video --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/how-to.mp4 --caption 'How to set it up'
  alimsg --sandbox whatsapp send video --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/how-to.mp4 --yes
  alimsg --sandbox whatsapp send video --channel-type viber --label promotion --from 30001 \\
      --to 8613800001000 --link https://example.com/sale.mp4 \\
      --thumbnail https://example.com/sale.jpg --file-size 1048576 --duration 12 --yes")]
pub struct VideoFlags {
    /// Public link of the video; http or https
    #[arg(long, value_name = "URL")]
    link: Option<String>,

    #[command(flatten)]
    file: FileFlag,

    /// Text under the video, at most 1,024 characters
    #[arg(long, value_name = "T", value_parser = source::parse)]
    caption: Option<String>,

    /// Link of the preview image of the video; required on Viber
    #[arg(long, value_name = "URL", help_heading = "Viber only")]
    thumbnail: Option<String>,

    /// Size of the video, in bytes; required on Viber
    #[arg(long, value_name = "BYTES", help_heading = "Viber only",
          value_parser = clap::value_parser!(u64).range(1..))]
    file_size: Option<u64>,

    /// Length of the video, in seconds; required on Viber
    #[arg(long, value_name = "SECS", help_heading = "Viber only",
          value_parser = clap::value_parser!(u64).range(1..))]
    duration: Option<u64>,

    /// Text that Viber shows with the video
    #[arg(long, value_name = "T", value_parser = source::parse, help_heading = "Viber only")]
    text: Option<String>,

    /// Title of the button of a Viber video; it has no link of its own
    #[arg(long, value_name = "T", value_parser = source::parse, help_heading = "Viber only")]
    button_title: Option<String>,
}

impl ContentFlags for VideoFlags {
    fn into_content(self, channel: Channel, inputs: &mut Inputs<'_>) -> Result<Box<dyn Content>> {
        let viber_only = given![self; thumbnail, file_size, duration, text, button_title];
        refuse_foreign_flags(channel, &given![self; caption], &viber_only)?;
        let link = need_link(self.link, inputs)?;
        if channel != Channel::Viber {
            return Ok(Box::new(Media { kind: Kind::Video, link, caption: self.caption }));
        }
        let question = "Public link of the preview image";
        let check = |text: &str| url::check("--thumbnail", text);
        let thumbnail = inputs.need("--thumbnail", question, self.thumbnail, check)?;
        let file_size = number("--file-size", "Size in bytes", self.file_size, inputs)?;
        let duration = number("--duration", "Length in seconds", self.duration, inputs)?;
        let button = self.button_title.map(|title| Button { title, url: None });
        let text = text_beside_medium(self.text, button, inputs)?;
        let medium = Medium::Video { link, thumbnail, file_size, duration };
        Ok(Box::new(ViberMessage { medium: Some(medium), text }))
    }

    fn media(&mut self) -> Option<(Kind, &FileFlag, &mut Option<String>)> {
        Some((Kind::Video, &self.file, &mut self.link))
    }
}

/// A number that Viber requires; 0 if it is missing.
fn number(
    flag: &'static str,
    question: &str,
    given: Option<u64>,
    inputs: &mut Inputs<'_>,
) -> Result<u64> {
    let check = |text: &str| match text.parse::<u64>() {
        Ok(1..) => Ok(()),
        _ => Err(Failure::usage(format!("{flag} takes a whole number of at least 1"))),
    };
    let text = inputs.need(flag, question, given.map(|number| number.to_string()), check)?;
    Ok(text.parse().unwrap_or(0))
}
