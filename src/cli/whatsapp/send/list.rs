//! A text with a list to choose the answer from.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::Inputs;
use crate::cli::whatsapp::send::envelope::Channel;
use crate::cli::whatsapp::send::free_form::{ContentBuilder, Form};
use crate::cli::whatsapp::send::groups::{FlagSpec, Group, Grouping, Groups};
use crate::cli::whatsapp::send::interactive::{InteractiveText, finish, split_id};
use crate::error::{Failure, Result};
use crate::message::length;

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send list --from 8613800000001 --to 8613800001000 \\
      --body 'When may we come?' --button-text 'Pick a time' \\
      --section Morning --row am1='8 to 10' --row am2='10 to 12' \\
      --section Afternoon --row pm1='2 to 4'='the quiet hours'
  alimsg --sandbox whatsapp send list --from 8613800000001 --to 8613800001000 \\
      --body 'Which size?' --button-text Choose --row s=Small --row l=Large --yes";

/// Documented limits.
const MAX_ROWS: usize = 10;
const MAX_BUTTON: usize = 20;
const MAX_SECTION: usize = 24;
const MAX_TITLE: usize = 24;
const MAX_DESCRIPTION: usize = 72;
const MAX_ID: usize = 200;

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    frame: InteractiveText,

    /// Text that opens the list, at most 20 characters
    #[arg(long, value_name = "T")]
    button_text: Option<String>,

    #[command(flatten)]
    sections: Groups<Sections>,
}

/// The title of a section, and the rows behind it.
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
        help: "A row, at most 24 characters and 72 of description; one to ten, each with an ID of \
               its own; neither ID nor title contains =",
    };
}

impl ContentBuilder for List {
    fn compose(
        self,
        channel: Channel,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Form> {
        let content = self.frame.begin("list", channel, inputs, plan)?;
        let check = |text: &str| length::some("--button-text", text, MAX_BUTTON);
        let button = inputs.need("--button-text", "Text on the button", self.button_text, check)?;
        plan.push(("button".into(), button.clone()));
        let mut groups = self.sections.0;
        if groups.iter().all(|group| group.members.is_empty()) {
            let check = |text: &str| row(text, &mut Vec::new()).map(drop);
            let asked = inputs.need("--row", "A row, as ID=TITLE", None, check)?;
            if asked.is_empty() {
                // Missing, and noted as such.
                return Ok(finish(content, Value::Null));
            }
            match groups.last_mut() {
                Some(group) => group.members.push(asked),
                None => groups.push(Group { opener: None, members: vec![asked] }),
            }
        }
        let sections = sections(&groups, plan)?;
        Ok(finish(content, json!({ "button": button, "sections": sections })))
    }
}

fn sections(groups: &[Group], plan: &mut Vec<(String, String)>) -> Result<Vec<Value>> {
    let rows: usize = groups.iter().map(|group| group.members.len()).sum();
    if rows > MAX_ROWS {
        return Err(Failure::usage(format!(
            "{rows} rows are too many: {MAX_ROWS} at most, over all sections"
        ))
        .hint("send fewer, or several lists"));
    }
    let mut seen = Vec::new();
    let mut sections = Vec::new();
    for group in groups {
        let mut section = Map::new();
        match &group.opener {
            Some(title) => {
                length::some("--section", title, MAX_SECTION)?;
                plan.push(("section".into(), title.clone()));
                section.insert("title".into(), json!(title));
            }
            None if groups.len() > 1 => {
                return Err(Failure::usage("a --row stands before the first --section")
                    .hint("where there are several sections, each has a title: begin with one"));
            }
            None => {}
        }
        if group.members.is_empty() {
            let title = group.opener.as_deref().unwrap_or_default();
            return Err(Failure::usage(format!("the section {title:?} has no rows"))
                .hint("give its --row flags right after its --section"));
        }
        let mut rows = Vec::new();
        for text in &group.members {
            let (shown, value) = row(text, &mut seen)?;
            plan.push(("row".into(), shown));
            rows.push(value);
        }
        section.insert("rows".into(), json!(rows));
        sections.push(Value::Object(section));
    }
    Ok(sections)
}

/// One row, as people and as the service read it.
fn row<'a>(text: &'a str, seen: &mut Vec<&'a str>) -> Result<(String, Value)> {
    let (id, rest) = split_id("--row", text, MAX_ID, seen)?;
    let (title, description) = match rest.split_once('=') {
        Some((title, description)) => (title, Some(description)),
        None => (rest, None),
    };
    length::some("the title of --row", title, MAX_TITLE)?;
    let mut row =
        Map::from_iter([("id".to_string(), json!(id)), ("title".to_string(), json!(title))]);
    let mut shown = format!("{title} ({id})");
    if let Some(description) = description {
        length::some("the description of --row", description, MAX_DESCRIPTION)?;
        row.insert("description".into(), json!(description));
        shown += &format!(": {description}");
    }
    Ok((shown, Value::Object(row)))
}
