//! The documented limits of SMS templates, checked before anything is sent: a review takes hours.

use serde_json::Value;

use crate::error::Result;
use crate::message::placeholder::{Segment, Style, names, segments, unfinished};
use crate::message::violations::Violations;

/// Documented, in characters.
const MAX_NAME: usize = 30;
const MAX_CONTENT: usize = 500;

/// Checks what a template is to be; the failure names everything that is wrong at once. `rule` is
/// JSON.
///
/// # Errors
/// A limit that is exceeded, a form that the service does not take.
pub fn check(name: &str, content: &str, rule: Option<&str>) -> Result<()> {
    let mut wrong = Violations::default();
    complain(&mut wrong, name, content, rule);
    wrong.refuse("variables are written ${name}; nothing was sent for review")
}

fn complain(wrong: &mut Violations, name: &str, content: &str, rule: Option<&str>) {
    for (what, text, limit) in [("the name", name, MAX_NAME), ("the content", content, MAX_CONTENT)]
    {
        if text.trim().is_empty() {
            wrong.add(format!("{what} is empty"));
        }
        wrong.at_most(what, text, limit);
    }
    check_variables(wrong, content);
    if let Some(rule) = rule {
        check_rule(wrong, rule, content);
    }
}

/// What is not written as the service writes a variable would go out as it stands.
fn check_variables(wrong: &mut Violations, content: &str) {
    for start in unfinished(content, Style::Sms) {
        wrong.add(format!("{start:?} opens a variable that has no name or no end"));
    }
    for piece in segments(content, Style::Sms) {
        let Segment::Variable { name, written } = piece else { continue };
        let sound = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.chars().all(sound) || written != Style::Sms.written(name) {
            wrong.add(format!(
                "{written} is not how the service writes a variable (letters, digits and _ only)"
            ));
        }
    }
    for piece in segments(content, Style::Chat) {
        if let Segment::Variable { name, written } = piece {
            wrong.add(format!(
                "{written} is how WhatsApp writes a variable (write {})",
                Style::Sms.written(name)
            ));
        }
    }
}

/// The rules are a JSON object with a field for a variable each.
fn check_rule(wrong: &mut Violations, rule: &str, content: &str) {
    let variables = names([(String::new(), content)], Style::Sms);
    match serde_json::from_str(rule) {
        Ok(Value::Object(fields)) => {
            for name in fields.keys() {
                if !variables.iter().any(|variable| variable.name == *name) {
                    wrong.add(format!("the rule for {name} is for no variable of the content"));
                }
            }
        }
        Ok(_) => wrong.add("--template-rule is not a JSON object"),
        Err(error) => wrong.add(format!("--template-rule is not valid JSON: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(name: &str, content: &str, rule: Option<&str>) -> String {
        let mut wrong = Violations::default();
        complain(&mut wrong, name, content, rule);
        wrong.refuse("").map_or_else(|failure| failure.message.clone(), |()| String::new())
    }

    #[test]
    fn what_is_at_the_limit_passes_and_one_more_does_not() {
        let long = |count: usize| "é".repeat(count);
        assert_eq!(complaints(&long(30), &long(500), None), "");
        let said = complaints(&long(31), &long(501), None);
        for part in ["the name is too long: 31", "the content is too long: 501"] {
            assert!(said.contains(part), "{said}");
        }
        assert!(complaints(" ", "", None).contains("the name is empty; the content is empty"));
    }

    #[test]
    fn variables_are_written_in_one_way_only() {
        assert_eq!(complaints("a", "Hi ${name}, ${order_1} costs $5", None), "");
        for (content, part) in [
            ("Hi ${name", "no end"),
            ("Hi ${}", "no name"),
            ("Hi ${ name }", "is not how"),
            ("Hi ${na-me}", "is not how"),
            ("Hi ${名}", "is not how"),
            ("Hi $(name)", "write ${name}"),
            ("Hi {{1}}", "write ${1}"),
        ] {
            let said = complaints("a", content, None);
            assert!(said.contains(part), "{content}: {said}");
        }
    }

    #[test]
    fn rules_are_for_variables_of_the_content() {
        assert_eq!(complaints("a", "${code}", Some(r#"{"code":"numberCaptcha"}"#)), "");
        for (rule, part) in
            [("{", "not valid JSON"), ("[]", "not a JSON object"), (r#"{"x":"y"}"#, "for x")]
        {
            assert!(complaints("a", "${code}", Some(rule)).contains(part), "{rule}");
        }
    }
}
