//! A document: the service fetches it from a link.

use serde::Serialize;

use crate::chat::content::limits::{FILE_NAME_MAX_CHARS, FILE_TYPE_MAX_CHARS};
use crate::chat::content::media::{check_caption, check_link};
use crate::chat::content::{Content, FreeForm, rows};
use crate::error::Result;
use crate::message::length;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    pub link: String,
    pub file_name: String,
    /// Only on Viber, which needs it.
    pub file_type: Option<String>,
    /// Only on WhatsApp.
    pub caption: Option<String>,
}

impl Content for Document {
    fn build(&self) -> Result<FreeForm> {
        check_link(&self.link)?;
        check_file_name(&self.file_name)?;
        self.file_type.as_deref().map_or(Ok(()), check_file_type)?;
        check_caption(self.caption.as_deref())?;
        let plan = rows(&[
            ("link", Some(&self.link)),
            ("file name", Some(&self.file_name)),
            ("file type", self.file_type.as_ref()),
            ("caption", self.caption.as_ref()),
        ]);
        FreeForm::new("document", self, plan)
    }
}

/// # Errors
/// Blank or too long.
pub fn check_file_name(name: &str) -> Result<()> {
    length::some("--file-name", name, FILE_NAME_MAX_CHARS)
}

/// # Errors
/// Blank or too long.
pub fn check_file_type(file_type: &str) -> Result<()> {
    length::some("--file-type", file_type, FILE_TYPE_MAX_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::content::built;

    #[test]
    fn the_fields_have_the_service_s_names() {
        let document = Document {
            link: "https://example.com/a".into(),
            file_name: "a.pdf".into(),
            file_type: Some("pdf".into()),
            caption: None,
        };
        let json = r#"{"link":"https://example.com/a","fileName":"a.pdf","fileType":"pdf"}"#;
        assert_eq!(built(&document), ("document".into(), json.into()));
        let nameless = Document { file_name: " ".into(), ..document };
        nameless.build().expect_err("a blank name");
    }
}
