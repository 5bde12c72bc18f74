//! Viber's texts, images and videos: their parts are joined into one message, and the name of its
//! type lists the parts.

use serde_json::json;

use crate::chat::content::media::check_link;
use crate::chat::content::{Content, FreeForm, limits};
use crate::error::Result;
use crate::message::plan::row;
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

impl Content for ViberMessage {
    fn build(&self) -> Result<FreeForm> {
        let mut plan = Vec::new();
        let (medium_type, mut content) = match &self.medium {
            None => (None, json!({})),
            Some(Medium::Image { link }) => {
                check_link(link)?;
                plan.push(row("link", link));
                (Some("image"), json!({ "link": link }))
            }
            Some(Medium::Video { link, thumbnail, file_size, duration }) => {
                check_link(link)?;
                url::check("--thumbnail", thumbnail)?;
                plan.push(row("link", link));
                plan.push(row("thumbnail", thumbnail));
                plan.push(row("size", format!("{file_size} bytes")));
                plan.push(row("length", format!("{duration} s")));
                let content = json!({
                    "link": link, "thumbnail": thumbnail, "fileSize": file_size, "duration": duration,
                });
                (Some("video"), content)
            }
        };
        let button = self.text.as_ref().and_then(|text| text.button.as_ref());
        if let Some(ViberText { text, .. }) = &self.text {
            limits::TEXT.check(text)?;
            plan.push(row("text", text));
            content["text"] = json!(text);
        }
        if let Some(Button { title, url }) = button {
            limits::VIBER_BUTTON_TITLE.check(title)?;
            url.as_deref().map_or(Ok(()), |url| url::check("--button-url", url))?;
            let target = url.as_ref().map(|url| format!(" → {url}")).unwrap_or_default();
            plan.push(row("button", format!("{title}{target}")));
            content["caption"] = json!(title);
            content["action"] = json!(url);
        }
        let parts = [self.text.as_ref().map(|_| "text"), medium_type, button.map(|_| "button")];
        let message_type = parts.into_iter().flatten().collect::<Vec<_>>().join("_");
        FreeForm::new(message_type, content, plan)
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
