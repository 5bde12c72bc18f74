//! Images, videos, audio files and stickers: the service fetches them from a link.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::Inputs;
use crate::cli::whatsapp::send::envelope::Channel;
use crate::cli::whatsapp::send::free_form::{ContentBuilder, Form};
use crate::cli::whatsapp::send::{text, viber};
use crate::error::Result;
use crate::message::{length, url};

pub const IMAGE_EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send image --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/parcel.jpg --caption 'Your parcel'
  alimsg --sandbox whatsapp send image --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/parcel.jpg --yes
  alimsg --sandbox whatsapp send image --channel-type viber --label promotion --from 30001 \\
      --to 8613800001000 --link https://example.com/sale.jpg --text 'Our sale has begun.' \\
      --button-title 'Look around' --button-url https://example.com/sale --yes";

pub const VIDEO_EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send video --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/how-to.mp4 --caption 'How to set it up'
  alimsg --sandbox whatsapp send video --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/how-to.mp4 --yes
  alimsg --sandbox whatsapp send video --channel-type viber --label promotion --from 30001 \\
      --to 8613800001000 --link https://example.com/sale.mp4 \\
      --thumbnail https://example.com/sale.jpg --file-size 1048576 --duration 12 --yes";

pub const AUDIO_EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send audio --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/greeting.mp3
  alimsg --sandbox whatsapp send audio --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/greeting.mp3 --yes";

pub const STICKER_EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send sticker --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/thanks.webp
  alimsg --sandbox whatsapp send sticker --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/thanks.webp --yes";

/// The longest caption, in characters; that of a body.
pub const MAX_CAPTION: usize = 1024;

/// The link that every medium has, checked and in the plan.
pub fn need_link(
    given: Option<String>,
    inputs: &mut Inputs<'_>,
    plan: &mut Vec<(String, String)>,
) -> Result<Map<String, Value>> {
    let check = |text: &str| url::check("--link", text);
    let link = inputs.need("--link", "Public link of the file", given, check)?;
    plan.push(("link".into(), link.clone()));
    Ok(Map::from_iter([("link".to_string(), json!(link))]))
}

/// Adds the caption, if there is one.
pub fn put_caption(
    caption: Option<String>,
    content: &mut Map<String, Value>,
    plan: &mut Vec<(String, String)>,
) -> Result<()> {
    if let Some(caption) = caption {
        length::some("--caption", &caption, MAX_CAPTION)?;
        plan.push(("caption".into(), caption.clone()));
        content.insert("caption".into(), json!(caption));
    }
    Ok(())
}

/// Adds the text that Viber joins to a medium, if there is one.
fn put_text(
    text: Option<String>,
    content: &mut Map<String, Value>,
    plan: &mut Vec<(String, String)>,
) -> Result<bool> {
    let Some(text) = text else { return Ok(false) };
    text::check(&text)?;
    plan.push(("text".into(), text.clone()));
    content.insert("text".into(), json!(text));
    Ok(true)
}

#[derive(Debug, Args)]
pub struct Image {
    /// Public link of the image; http or https
    #[arg(long, value_name = "URL")]
    link: Option<String>,

    /// Text under the image, at most 1,024 characters
    #[arg(long, value_name = "T")]
    caption: Option<String>,

    /// Text that Viber shows with the image
    #[arg(long, value_name = "T", help_heading = "Viber only")]
    text: Option<String>,

    #[command(flatten)]
    button: viber::Button,
}

impl ContentBuilder for Image {
    fn compose(
        self,
        channel: Channel,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Form> {
        self.button.refuse_elsewhere(channel)?;
        channel.refuse_foreign(
            &[("--caption", self.caption.is_some())],
            &[("--text", self.text.is_some())],
        )?;
        let mut content = need_link(self.link, inputs, plan)?;
        put_caption(self.caption, &mut content, plan)?;
        let with_text = put_text(self.text, &mut content, plan)?;
        let with_button = self.button.put_into(&mut content, plan)?;
        if with_button && !with_text {
            // Viber knows no image with a button alone.
            inputs.need("--text", "Text", None, text::check)?;
        }
        let parts = [("text", with_text), ("image", true), ("button", with_button)];
        Ok(Form::new(&viber::joined(&parts), content))
    }
}

#[derive(Debug, Args)]
pub struct Video {
    /// Public link of the video; http or https
    #[arg(long, value_name = "URL")]
    link: Option<String>,

    /// Text under the video, at most 1,024 characters
    #[arg(long, value_name = "T")]
    caption: Option<String>,

    /// Link of the picture that stands for the video; Viber needs it
    #[arg(long, value_name = "URL", help_heading = "Viber only")]
    thumbnail: Option<String>,

    /// Size of the video, in bytes; Viber needs it
    #[arg(long, value_name = "BYTES", help_heading = "Viber only",
          value_parser = clap::value_parser!(u64).range(1..))]
    file_size: Option<u64>,

    /// Length of the video, in seconds; Viber needs it
    #[arg(long, value_name = "SECS", help_heading = "Viber only",
          value_parser = clap::value_parser!(u64).range(1..))]
    duration: Option<u64>,

    /// Text that Viber shows with the video
    #[arg(long, value_name = "T", help_heading = "Viber only")]
    text: Option<String>,

    /// Title of the button of a Viber video; it has no link of its own
    #[arg(long, value_name = "T", help_heading = "Viber only")]
    button_title: Option<String>,
}

impl ContentBuilder for Video {
    fn compose(
        self,
        channel: Channel,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Form> {
        let viber = [
            ("--thumbnail", self.thumbnail.is_some()),
            ("--file-size", self.file_size.is_some()),
            ("--duration", self.duration.is_some()),
            ("--text", self.text.is_some()),
            ("--button-title", self.button_title.is_some()),
        ];
        channel.refuse_foreign(&[("--caption", self.caption.is_some())], &viber)?;
        let mut content = need_link(self.link, inputs, plan)?;
        if channel == Channel::Whatsapp {
            put_caption(self.caption, &mut content, plan)?;
            return Ok(Form::new("video", content));
        }
        let check = |text: &str| url::check("--thumbnail", text);
        let thumbnail =
            inputs.need("--thumbnail", "Public link of its picture", self.thumbnail, check)?;
        let size = number("--file-size", "Size in bytes", self.file_size, inputs)?;
        let duration = number("--duration", "Length in seconds", self.duration, inputs)?;
        plan.push(("thumbnail".into(), thumbnail.clone()));
        plan.push(("size".into(), format!("{size} bytes")));
        plan.push(("length".into(), format!("{duration} s")));
        content.insert("thumbnail".into(), json!(thumbnail));
        content.insert("fileSize".into(), json!(size));
        content.insert("duration".into(), json!(duration));
        let with_text = put_text(self.text, &mut content, plan)?;
        let with_button = self.button_title.is_some();
        if let Some(title) = self.button_title {
            length::some("--button-title", &title, 20)?;
            plan.push(("button".into(), title.clone()));
            content.insert("caption".into(), json!(title));
            if !with_text {
                inputs.need("--text", "Text", None, text::check)?;
            }
        }
        let parts = [("text", with_text), ("video", true), ("button", with_button)];
        Ok(Form::new(&viber::joined(&parts), content))
    }
}

/// A number that Viber needs; 0 if it is missing.
fn number(
    flag: &'static str,
    question: &str,
    given: Option<u64>,
    inputs: &mut Inputs<'_>,
) -> Result<u64> {
    let check = |text: &str| match text.parse::<u64>() {
        Ok(1..) => Ok(()),
        _ => Err(crate::error::Failure::usage(format!("{flag} is a whole number from 1 on"))),
    };
    let text = inputs.need(flag, question, given.map(|number| number.to_string()), check)?;
    Ok(text.parse().unwrap_or(0))
}

#[derive(Debug, Args)]
pub struct Audio {
    /// Public link of the audio file; http or https
    #[arg(long, value_name = "URL")]
    link: Option<String>,
}

impl ContentBuilder for Audio {
    fn compose(
        self,
        channel: Channel,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Form> {
        only_link("audio", self.link, channel, inputs, plan)
    }
}

#[derive(Debug, Args)]
pub struct Sticker {
    /// Public link of the sticker, a WebP file; http or https
    #[arg(long, value_name = "URL")]
    link: Option<String>,
}

impl ContentBuilder for Sticker {
    fn compose(
        self,
        channel: Channel,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Form> {
        only_link("sticker", self.link, channel, inputs, plan)
    }
}

fn only_link(
    kind: &str,
    link: Option<String>,
    channel: Channel,
    inputs: &mut Inputs<'_>,
    plan: &mut Vec<(String, String)>,
) -> Result<Form> {
    if channel == Channel::Viber {
        return Err(channel.refuse_kind(kind));
    }
    Ok(Form::new(kind, need_link(link, inputs, plan)?))
}
