//! A document: the service fetches it from a link.

use serde::Serialize;

use crate::chat::content::media::check_link;
use crate::chat::content::{Content, FreeForm, limits};
use crate::error::Result;
use crate::message::plan::rows;

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
        limits::FILE_NAME.check(&self.file_name)?;
        limits::FILE_TYPE.check_optional(self.file_type.as_ref())?;
        limits::CAPTION.check_optional(self.caption.as_ref())?;
        let plan = rows([
            ("link", Some(self.link.clone())),
            ("file name", Some(self.file_name.clone())),
            ("file type", self.file_type.clone()),
            ("caption", self.caption.clone()),
        ]);
        FreeForm::new("document", self, plan)
    }
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
