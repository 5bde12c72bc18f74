//! What a template is to be, from flags and a file together.

use serde_json::{Map, Value, json};

use crate::cli::templates::chat::{buttons, category};
use crate::cli::templates::{Definition, file, refuse_foreign};
use crate::error::{Failure, Result};
use crate::message::params;

/// The fields that a file may have.
const FIELDS: &[&str] = &[
    "name",
    "category",
    "language",
    "header",
    "header_media",
    "body",
    "footer",
    "buttons",
    "example",
    "components",
    "cust_space_id",
];

/// A template that is to be created or changed; nothing is checked against WhatsApp's limits yet.
#[derive(Debug, Clone)]
pub struct Draft {
    pub name: Option<String>,
    pub category: Option<String>,
    pub language: Option<String>,
    /// As the service takes them.
    pub components: Value,
    /// The components are given as such, so they are all there are.
    pub is_whole: bool,
    /// Values for the variables, for the people who review it.
    pub examples: Vec<(String, String)>,
    pub cust_space_id: Option<String>,
}

impl Draft {
    /// Reads the file, if there is one; a flag wins over the same field.
    ///
    /// # Errors
    /// A file or a flag that cannot be read, a flag of another channel.
    pub fn read(flags: &Definition) -> Result<Self> {
        refuse_sms(flags)?;
        let fields = match &flags.file {
            Some(path) => file::read(path)?,
            None => Map::new(),
        };
        file::refuse_unknown(&fields, FIELDS)?;
        let text = |flag, name| file::flag_or_text(flag, &fields, name);
        Ok(Self {
            name: text(&flags.name, "name")?,
            category: text(&flags.category, "category")?.map(|word| category(flags.channel, &word)),
            language: text(&flags.language, "language")?,
            components: components(flags, &fields)?,
            is_whole: fields.contains_key("components"),
            examples: examples(flags, &fields)?,
            cust_space_id: text(&flags.cust_space_id, "cust_space_id")?,
        })
    }

    /// Nothing of the message itself is given.
    pub fn has_no_parts(&self) -> bool {
        self.components.as_array().is_none_or(Vec::is_empty)
    }
}

/// The flags that only SMS templates have.
fn refuse_sms(flags: &Definition) -> Result<()> {
    let sms_only = [
        ("--content", flags.content.is_some()),
        ("--template-type", flags.template_type.is_some()),
        ("--remark", flags.remark.is_some()),
        ("--related-sign-name", flags.related_sign_name.is_some()),
        ("--template-rule", flags.template_rule.is_some()),
        ("--apply-scene-content", flags.apply_scene_content.is_some()),
        ("--intl-type", flags.intl_type.is_some()),
    ];
    refuse_foreign(flags.channel, &sms_only)
}

fn components(flags: &Definition, fields: &Map<String, Value>) -> Result<Value> {
    let parts = ["header", "header_media", "body", "footer", "buttons"];
    if let Some(components) = fields.get("components") {
        let flagged = flags.body.is_some()
            || flags.header.is_some()
            || flags.header_media.is_some()
            || flags.footer.is_some()
            || !flags.button.is_empty();
        if flagged || parts.iter().any(|part| fields.contains_key(*part)) {
            return Err(Failure::usage("components stand beside header, body, footer or buttons")
                .hint("give the one or the others"));
        }
        return match components {
            Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_object) => {
                Ok(components.clone())
            }
            _ => Err(Failure::usage("components are not a list of objects")
                .hint("for example [{\"Type\": \"BODY\", \"Text\": \"Hello\"}]")),
        };
    }
    let text = |flag, name| file::flag_or_text(flag, fields, name);
    let mut components = Vec::new();
    // A flag for either kind of header takes the place of the file's.
    let media = match (&flags.header, &flags.header_media) {
        (Some(_), _) => None,
        _ => text(&flags.header_media, "header_media")?,
    };
    let header = if flags.header_media.is_some() { None } else { text(&flags.header, "header")? };
    match (header, media) {
        (Some(_), Some(_)) => {
            return Err(Failure::usage("header and header_media stand side by side")
                .hint("a message has one header: a text or a medium"));
        }
        (Some(text), None) => {
            components.push(json!({"Type": "HEADER", "Format": "TEXT", "Text": text}));
        }
        (None, Some(media)) => components.push(buttons::media_header(&media)?),
        (None, None) => {}
    }
    if let Some(text) = text(&flags.body, "body")? {
        components.push(json!({"Type": "BODY", "Text": text}));
    }
    if let Some(text) = text(&flags.footer, "footer")? {
        components.push(json!({"Type": "FOOTER", "Text": text}));
    }
    let buttons = if flags.button.is_empty() {
        file_buttons(fields)?
    } else {
        flags.button.iter().map(|text| buttons::button(text)).collect::<Result<_>>()?
    };
    if !buttons.is_empty() {
        components.push(json!({"Type": "BUTTONS", "Buttons": buttons}));
    }
    Ok(Value::Array(components))
}

/// Buttons in a file are written as on the command line, or as the service takes them.
fn file_buttons(fields: &Map<String, Value>) -> Result<Vec<Value>> {
    let wrong = || {
        Failure::usage("buttons are not a list of texts or objects")
            .hint("for example buttons = [\"reply=OK\", \"url=Track=https://example.com\"]")
    };
    match fields.get("buttons") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| match item {
                Value::String(text) => buttons::button(text),
                Value::Object(_) => Ok(item.clone()),
                _ => Err(wrong()),
            })
            .collect(),
        Some(_) => Err(wrong()),
    }
}

fn examples(flags: &Definition, fields: &Map<String, Value>) -> Result<Vec<(String, String)>> {
    if !flags.example.is_empty() {
        return params::from_pairs("--example", &flags.example);
    }
    let wrong = || {
        Failure::usage("example is not a set of texts")
            .hint("for example example = { name = \"Alice\" }")
    };
    match fields.get("example") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(pairs)) => pairs
            .iter()
            .map(|(name, value)| match value {
                Value::String(text) => Ok((name.clone(), text.clone())),
                _ => Err(wrong()),
            })
            .collect(),
        Some(_) => Err(wrong()),
    }
}
