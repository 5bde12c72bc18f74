//! Documented limits as tables: one row for each limit of each part of a template.
//!
//! A channel declares its table; the draft is split into [`Part`]s, and [`check`] compares the two.

use crate::message::placeholder::{Style, find_variables};
use crate::message::violations::Violations;

/// One row: a limit of one part.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// What the limit is for, such as `body` or `button text`; see [`Part::name`].
    pub part: &'static str,
    pub limit: Limit,
    /// Title of the document that states it.
    pub source: &'static str,
}

#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// Characters of a text: Unicode scalar values, not bytes.
    MaxChars(usize),
    /// Different variables in a text.
    MaxVariables(usize),
    /// The text is more than white space.
    NotBlank,
    MinCount(usize),
    MaxCount(usize),
    /// The smallest and the largest number.
    Range(u64, u64),
    OneOf(&'static [&'static str]),
}

/// A part of a draft, to be compared with the rows of its name.
#[derive(Debug)]
pub struct Part<'d> {
    pub name: &'static str,
    /// What messages call it, such as `the text of button 2`.
    pub label: String,
    pub value: PartValue<'d>,
}

#[derive(Debug, Clone, Copy)]
pub enum PartValue<'d> {
    Text(&'d str),
    Count(usize),
    /// `None` if the field is not a whole number.
    Number(Option<u64>),
}

impl<'d> Part<'d> {
    pub fn text(name: &'static str, label: impl Into<String>, text: &'d str) -> Self {
        Self { name, label: label.into(), value: PartValue::Text(text) }
    }

    pub fn count(name: &'static str, label: impl Into<String>, count: usize) -> Self {
        Self { name, label: label.into(), value: PartValue::Count(count) }
    }

    pub fn number(name: &'static str, label: impl Into<String>, number: Option<u64>) -> Self {
        Self { name, label: label.into(), value: PartValue::Number(number) }
    }
}

/// Compares each part with its rows in the table. `style` is how the texts write variables.
pub fn check(violations: &mut Violations, rules: &[Rule], style: Style, parts: &[Part<'_>]) {
    for part in parts {
        for rule in rules.iter().filter(|rule| rule.part == part.name) {
            if let Some(message) = violation(rule.limit, style, part) {
                violations.add_documented(message, rule.source);
            }
        }
    }
}

fn violation(limit: Limit, style: Style, part: &Part<'_>) -> Option<String> {
    let label = &part.label;
    match (limit, part.value) {
        (Limit::MaxChars(max), PartValue::Text(text)) => {
            let length = text.chars().count();
            let message = || format!("{label} is too long: {length} characters, {max} at most");
            (length > max).then(message)
        }
        (Limit::MaxVariables(max), PartValue::Text(text)) => {
            match find_variables([(String::new(), text)], style).len() {
                count if count <= max => None,
                _ if max == 0 => Some(format!("{label} cannot have variables")),
                count => Some(format!("{label} has {count} variables, {max} at most")),
            }
        }
        (Limit::NotBlank, PartValue::Text(text)) => {
            text.trim().is_empty().then(|| format!("{label} is empty"))
        }
        (Limit::OneOf(known), PartValue::Text(text)) => (!known.contains(&text))
            .then(|| format!("unknown {label} {text:?}: expected {}", known.join(", "))),
        (Limit::MinCount(min), PartValue::Count(count)) => {
            (count < min).then(|| format!("too few {label}: {count}, {min} at least"))
        }
        (Limit::MaxCount(max), PartValue::Count(count)) => {
            (count > max).then(|| format!("too many {label}: {count}, {max} at most"))
        }
        (Limit::Range(first, last), PartValue::Number(number)) => {
            let is_inside = number.is_some_and(|number| (first..=last).contains(&number));
            (!is_inside).then(|| format!("{label} takes whole numbers from {first} to {last}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &[Rule] = &[
        Rule { part: "body", limit: Limit::MaxChars(4), source: "S" },
        Rule { part: "body", limit: Limit::MaxVariables(0), source: "S" },
        Rule { part: "body", limit: Limit::NotBlank, source: "S" },
        Rule { part: "buttons", limit: Limit::MinCount(1), source: "S" },
        Rule { part: "buttons", limit: Limit::MaxCount(2), source: "S" },
        Rule { part: "minutes", limit: Limit::Range(1, 90), source: "S" },
        Rule { part: "category", limit: Limit::OneOf(&["A", "B"]), source: "S" },
    ];

    fn message(part: Part<'_>) -> String {
        let mut violations = Violations::default();
        check(&mut violations, RULES, Style::Chat, &[part]);
        violations
            .into_result("")
            .map_or_else(|failure| failure.message.clone(), |()| String::new())
    }

    #[test]
    fn a_value_at_its_limit_passes_and_one_more_does_not() {
        for (part, expected) in [
            (Part::text("body", "the body", "éééé"), ""),
            (
                Part::text("body", "the body", "ééééé"),
                "the body is too long: 5 characters, 4 at most",
            ),
            (Part::text("body", "the body", "$(a)"), "the body cannot have variables"),
            (Part::text("body", "the body", " "), "the body is empty"),
            (Part::text("footer", "the footer", "without a rule"), ""),
            (Part::count("buttons", "buttons", 0), "too few buttons: 0, 1 at least"),
            (Part::count("buttons", "buttons", 2), ""),
            (Part::count("buttons", "buttons", 3), "too many buttons: 3, 2 at most"),
            (Part::number("minutes", "Minutes", Some(1)), ""),
            (Part::number("minutes", "Minutes", Some(90)), ""),
            (
                Part::number("minutes", "Minutes", Some(91)),
                "Minutes takes whole numbers from 1 to 90",
            ),
            (Part::number("minutes", "Minutes", None), "Minutes takes whole numbers from 1 to 90"),
            (Part::text("category", "category", "A"), ""),
            (Part::text("category", "category", "C"), "unknown category \"C\": expected A, B"),
        ] {
            assert_eq!(message(part), expected);
        }
    }
}
