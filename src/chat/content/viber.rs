//! Viber's texts, images and videos: their parts are joined into one message, and the name of its
//! type lists the parts.

use serde::Serialize;

use crate::chat::content::media::check_link;
use crate::chat::content::{Content, FreeForm, limits, row};
use crate::error::Result;
use crate::message::url;

/// A text, a medium, or both.
#[derive(Debug)]
pub struct ViberMessage {
    pub medium: Option<Medium>,
    pub text: Option<ViberText>,
}

#[derive(Debug)]
pub enum Medium {
    Image {
        link: String,
    },
    Video {
        link: String,
        thumbnail: String,
        /// In bytes.
        file_size: u64,
        /// In seconds.
        duration: u64,
    },
}

/// A text, which can have a button.
#[derive(Debug)]
pub struct ViberText {
    pub text: String,
    pub button: Option<Button>,
}

/// A button that opens a link; that of a video has no link of its own.
#[derive(Debug)]
pub struct Button {
    pub title: String,
    pub url: Option<String>,
}

/// The fields of all types; each type has some of them.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    link: Option<&'a str>,
    thumbnail: Option<&'a str>,
    file_size: Option<u64>,
    duration: Option<u64>,
    text: Option<&'a str>,
    /// The title of the button.
    caption: Option<&'a str>,
    /// The link of the button.
    action: Option<&'a str>,
}

impl Content for ViberMessage {
    fn build(&self) -> Result<FreeForm> {
        let mut fields = Fields::default();
        let mut plan = Vec::new();
        let mut medium_type = None;
        match &self.medium {
            None => {}
            Some(Medium::Image { link }) => {
                medium_type = Some("image");
                check_link(link)?;
                plan.push(row("link", link));
                fields.link = Some(link);
            }
            Some(Medium::Video { link, thumbnail, file_size, duration }) => {
                medium_type = Some("video");
                check_link(link)?;
                url::check("--thumbnail", thumbnail)?;
                plan.push(row("link", link));
                plan.push(row("thumbnail", thumbnail));
                plan.push(row("size", format!("{file_size} bytes")));
                plan.push(row("length", format!("{duration} s")));
                fields.link = Some(link);
                fields.thumbnail = Some(thumbnail);
                fields.file_size = Some(*file_size);
                fields.duration = Some(*duration);
            }
        }
        let button = self.text.as_ref().and_then(|text| text.button.as_ref());
        if let Some(ViberText { text, .. }) = &self.text {
            limits::TEXT.check(text)?;
            plan.push(row("text", text));
            fields.text = Some(text);
        }
        if let Some(button) = button {
            limits::VIBER_BUTTON_TITLE.check(&button.title)?;
            button.url.as_deref().map_or(Ok(()), |url| url::check("--button-url", url))?;
            let target = button.url.iter().map(|url| format!(" → {url}")).collect::<String>();
            plan.push(row("button", format!("{}{target}", button.title)));
            fields.caption = Some(&button.title);
            fields.action = button.url.as_deref();
        }
        let parts = [self.text.as_ref().map(|_| "text"), medium_type, button.map(|_| "button")];
        let message_type = parts.into_iter().flatten().collect::<Vec<_>>().join("_");
        FreeForm::new(message_type, fields, plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::content::built;

    const LINK: &str = "https://example.com/a";

    fn text(url: Option<&str>) -> ViberText {
        let button = Button { title: "Go".into(), url: url.map(String::from) };
        ViberText { text: "x".into(), button: Some(button) }
    }

    #[test]
    fn the_parts_make_the_type() {
        let image = || Some(Medium::Image { link: LINK.into() });
        let plain = ViberText { text: "x".into(), button: None };
        for (message, message_type) in [
            (ViberMessage { medium: None, text: Some(text(Some(LINK))) }, "text_button"),
            (ViberMessage { medium: image(), text: None }, "image"),
            (ViberMessage { medium: image(), text: Some(plain) }, "text_image"),
            (ViberMessage { medium: image(), text: Some(text(Some(LINK))) }, "text_image_button"),
        ] {
            assert_eq!(built(&message).0, message_type);
        }
    }

    #[test]
    fn a_video_has_its_fields_in_the_documented_order() {
        let medium =
            Medium::Video { link: LINK.into(), thumbnail: LINK.into(), file_size: 9, duration: 1 };
        assert_eq!(
            built(&ViberMessage { medium: Some(medium), text: Some(text(None)) }),
            (
                "text_video_button".into(),
                r#"{"link":"https://example.com/a","thumbnail":"https://example.com/a","fileSize":9,"duration":1,"text":"x","caption":"Go"}"#
                    .into()
            )
        );
    }
}
