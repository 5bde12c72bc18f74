//! `alimsg whatsapp send document`.

use crate::chat::content::document::Document;
use crate::chat::content::{Content, limits, refuse_foreign_flags};
use crate::cli::prelude::*;
use crate::cli::source;
use crate::cli::whatsapp::send::free_form::{ContentFlags, FileFlag, need_link};
use crate::message::media::Kind;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp send document --from 8613800000001 --to 8613800001000 \\
      --file invoice.pdf --cust-space-id cams-8c1xxxx
  alimsg whatsapp send document --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/invoice.pdf --file-name invoice.pdf --caption 'Your invoice'
  alimsg --sandbox whatsapp send document --from 8613800000001 --to 8613800001000 \\
      --link https://example.com/invoice.pdf --file-name invoice.pdf --yes
  alimsg --sandbox whatsapp send document --channel-type viber --label transaction --from 30001 \\
      --to 8613800001000 --link https://example.com/invoice.pdf --file-name invoice.pdf \\
      --file-type pdf --yes")]
pub struct DocumentFlags {
    /// Public link of the document; http or https
    #[arg(long, value_name = "URL")]
    link: Option<String>,

    #[command(flatten)]
    file: FileFlag,

    /// Name under which the recipient sees the document [default: the name of the file]
    #[arg(long, value_name = "F")]
    file_name: Option<String>,

    /// Text under the document, at most 1,024 characters
    #[arg(long, value_name = "T", value_parser = source::parse)]
    caption: Option<String>,

    /// Type of the document, such as pdf; required on Viber
    #[arg(long, value_name = "TYPE", help_heading = "Viber only")]
    file_type: Option<String>,
}

impl ContentFlags for DocumentFlags {
    fn into_content(self, channel: Channel, inputs: &mut Inputs<'_>) -> Result<Box<dyn Content>> {
        refuse_foreign_flags(channel, &given![self; caption], &given![self; file_type])?;
        let link = need_link(self.link, inputs)?;
        let check = |name: &str| limits::FILE_NAME.check(name);
        let file_name = inputs.need(
            "--file-name",
            "Name of the file",
            self.file_name.or_else(|| self.file.name()),
            check,
        )?;
        let file_type = if channel == Channel::Viber {
            let check = |name: &str| limits::FILE_TYPE.check(name);
            Some(inputs.need(
                "--file-type",
                "Type, such as pdf",
                self.file_type.or_else(|| self.file.extension()),
                check,
            )?)
        } else {
            None
        };
        Ok(Box::new(Document { link, file_name, file_type, caption: self.caption }))
    }

    fn media(&mut self) -> Option<(Kind, &FileFlag, &mut Option<String>)> {
        Some((Kind::Document, &self.file, &mut self.link))
    }
}
