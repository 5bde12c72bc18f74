//! A text with one to three buttons to answer with.

use serde_json::json;

use crate::chat::content::interactive::{InteractiveText, check_ids_differ};
use crate::chat::content::limits::{self, MAX_BUTTONS};
use crate::chat::content::{Content, FreeForm};
use crate::error::{Failure, Result};
use crate::message::plan::row;

#[derive(Debug)]
pub struct Buttons {
    pub text: InteractiveText,
    pub buttons: Vec<Button>,
}

#[derive(Debug)]
pub struct Button {
    pub id: String,
    pub title: String,
}

impl Content for Buttons {
    fn build(&self) -> Result<FreeForm> {
        let count = self.buttons.len();
        if count > MAX_BUTTONS {
            return Err(Failure::usage(format!(
                "too many buttons: {count}, {MAX_BUTTONS} at most"
            ))
            .hint("`alimsg whatsapp send list` offers up to 10 answers"));
        }
        self.buttons.iter().try_for_each(Button::check)?;
        check_ids_differ("--button", self.buttons.iter().map(|button| &button.id))?;
        let reply = |Button { id, title }: &Button| json!({ "type": "reply", "reply": { "id": id, "title": title } });
        let action = json!({ "buttons": self.buttons.iter().map(reply).collect::<Vec<_>>() });
        let shown = |Button { id, title }: &Button| row("button", format!("{title} ({id})"));
        self.text.build("button", action, self.buttons.iter().map(shown).collect())
    }
}

impl Button {
    /// # Errors
    /// ID or title is blank or too long.
    pub fn check(&self) -> Result<()> {
        limits::BUTTON_ID.check(&self.id)?;
        limits::BUTTON_TITLE.check(&self.title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::content::built;

    fn buttons(buttons: &[(&str, &str)]) -> Buttons {
        let button =
            |(id, title): &(&str, &str)| Button { id: (*id).into(), title: (*title).into() };
        Buttons {
            text: InteractiveText {
                header: Some("Acme".into()),
                body: "Well?".into(),
                footer: Some("Bye".into()),
            },
            buttons: buttons.iter().map(button).collect(),
        }
    }

    #[test]
    fn the_fields_have_the_documented_order() {
        assert_eq!(
            built(&buttons(&[("y", "Yes")])),
            (
                "interactive".into(),
                r#"{"type":"button","body":{"text":"Well?"},"header":{"type":"text","text":"Acme"},"footer":{"text":"Bye"},"action":{"buttons":[{"type":"reply","reply":{"id":"y","title":"Yes"}}]}}"#
                    .into()
            )
        );
    }

    #[test]
    fn a_title_has_at_most_20_characters() {
        buttons(&[("y", &"é".repeat(20))]).build().expect("20 characters");
        for invalid in [
            &[("y", &*"é".repeat(21))][..],
            &[("y", " ")],
            &[("", "Yes")],
            &[("y", "Yes"), ("y", "No")],
            &[("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")],
        ] {
            buttons(invalid).build().expect_err("refused");
        }
    }
}
