//! Images, videos, audio files and stickers on WhatsApp: the service fetches them from a link.

use serde::Serialize;

use crate::chat::content::{Content, FreeForm, limits};
use crate::error::Result;
use crate::message::media::Kind;
use crate::message::plan::rows;
use crate::message::url;

#[derive(Debug, Serialize)]
pub struct Media {
    #[serde(skip)]
    pub kind: Kind,
    pub link: String,
    pub caption: Option<String>,
}

impl Content for Media {
    fn build(&self) -> Result<FreeForm> {
        check_link(&self.link)?;
        limits::CAPTION.check_optional(self.caption.as_ref())?;
        let plan = rows([("link", Some(self.link.clone())), ("caption", self.caption.clone())]);
        FreeForm::new(self.kind.name(), self, plan)
    }
}

/// # Errors
/// Not a public link.
pub fn check_link(link: &str) -> Result<()> {
    url::check("--link", link)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::content::built;

    #[test]
    fn the_kind_is_the_type_and_an_absent_caption_is_left_out() {
        let media = |kind, caption: Option<String>| Media {
            kind,
            link: "https://example.com/a".into(),
            caption,
        };
        assert_eq!(
            built(&media(Kind::Sticker, None)),
            ("sticker".into(), r#"{"link":"https://example.com/a"}"#.into())
        );
        assert_eq!(
            built(&media(Kind::Image, Some("A".into()))),
            ("image".into(), r#"{"link":"https://example.com/a","caption":"A"}"#.into())
        );
        let long = "x".repeat(1025);
        media(Kind::Image, Some(long)).build().expect_err("too long");
    }
}
