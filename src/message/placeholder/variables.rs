//! The variables of a text: where they occur, and the text with values in their place.

use serde_json::{Value, json};

/// How a channel marks a variable in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `$(name)` or `{{1}}`: WhatsApp and Viber.
    Chat,
    /// `${name}`: SMS.
    Sms,
}

impl Style {
    /// Opening and closing mark of each form.
    const fn marks(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Chat => &[("$(", ")"), ("{{", "}}")],
            Self::Sms => &[("${", "}")],
        }
    }

    /// A variable as people are to write it.
    pub fn written(self, name: &str) -> String {
        match self {
            Self::Chat => format!("$({name})"),
            Self::Sms => format!("${{{name}}}"),
        }
    }
}

/// A variable of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    /// The parts of the template that have it, each once: `header`, `body`, `button 1` …
    pub places: Vec<String>,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'t> {
    Text(&'t str),
    Variable {
        name: &'t str,
        /// With its marks, as it stands in the text.
        written: &'t str,
    },
}

/// The text, cut at its variables. Marks that are not closed, or that hold no name, are text. Every
/// character is looked at twice at most, however the text is made up.
pub fn segments(text: &str, style: Style) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let mut text_from = 0;
    let mut at = 0;
    while let Some(offset) = text[at..].find(['$', '{']) {
        let start = at + offset;
        let Some((name, length)) = variable_at(&text[start..], style) else {
            at = start + 1;
            continue;
        };
        let end = start + length;
        if text_from < start {
            segments.push(Segment::Text(&text[text_from..start]));
        }
        segments.push(Segment::Variable { name, written: &text[start..end] });
        text_from = end;
        at = end;
    }
    if text_from < text.len() {
        segments.push(Segment::Text(&text[text_from..]));
    }
    segments
}

/// The name of the variable that the text begins with, and its length with the marks.
fn variable_at(text: &str, style: Style) -> Option<(&str, usize)> {
    let (open, close) = style.marks().iter().find(|(open, _)| text.starts_with(open))?;
    let inside = &text[open.len()..];
    let length = inside.find(|c: char| !in_name(c) && !c.is_whitespace())?;
    let name = inside[..length].trim();
    let is_name = !name.is_empty() && name.chars().all(in_name);
    let closed = inside[length..].starts_with(close);
    (is_name && closed).then_some((name, open.len() + length + close.len()))
}

fn in_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The variables of all the texts, each once, in the order of their appearance. A text comes with
/// the name of its place.
pub fn names<'t>(
    texts: impl IntoIterator<Item = (String, &'t str)>,
    style: Style,
) -> Vec<Variable> {
    let mut variables: Vec<Variable> = Vec::new();
    for (place, text) in texts {
        for piece in segments(text, style) {
            let Segment::Variable { name, .. } = piece else { continue };
            match variables.iter_mut().find(|variable| variable.name == name) {
                Some(known) if known.places.contains(&place) => {}
                Some(known) => known.places.push(place.clone()),
                None => {
                    variables.push(Variable { name: name.to_string(), places: vec![place.clone()] })
                }
            }
        }
    }
    variables
}

/// The beginnings of variables that have no name or no end, a few characters of each.
pub fn unfinished(text: &str, style: Style) -> Vec<String> {
    let beginning = |text: &str| {
        let marks = style.marks().iter();
        let start = marks.filter_map(|(open, _)| text.find(open)).min()?;
        Some(text[start..].chars().take(20).collect())
    };
    let texts = segments(text, style).into_iter().filter_map(|piece| match piece {
        Segment::Text(text) => Some(text),
        Segment::Variable { .. } => None,
    });
    texts.filter_map(beginning).collect()
}

/// The text with the values in the place of the variables; one without a value stays as written.
pub fn render(text: &str, style: Style, values: &[(String, String)]) -> String {
    segments(text, style)
        .into_iter()
        .map(|piece| match piece {
            Segment::Text(text) => text,
            Segment::Variable { name, written } => values
                .iter()
                .find(|(given, _)| given == name)
                .map_or(written, |(_, value)| value.as_str()),
        })
        .collect()
}

/// What a report says about the variables of a template.
pub fn listed(variables: &[Variable]) -> Value {
    let row = |one: &Variable| json!({ "name": one.name, "where": one.places.join(", ") });
    variables.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn variables_are_named_once_with_all_their_places() {
        let texts =
            [("header".to_string(), "Hi $(name)"), ("body".to_string(), "{{1}} $(name) $(name)")];
        let found = names(texts, Style::Chat);
        let found: Vec<_> = found.iter().map(|v| (v.name.as_str(), v.places.join(","))).collect();
        assert_eq!(found, [("name", "header,body".to_string()), ("1", "body".to_string())]);
    }

    #[test]
    fn only_the_marks_of_the_channel_count() {
        assert!(names([("body".into(), "${name}")], Style::Chat).is_empty());
        assert!(names([("body".into(), "$(name) {{1}}")], Style::Sms).is_empty());
        assert_eq!(names([("body".into(), "a ${ name }")], Style::Sms)[0].name, "name");
    }

    #[test]
    fn prices_and_open_brackets_are_text() {
        for text in ["$(", "{{", "costs $ (5)", "$()", "$(not a name)", "{{ }}", "${a} $(b"] {
            assert!(names([("body".into(), text)], Style::Chat).is_empty(), "{text}");
            assert_eq!(render(text, Style::Chat, &pairs(&[("b", "x")])), text);
        }
        // What is no variable hides none behind it.
        assert_eq!(render("$( $(b)", Style::Chat, &pairs(&[("b", "x")])), "$( x");
    }

    #[test]
    fn what_begins_like_a_variable_and_is_none_is_found() {
        assert!(unfinished("$5 $(a) {{1}} {b} $ (c)", Style::Chat).is_empty());
        assert_eq!(unfinished("Hi $(name, $(a) and {{ }}", Style::Chat), ["$(name, ", "{{ }}"]);
        assert_eq!(unfinished("$(name ${name", Style::Sms), ["${name"]);
    }

    #[test]
    fn no_text_takes_long() {
        for part in ["$(", "{{", "$(a)", "{{1}}", "$", "{", "$(a {{b ", "a"] {
            let text = part.repeat(100_000);
            assert_eq!(render(&text, Style::Chat, &[]).len(), text.len(), "{part}");
        }
    }

    #[test]
    fn a_value_is_not_read_again() {
        let values = pairs(&[("a", "$(b)"), ("b", "x")]);
        assert_eq!(render("$(a)-$(b)-$(c)", Style::Chat, &values), "$(b)-x-$(c)");
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_text(text in "[$(){} a-zé]{0,40}") {
            for style in [Style::Chat, Style::Sms] {
                prop_assert_eq!(render(&text, style, &[]), text.clone());
            }
        }
    }
}
