//! What an SMS template is to be, from flags and a file together.

use serde_json::{Map, Value};

use crate::api::audit_status::TemplateType;
use crate::api::call::{Call, ChangeCall};
use crate::api::operations::ChangeOperation;
use crate::cli::templates::sms::limits;
use crate::cli::templates::{Channel, Definition, file, refuse_foreign};
use crate::error::{Failure, Result};
use crate::message::placeholder::{Style, names};
use crate::send::change::Rows;

/// The fields that a file may have.
const FIELDS: &[&str] = &[
    "name",
    "content",
    "template_type",
    "remark",
    "related_sign_name",
    "template_rule",
    "apply_scene_content",
    "intl_type",
];

/// A template that is to be created or changed.
#[derive(Debug)]
pub struct Draft {
    pub name: String,
    pub content: String,
    pub kind: TemplateType,
    remark: Option<String>,
    related_sign_name: Option<String>,
    /// JSON, as the service takes it.
    pub rule: Option<String>,
    apply_scene_content: Option<String>,
    intl_type: Option<u64>,
}

impl Draft {
    /// Reads the file, if there is one; a flag wins over the same field.
    ///
    /// # Errors
    /// What is missing, all at once; a flag of another channel; a limit that is exceeded.
    pub fn read(flags: &Definition, command: &str) -> Result<Self> {
        refuse_foreign(
            Channel::Sms,
            &[
                ("--category", flags.category.is_some()),
                ("--language", flags.language.is_some()),
                ("--body (an SMS has --content)", flags.body.is_some()),
                ("--header", flags.header.is_some()),
                ("--header-media", flags.header_media.is_some()),
                ("--footer", flags.footer.is_some()),
                ("--button", !flags.button.is_empty()),
                ("--example", !flags.example.is_empty()),
                ("--cust-space-id", flags.cust_space_id.is_some()),
            ],
        )?;
        let fields = match &flags.file {
            Some(path) => file::read(path)?,
            None => Map::new(),
        };
        file::refuse_unknown(&fields, FIELDS)?;
        let text = |flag: &Option<String>, name: &str| match (flag, fields.get(name)) {
            (Some(text), _) => Ok(Some(text.clone())),
            // A number serves as well as its digits.
            (None, Some(Value::Number(number))) => Ok(Some(number.to_string())),
            (None, _) => file::text(&fields, name),
        };
        let kind = text(&flags.template_type, "template_type")?;
        let kind = kind.map(|word| TemplateType::parse("--template-type", &word)).transpose()?;
        let (name, content) = (text(&flags.name, "name")?, text(&flags.content, "content")?);
        let intl_type = text(&flags.intl_type.map(|number| number.to_string()), "intl_type")?;
        let is_international = kind == Some(TemplateType::International);
        let needed = [
            ("--name", name.is_none()),
            ("--content", content.is_none()),
            ("--template-type", kind.is_none()),
            ("--intl-type", is_international && intl_type.is_none()),
        ];
        let missing: Vec<&str> =
            needed.iter().filter(|(_, is_missing)| *is_missing).map(|(flag, _)| *flag).collect();
        let (Some(name), Some(content), Some(kind), true) =
            (name, content, kind, missing.is_empty())
        else {
            return Err(Failure::missing(&missing, vec![format!("alimsg {command} --help")])
                .hint("give the flags, or a file with --file; nothing is ever guessed"));
        };
        let rule = match fields.get("template_rule").filter(|_| flags.template_rule.is_none()) {
            Some(rule @ Value::Object(_)) => Some(rule.to_string()),
            _ => text(&flags.template_rule, "template_rule")?,
        };
        let draft = Self {
            name,
            content,
            kind,
            remark: text(&flags.remark, "remark")?,
            related_sign_name: text(&flags.related_sign_name, "related_sign_name")?,
            rule,
            apply_scene_content: text(&flags.apply_scene_content, "apply_scene_content")?,
            intl_type: read_intl_type(intl_type.as_deref(), is_international)?,
        };
        limits::check(&draft.name, &draft.content, draft.rule.as_deref())?;
        Ok(draft)
    }

    /// The call, with everything in it but the code of the template.
    pub fn call(&self, operation: &'static ChangeOperation) -> ChangeCall {
        Call::to(operation)
            .text("--template-name", &self.name)
            .text("--template-content", &self.content)
            .optional_integer("--template-type", Some(self.kind.number()))
            .optional_text("--remark", self.remark.as_deref())
            .optional_text("--related-sign-name", self.related_sign_name.as_deref())
            .optional_text("--template-rule", self.rule.as_deref())
            .optional_text("--apply-scene-content", self.apply_scene_content.as_deref())
            .optional_integer("--intl-type", self.intl_type)
    }

    /// What the user is shown before agreeing: everything.
    pub fn rows(&self) -> Rows {
        let variables: Vec<String> = names([(String::new(), self.content.as_str())], Style::Sms)
            .into_iter()
            .map(|variable| variable.name)
            .collect();
        let mut rows = vec![
            ("channel".to_string(), "sms".to_string()),
            ("name".into(), self.name.clone()),
            ("type".into(), self.kind.word().into()),
            ("content".into(), self.content.clone()),
            (
                "variables".into(),
                if variables.is_empty() { "none".into() } else { variables.join(", ") },
            ),
        ];
        let more = [
            ("remark", &self.remark),
            ("related signature", &self.related_sign_name),
            ("rules of the variables", &self.rule),
            ("scene", &self.apply_scene_content),
            ("international type", &self.intl_type.map(|number| number.to_string())),
        ];
        rows.extend(
            more.into_iter().filter_map(|(name, value)| Some((name.into(), value.clone()?))),
        );
        rows
    }
}

/// The kind of an international template; others have none.
fn read_intl_type(text: Option<&str>, is_international: bool) -> Result<Option<u64>> {
    let Some(text) = text else { return Ok(None) };
    if !is_international {
        return Err(Failure::usage("--intl-type is for international templates only")
            .hint("leave it out, or use --template-type international"));
    }
    match text.parse() {
        Ok(number @ 0..=3) => Ok(Some(number)),
        _ => Err(Failure::usage(format!("--intl-type {text:?} is none of 0, 1, 2 and 3"))
            .hint("see the service's documentation of international templates")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_international_template_has_an_international_type() {
        assert_eq!(read_intl_type(Some("2"), true).expect("type"), Some(2));
        assert_eq!(read_intl_type(None, false).expect("none"), None);
        read_intl_type(Some("2"), false).expect_err("not international");
        read_intl_type(Some("4"), true).expect_err("no type");
    }
}
