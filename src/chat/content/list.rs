//! A text with a list to choose the answer from.

use serde::Serialize;
use serde_json::json;

use crate::chat::content::interactive::{InteractiveText, check_ids_differ};
use crate::chat::content::limits::{self, MAX_ROWS};
use crate::chat::content::{Content, FreeForm};
use crate::error::{Failure, Result};
use crate::message::plan::row;

#[derive(Debug)]
pub struct List {
    pub text: InteractiveText,
    /// On the button that opens the list.
    pub button_text: String,
    pub sections: Vec<Section>,
}

#[derive(Debug, Serialize)]
pub struct Section {
    /// Required where there are several sections.
    pub title: Option<String>,
    pub rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub struct Row {
    pub id: String,
    pub title: String,
    pub description: Option<String>,
}

impl Content for List {
    fn build(&self) -> Result<FreeForm> {
        limits::LIST_BUTTON.check(&self.button_text)?;
        let rows = || self.sections.iter().flat_map(|section| &section.rows);
        let count = rows().count();
        if count > MAX_ROWS {
            return Err(Failure::usage(format!(
                "too many rows: {count}, {MAX_ROWS} at most in all sections together"
            ))
            .hint("send fewer, or several lists"));
        }
        self.sections.iter().try_for_each(|section| section.check(self.sections.len()))?;
        check_ids_differ("--row", rows().map(|row| &row.id))?;
        let mut plan = vec![row("button", &self.button_text)];
        for section in &self.sections {
            plan.extend(section.title.iter().map(|title| row("section", title)));
            plan.extend(section.rows.iter().map(|one| row("row", one.shown())));
        }
        let action = json!({ "button": self.button_text, "sections": self.sections });
        self.text.build("list", action, plan)
    }
}

impl Section {
    fn check(&self, sections: usize) -> Result<()> {
        match &self.title {
            Some(title) => limits::SECTION_TITLE.check(title)?,
            None if sections > 1 => {
                return Err(Failure::usage("a --row comes before the first --section").hint(
                    "with several sections, each one needs a title: begin with a --section",
                ));
            }
            None => {}
        }
        if self.rows.is_empty() {
            let title = self.title.as_deref().unwrap_or_default();
            return Err(Failure::usage(format!("the section {title:?} has no rows"))
                .hint("give its --row flags right after its --section"));
        }
        self.rows.iter().try_for_each(Row::check)
    }
}

impl Row {
    /// # Errors
    /// A part that is blank or too long.
    pub fn check(&self) -> Result<()> {
        limits::ROW_ID.check(&self.id)?;
        limits::ROW_TITLE.check(&self.title)?;
        limits::ROW_DESCRIPTION.check_optional(self.description.as_ref())
    }

    fn shown(&self) -> String {
        let Self { id, title, description } = self;
        let description = description.as_ref().map(|text| format!(": {text}"));
        format!("{title} ({id}){}", description.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::content::built;

    fn list(sections: &[(Option<&str>, &[&str])]) -> List {
        let row = |id: &&str| Row { id: (*id).into(), title: "T".into(), description: None };
        let section = |(title, rows): &(Option<&str>, &[&str])| Section {
            title: title.map(String::from),
            rows: rows.iter().map(row).collect(),
        };
        List {
            text: InteractiveText { header: None, body: "When?".into(), footer: None },
            button_text: "Pick".into(),
            sections: sections.iter().map(section).collect(),
        }
    }

    #[test]
    fn the_only_section_needs_no_title() {
        assert_eq!(
            built(&list(&[(None, &["a"])])),
            (
                "interactive".into(),
                r#"{"type":"list","body":{"text":"When?"},"action":{"button":"Pick","sections":[{"rows":[{"id":"a","title":"T"}]}]}}"#
                    .into()
            )
        );
        list(&[(None, &["a"]), (Some("B"), &["b"])]).build().expect_err("no title");
    }

    #[test]
    fn rows_are_counted_over_all_sections() {
        let many = ["0", "1", "2", "3", "4", "5"];
        let failure = list(&[(Some("A"), &many), (Some("B"), &many)]).build().expect_err("12 rows");
        assert!(failure.message.contains("too many rows: 12"), "{}", failure.message);
        list(&[(Some("A"), &["a"]), (Some("B"), &["a"])]).build().expect_err("an ID twice");
        list(&[(Some("A"), &[])]).build().expect_err("no rows");
    }

    #[test]
    fn a_description_is_part_of_the_row() {
        let mut list = list(&[(Some("A"), &["a"])]);
        list.sections[0].rows[0].description = Some("quiet".into());
        let built = list.build().expect("a valid list");
        assert!(built.json.contains(r#"{"id":"a","title":"T","description":"quiet"}"#));
        assert!(built.plan.contains(&("row".into(), "T (a): quiet".into())), "{:?}", built.plan);
    }
}
