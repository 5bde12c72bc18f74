//! `alimsg whatsapp send list`: a text with a list to choose the answer from.

use crate::chat::content::list::{List, Row, Section};
use crate::chat::content::{Content, limits};
use crate::cli::prelude::*;
use crate::cli::source;
use crate::cli::whatsapp::send::free_form::ContentFlags;
use crate::cli::whatsapp::send::groups::{FlagSpec, Group, Grouping, Groups};
use crate::cli::whatsapp::send::interactive::{InteractiveFlags, split_id};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp send list --from 8613800000001 --to 8613800001000 \\
      --body 'When may we come?' --button-text 'Pick a time' \\
      --section Morning --row am1='8 to 10' --row am2='10 to 12' \\
      --section Afternoon --row pm1='2 to 4'='the quiet hours'
  alimsg --sandbox whatsapp send list --from 8613800000001 --to 8613800001000 \\
      --body 'Which size?' --button-text Choose --row s=Small --row l=Large --yes")]
pub struct ListFlags {
    #[command(flatten)]
    text: InteractiveFlags,

    /// Text that opens the list, at most 20 characters
    #[arg(long, value_name = "T", value_parser = source::parse)]
    button_text: Option<String>,

    #[command(flatten)]
    sections: Groups<Sections>,
}

/// The title of a section, and the rows that follow it.
#[derive(Debug)]
struct Sections;

impl Grouping for Sections {
    const OPENER: FlagSpec = FlagSpec {
        flag: "section",
        value_name: "TITLE",
        help: "Begins a section of the list, at most 24 characters; its rows follow",
    };
    const MEMBER: FlagSpec = FlagSpec {
        flag: "row",
        value_name: "ID=TITLE[=DESCRIPTION]",
        help: "A row, at most 24 characters and 72 of description; one to ten, each with its own \
               ID; neither ID nor title contains =",
    };
}

impl ContentFlags for ListFlags {
    fn into_content(self, channel: Channel, inputs: &mut Inputs<'_>) -> Result<Box<dyn Content>> {
        let text = self.text.into_text(channel, "list", inputs)?;
        let check = |text: &str| limits::LIST_BUTTON.check(text);
        let button_text =
            inputs.need("--button-text", "Text on the button", self.button_text, check)?;
        let mut groups = self.sections.0;
        if groups.iter().all(|group| group.members.is_empty()) {
            let check = |text: &str| parse_row(text)?.check();
            let row = inputs.need("--row", "A row, as ID=TITLE", None, check)?;
            if groups.is_empty() {
                groups.push(Group::default());
            }
            if let Some(group) = groups.last_mut()
                && !row.is_empty()
            {
                group.members.push(row);
            }
        }
        let sections = groups.into_iter().map(parse_section).collect::<Result<_>>()?;
        Ok(Box::new(List { text, button_text, sections }))
    }
}

fn parse_section(group: Group) -> Result<Section> {
    let rows = group.members.iter().map(|text| parse_row(text)).collect::<Result<_>>()?;
    Ok(Section { title: group.opener, rows })
}

fn parse_row(text: &str) -> Result<Row> {
    let (id, rest) = split_id("--row", text)?;
    let (title, description) = match rest.split_once('=') {
        Some((title, description)) => (title, Some(description.to_string())),
        None => (rest, None),
    };
    Ok(Row { id: id.into(), title: title.into(), description })
}
