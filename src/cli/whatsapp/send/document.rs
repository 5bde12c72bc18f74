//! A document: the service fetches it from a link.

use clap::Args;
use serde_json::json;

use crate::cli::Inputs;
use crate::cli::whatsapp::send::envelope::Channel;
use crate::cli::whatsapp::send::free_form::{ContentBuilder, Form};
use crate::cli::whatsapp::send::media::{need_link, put_caption};
use crate::error::Result;
use crate::message::length;

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send document --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/invoice.pdf --file-name invoice.pdf --caption 'Your invoice'
  alimsg --sandbox whatsapp send document --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/invoice.pdf --file-name invoice.pdf --yes
  alimsg --sandbox whatsapp send document --channel-type viber --label transaction --from 30001 \\
      --to 8613800001000 --link https://example.com/invoice.pdf --file-name invoice.pdf \\
      --file-type pdf --yes";

/// The longest name of a file that systems agree on.
const MAX_NAME: usize = 255;

#[derive(Debug, Args)]
pub struct Document {
    /// Public link of the document; http or https
    #[arg(long, value_name = "URL")]
    link: Option<String>,

    /// Name under which the recipient sees the document
    #[arg(long, value_name = "F")]
    file_name: Option<String>,

    /// Text under the document, at most 1,024 characters
    #[arg(long, value_name = "T")]
    caption: Option<String>,

    /// Type of the document, such as pdf; Viber needs it
    #[arg(long, value_name = "TYPE", help_heading = "Viber only")]
    file_type: Option<String>,
}

impl ContentBuilder for Document {
    fn compose(
        self,
        channel: Channel,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Form> {
        channel.refuse_foreign(
            &[("--caption", self.caption.is_some())],
            &[("--file-type", self.file_type.is_some())],
        )?;
        let mut content = need_link(self.link, inputs, plan)?;
        let check = |name: &str| length::some("--file-name", name, MAX_NAME);
        let name = inputs.need("--file-name", "Name of the file", self.file_name, check)?;
        plan.push(("file name".into(), name.clone()));
        content.insert("fileName".into(), json!(name));
        if channel == Channel::Viber {
            let check = |kind: &str| length::some("--file-type", kind, MAX_NAME);
            let kind = inputs.need("--file-type", "Type, such as pdf", self.file_type, check)?;
            plan.push(("file type".into(), kind.clone()));
            content.insert("fileType".into(), json!(kind));
        }
        put_caption(self.caption, &mut content, plan)?;
        Ok(Form::new("document", content))
    }
}
