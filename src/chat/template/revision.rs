//! An update of a template. The service replaces the whole template, so the parts that the user
//! does not change have to be submitted again.

use serde_json::Value;

use crate::api::call::ChangeCall;
use crate::chat::template::components::Message;
use crate::chat::template::detail::{Template, TemplateId};
use crate::chat::template::draft::Draft;
use crate::chat::template::preview::message_rows;
use crate::chat::template::{limits, normalize_category};
use crate::error::{Failure, Kind, Result};
use crate::message::plan::{PlanRow, row};

/// An update that is checked and complete.
pub struct Revision {
    pub call: ChangeCall,
    /// The plan: each part as it stays or as it becomes.
    pub rows: Vec<PlanRow>,
    /// Variables without an example.
    pub missing_examples: Vec<String>,
}

/// Completes a draft with the parts of the old template, and checks the result.
///
/// # Errors
/// Old parts that cannot be read, a new name, a violated limit.
pub fn revise(draft: &Draft, old: Template, id: &TemplateId) -> Result<Revision> {
    let category = draft.category.clone().or_else(|| {
        old.category.as_ref().map(|category| normalize_category(draft.channel, category))
    });
    limits::check_parts(draft, category.as_deref())?;
    let mut draft = draft.clone();
    complete(&mut draft, &old)?;
    limits::check_whole(&draft, category.as_deref())?;
    let name = old.name.unwrap_or_default();
    if !name.is_empty() && draft.name.as_ref().is_some_and(|new| *new != name) {
        return Err(name_is_fixed());
    }
    // The service would drop these values if the call did not repeat them.
    draft.message_lifetime = draft.message_lifetime.or(old.lifetime);
    let call = draft.update_call(id).optional_text("--product-set-id", old.product_set.as_deref());
    let mut rows =
        vec![row("template", format!("{} ({name})", old.code)), row("state", old.status)];
    rows.extend(differences(&old.message, &Message::from_components(&draft.components)));
    rows.extend(draft.example_rows());
    Ok(Revision { call, rows, missing_examples: draft.missing_examples() })
}

/// The failure of an update that would rename the template.
pub fn name_is_fixed() -> Box<Failure> {
    Failure::usage("the name of a template cannot be changed")
        .hint("leave the name out, or create another template")
}

/// Takes over what the draft does not name: components by type, examples by the variables that
/// remain. A draft that gives `components` is the whole message.
fn complete(draft: &mut Draft, old: &Template) -> Result<()> {
    if !draft.is_whole {
        let parts = old.components.as_array().filter(|parts| parts.iter().any(Value::is_object));
        let parts = parts.ok_or_else(|| {
            let message = format!("the components of the template {} cannot be read", old.code);
            Failure::new(Kind::Rejected, message)
                .hint("give all of them as `components` in a file, with --file")
        })?;
        let new = draft.components.as_array().map_or(&[][..], Vec::as_slice);
        draft.components = replace_parts(parts, new);
    }
    for variable in Message::from_components(&draft.components).variables() {
        let is_given = draft.examples.iter().any(|(name, _)| *name == variable.name);
        if let (false, Some(value)) = (is_given, old.example(&variable.name)) {
            draft.examples.push((variable.name, value));
        }
    }
    Ok(())
}

/// The old parts, with new ones in place of those of the same type.
fn replace_parts(old: &[Value], new: &[Value]) -> Value {
    let kept = old
        .iter()
        .filter(|part| part.is_object() && !new.iter().any(|given| kind(given) == kind(part)));
    let mut parts: Vec<Value> = kept.chain(new).cloned().collect();
    // The order of the phone. The sort is stable: unknown parts stay behind the known ones.
    parts.sort_by_key(|part| {
        ["HEADER", "BODY", "FOOTER"].iter().position(|name| *name == kind(part)).unwrap_or(3)
    });
    Value::Array(parts)
}

fn kind(part: &Value) -> String {
    part["Type"].as_str().unwrap_or_default().to_uppercase()
}

/// Every part of the message: as it stays, or old → new.
fn differences(old: &Message, new: &Message) -> Vec<PlanRow> {
    let (before, after) = (message_rows(old), message_rows(new));
    let value = |rows: &[PlanRow], name: &str| {
        rows.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
    };
    let removed = before.iter().filter(|(name, _)| value(&after, name).is_none());
    after
        .iter()
        .map(|(name, new)| match value(&before, name) {
            Some(old) if old == *new => row(name, new),
            Some(old) => row(name, format!("{old:?} → {new:?}")),
            None => row(name, format!("none → {new:?}")),
        })
        .chain(removed.map(|(name, old)| row(name, format!("{old:?} → removed"))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_part_replaces_the_part_of_its_type_only() {
        let old = json!([
            {"Type": "BODY", "Text": "old"}, 5, {"Type": "Buttons", "Buttons": []},
            {"Type": "HEADER", "Text": "H"}, {"Type": "NEW_KIND"},
        ]);
        let new = json!([{"Type": "BODY", "Text": "new"}, {"Type": "FOOTER", "Text": "F"}]);
        assert_eq!(
            replace_parts(old.as_array().expect("old"), new.as_array().expect("new")),
            json!([
                {"Type": "HEADER", "Text": "H"}, {"Type": "BODY", "Text": "new"},
                {"Type": "FOOTER", "Text": "F"}, {"Type": "Buttons", "Buttons": []},
                {"Type": "NEW_KIND"},
            ])
        );
    }

    #[test]
    fn added_changed_and_removed_parts_are_listed() {
        let old = json!([{"Type": "HEADER", "Text": "H"}, {"Type": "BODY", "Text": "a"}]);
        let new = json!([{"Type": "BODY", "Text": "b"}, {"Type": "FOOTER", "Text": "F"}]);
        let rows = differences(&Message::from_components(&old), &Message::from_components(&new));
        let shown: Vec<String> =
            rows.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(
            shown,
            ["body: \"a\" → \"b\"", "footer: none → \"F\"", "header: \"H\" → removed"]
        );
    }
}
