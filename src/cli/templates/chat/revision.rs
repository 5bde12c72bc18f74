//! What an update makes of a template. The service replaces a template as a whole, so the parts
//! that nobody names have to be handed in again, or they would be gone without a word.

use serde_json::Value;

use crate::chat::template::components::Message;
use crate::cli::templates::chat::detail::Template;
use crate::cli::templates::chat::draft::Draft;
use crate::cli::templates::chat::plan::message_rows;
use crate::error::{Failure, Kind, Result};
use crate::send::change::Rows;

/// Takes over from the old template whatever the draft does not name: components by their type,
/// examples by the variables that are left. A draft that gives `components` is the whole message.
///
/// # Errors
/// The parts of the old template cannot be read.
pub fn complete(draft: &mut Draft, old: &Template) -> Result<()> {
    if !draft.is_whole {
        let before = old.components.as_array().filter(|parts| parts.iter().any(Value::is_object));
        let before = before.ok_or_else(|| {
            Failure::new(
                Kind::Rejected,
                format!("the parts of the template {} cannot be read", old.code),
            )
            .hint("give all of them as `components` in a file, with --file")
        })?;
        draft.components = joined(before, draft.components.as_array().map_or(&[], Vec::as_slice));
    }
    for variable in Message::of_components(&draft.components).variables() {
        let given = draft.examples.iter().any(|(name, _)| *name == variable.name);
        if let (false, Some(value)) = (given, old.example(&variable.name)) {
            draft.examples.push((variable.name, value));
        }
    }
    Ok(())
}

/// The old parts with the new ones in their places.
fn joined(old: &[Value], new: &[Value]) -> Value {
    let kept = old
        .iter()
        .filter(|part| part.is_object() && !new.iter().any(|given| kind(given) == kind(part)));
    let mut parts: Vec<Value> = kept.chain(new).cloned().collect();
    // In the order of the phone; stable, so that what is not known stays behind what is.
    parts.sort_by_key(|part| {
        ["HEADER", "BODY", "FOOTER"].iter().position(|name| *name == kind(part)).unwrap_or(3)
    });
    Value::Array(parts)
}

fn kind(part: &Value) -> String {
    part["Type"].as_str().unwrap_or_default().to_uppercase()
}

/// Every part of the message: as it stays, or what becomes of it.
pub fn differences(old: &Message, new: &Message) -> Rows {
    let (before, after) = (message_rows(old), message_rows(new));
    let value = |rows: &Rows, name: &str| {
        rows.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
    };
    let removed = before.iter().filter(|(name, _)| value(&after, name).is_none());
    after
        .iter()
        .map(|(name, new)| match value(&before, name) {
            Some(old) if old == *new => (name.clone(), new.clone()),
            Some(old) => (name.clone(), format!("{old:?} → {new:?}")),
            None => (name.clone(), format!("none → {new:?}")),
        })
        .chain(removed.map(|(name, old)| (name.clone(), format!("{old:?} → removed"))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_part_takes_the_place_of_its_own_kind_only() {
        let old = json!([
            {"Type": "BODY", "Text": "old"}, 5, {"Type": "Buttons", "Buttons": []},
            {"Type": "HEADER", "Text": "H"}, {"Type": "NEW_KIND"},
        ]);
        let new = json!([{"Type": "BODY", "Text": "new"}, {"Type": "FOOTER", "Text": "F"}]);
        assert_eq!(
            joined(old.as_array().expect("old"), new.as_array().expect("new")),
            json!([
                {"Type": "HEADER", "Text": "H"}, {"Type": "BODY", "Text": "new"},
                {"Type": "FOOTER", "Text": "F"}, {"Type": "Buttons", "Buttons": []},
                {"Type": "NEW_KIND"},
            ])
        );
    }

    #[test]
    fn what_goes_what_comes_and_what_stays_is_named() {
        let old = json!([{"Type": "HEADER", "Text": "H"}, {"Type": "BODY", "Text": "a"}]);
        let new = json!([{"Type": "BODY", "Text": "b"}, {"Type": "FOOTER", "Text": "F"}]);
        let rows = differences(&Message::of_components(&old), &Message::of_components(&new));
        let shown: Vec<String> =
            rows.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(
            shown,
            ["body: \"a\" → \"b\"", "footer: none → \"F\"", "header: \"H\" → removed"]
        );
    }
}
