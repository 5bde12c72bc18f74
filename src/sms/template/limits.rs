//! The documented limits of SMS templates. They are checked before anything is submitted: a review
//! takes hours.

use serde_json::Value;

use crate::error::Result;
use crate::message::limits::Limit::{MaxChars, NotBlank};
use crate::message::limits::{Part, Rule, check as check_table};
use crate::message::placeholder::{Segment, Style, find_variables, segments, unfinished};
use crate::message::violations::Violations;
use crate::sms::template::draft::Draft;

const CREATE: &str = "CreateSmsTemplate";

#[rustfmt::skip]
const RULES: &[Rule] = &[
    Rule { part: "name", limit: NotBlank, source: CREATE },
    Rule { part: "name", limit: MaxChars(30), source: CREATE },
    Rule { part: "content", limit: NotBlank, source: CREATE },
    Rule { part: "content", limit: MaxChars(500), source: CREATE },
];

/// # Errors
/// All violated limits.
pub fn check(draft: &Draft) -> Result<()> {
    let mut violations = Violations::default();
    let parts = [
        Part::text("name", "the name", &draft.name),
        Part::text("content", "the content", &draft.content),
    ];
    check_table(&mut violations, RULES, Style::Sms, &parts);
    check_variables(&mut violations, &draft.content);
    if let Some(rule) = &draft.rule {
        check_rule(&mut violations, rule, &draft.content);
    }
    violations.into_result("variables are written ${name}; nothing was submitted for review")
}

/// A recipient would see any other form of a variable as text.
fn check_variables(violations: &mut Violations, content: &str) {
    for start in unfinished(content, Style::Sms) {
        violations.add(format!("{start:?} is a variable without a name or an end"));
    }
    for segment in segments(content, Style::Sms) {
        let Segment::Variable { name, source } = segment else { continue };
        let is_valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.chars().all(is_valid) || source != Style::Sms.variable(name) {
            violations.add(format!(
                "{source} is not a valid variable: a name may only have letters, digits and _"
            ));
        }
    }
    for segment in segments(content, Style::Chat) {
        if let Segment::Variable { name, source } = segment {
            let right = Style::Sms.variable(name);
            violations.add(format!("write {right} instead of {source}, the form of WhatsApp"));
        }
    }
}

/// The rule is a JSON object with one field for each variable.
fn check_rule(violations: &mut Violations, rule: &str, content: &str) {
    let variables = find_variables([(String::new(), content)], Style::Sms);
    match serde_json::from_str(rule) {
        Ok(Value::Object(fields)) => {
            for name in fields.keys() {
                if !variables.iter().any(|variable| variable.name == *name) {
                    violations.add(format!(
                        "--template-rule has a rule for {name}, but the content has no such variable"
                    ));
                }
            }
        }
        Ok(_) => violations.add("--template-rule is not a JSON object"),
        Err(error) => violations.add(format!("--template-rule is not valid JSON: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::audit_status::TemplateType;

    fn problems(name: &str, content: &str, rule: Option<&str>) -> String {
        let draft = Draft {
            name: name.into(),
            content: content.into(),
            kind: TemplateType::Notification,
            remark: None,
            related_sign_name: None,
            rule: rule.map(str::to_string),
            apply_scene_content: None,
            intl_type: None,
        };
        check(&draft).map_or_else(|failure| failure.message.clone(), |()| String::new())
    }

    #[test]
    fn every_limit_is_exact() {
        let long = |count: usize| "é".repeat(count);
        assert_eq!(problems(&long(30), &long(500), None), "");
        let found = problems(&long(31), &long(501), None);
        for part in ["the name is too long: 31", "the content is too long: 501"] {
            assert!(found.contains(part), "{found}");
        }
        assert!(problems(" ", "", None).contains("the name is empty; the content is empty"));
    }

    #[test]
    fn variables_have_one_form_only() {
        assert_eq!(problems("a", "Hi ${name}, ${order_1} costs $5", None), "");
        for (content, part) in [
            ("Hi ${name", "an end"),
            ("Hi ${}", "without a name"),
            ("Hi ${ name }", "not a valid variable"),
            ("Hi ${na-me}", "not a valid variable"),
            ("Hi ${名}", "not a valid variable"),
            ("Hi $(name)", "write ${name}"),
            ("Hi {{1}}", "write ${1}"),
        ] {
            let found = problems("a", content, None);
            assert!(found.contains(part), "{content}: {found}");
        }
    }

    #[test]
    fn rules_need_a_variable_in_the_content() {
        assert_eq!(problems("a", "${code}", Some(r#"{"code":"numberCaptcha"}"#)), "");
        for (rule, part) in
            [("{", "not valid JSON"), ("[]", "not a JSON object"), (r#"{"x":"y"}"#, "for x")]
        {
            assert!(problems("a", "${code}", Some(rule)).contains(part), "{rule}");
        }
    }
}
