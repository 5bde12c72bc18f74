//! The variables of a text: where they occur, and the text with values in their place.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

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

    /// The form in which people have to write a variable.
    pub fn variable(self, name: &str) -> String {
        match self {
            Self::Chat => format!("$({name})"),
            Self::Sms => format!("${{{name}}}"),
        }
    }
}

/// A variable of a template; `templates show` lists it as `name` and `where`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Variable {
    pub name: String,
    /// The parts of the template that have it, each once: `header`, `body`, `button 1` …
    #[serde(rename = "where", serialize_with = "joined")]
    #[schemars(with = "String")]
    pub places: Vec<String>,
}

fn joined<S: Serializer>(places: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&places.join(", "))
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'t> {
    Text(&'t str),
    Variable {
        name: &'t str,
        /// With its marks, as in the text.
        source: &'t str,
    },
}

/// Splits a text at its variables. Marks without an end or a name are text. Each character is read
/// at most twice.
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
        segments.push(Segment::Variable { name, source: &text[start..end] });
        text_from = end;
        at = end;
    }
    if text_from < text.len() {
        segments.push(Segment::Text(&text[text_from..]));
    }
    segments
}

/// The name of the variable at the start of the text, and its length with the marks.
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

/// Finds the variables of all texts, each once, in order of appearance. Each text comes with the
/// name of its place.
pub fn find_variables<'t>(
    texts: impl IntoIterator<Item = (String, &'t str)>,
    style: Style,
) -> Vec<Variable> {
    let mut variables: Vec<Variable> = Vec::new();
    for (place, text) in texts {
        for segment in segments(text, style) {
            let Segment::Variable { name, .. } = segment else { continue };
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

/// The first characters of each variable that has no name or no end.
pub fn unfinished(text: &str, style: Style) -> Vec<String> {
    let beginning = |text: &str| {
        let marks = style.marks().iter();
        let start = marks.filter_map(|(open, _)| text.find(open)).min()?;
        Some(text[start..].chars().take(20).collect())
    };
    let texts = segments(text, style).into_iter().filter_map(|segment| match segment {
        Segment::Text(text) => Some(text),
        Segment::Variable { .. } => None,
    });
    texts.filter_map(beginning).collect()
}

/// Replaces variables by their values; a variable without a value stays as written.
pub fn render(text: &str, style: Style, values: &[(String, String)]) -> String {
    segments(text, style)
        .into_iter()
        .map(|segment| match segment {
            Segment::Text(text) => text,
            Segment::Variable { name, source } => values
                .iter()
                .find(|(given, _)| given == name)
                .map_or(source, |(_, value)| value.as_str()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn a_variable_is_listed_once_with_all_its_places() {
        let texts =
            [("header".to_string(), "Hi $(name)"), ("body".to_string(), "{{1}} $(name) $(name)")];
        let found = find_variables(texts, Style::Chat);
        let found: Vec<_> = found.iter().map(|v| (v.name.as_str(), v.places.join(","))).collect();
        assert_eq!(found, [("name", "header,body".to_string()), ("1", "body".to_string())]);
    }

    #[test]
    fn only_the_marks_of_the_channel_count() {
        assert!(find_variables([("body".into(), "${name}")], Style::Chat).is_empty());
        assert!(find_variables([("body".into(), "$(name) {{1}}")], Style::Sms).is_empty());
        assert_eq!(find_variables([("body".into(), "a ${ name }")], Style::Sms)[0].name, "name");
    }

    #[test]
    fn prices_and_unclosed_brackets_are_text() {
        for text in ["$(", "{{", "costs $ (5)", "$()", "$(not a name)", "{{ }}", "${a} $(b"] {
            assert!(find_variables([("body".into(), text)], Style::Chat).is_empty(), "{text}");
            assert_eq!(render(text, Style::Chat, &pairs(&[("b", "x")])), text);
        }
        // An unclosed bracket does not hide a variable after it.
        assert_eq!(render("$( $(b)", Style::Chat, &pairs(&[("b", "x")])), "$( x");
    }

    #[test]
    fn a_variable_without_a_name_or_an_end_is_found() {
        assert!(unfinished("$5 $(a) {{1}} {b} $ (c)", Style::Chat).is_empty());
        assert_eq!(unfinished("Hi $(name, $(a) and {{ }}", Style::Chat), ["$(name, ", "{{ }}"]);
        assert_eq!(unfinished("$(name ${name", Style::Sms), ["${name"]);
    }

    #[test]
    fn long_texts_are_rendered_in_linear_time() {
        for part in ["$(", "{{", "$(a)", "{{1}}", "$", "{", "$(a {{b ", "a"] {
            let text = part.repeat(100_000);
            assert_eq!(render(&text, Style::Chat, &[]).len(), text.len(), "{part}");
        }
    }

    #[test]
    fn variables_in_a_value_are_not_replaced() {
        let values = pairs(&[("a", "$(b)"), ("b", "x")]);
        assert_eq!(render("$(a)-$(b)-$(c)", Style::Chat, &values), "$(b)-x-$(c)");
    }

    proptest! {
        #[test]
        fn segments_joined_are_the_text(text in "[$(){} a-zé]{0,40}") {
            for style in [Style::Chat, Style::Sms] {
                prop_assert_eq!(render(&text, style, &[]), text.clone());
            }
        }
    }
}
