//! The flags of `create` and `update`. Together with a file, they are the draft of a template.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Number, Value, json};

use crate::api::audit_status::TemplateType;
use crate::chat::template as chat;
use crate::chat::template::meta::convert;
use crate::cli::prelude::*;
use crate::cli::source;
use crate::cli::templates::{button, file, refuse_flags};
use crate::message::params;
use crate::message::template::SubmittedTemplate;
use crate::sms::template as sms;

/// The heading of the flags for WhatsApp and Viber on the help page.
const CHAT: &str = "WhatsApp and Viber";

/// The template to submit. A flag wins over the same field of the file.
#[derive(Debug, Args)]
pub struct DraftFlags {
    /// Channel of the template [default: whatsapp; for an update, sms for a code like SMS_100002]
    #[arg(long, visible_alias = "channel-type", value_enum)]
    pub channel: Option<Channel>,

    /// The template in a file: .toml as TOML, any other as JSON
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Name of the template
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// UTILITY, MARKETING or AUTHENTICATION; on Viber the parts: text, text_image_button …
    #[arg(long, value_name = "CATEGORY", help_heading = CHAT)]
    pub category: Option<String>,

    /// Language, for example en or zh_CN
    #[arg(long, visible_alias = "biz-language", value_name = "L", help_heading = CHAT)]
    pub language: Option<String>,

    /// Text of the body; variables as $(name)
    #[arg(long, value_name = "TEXT", value_parser = source::parse, help_heading = CHAT)]
    pub body: Option<String>,

    /// Text of the header (WhatsApp)
    #[arg(long, value_name = "TEXT", value_parser = source::parse, help_heading = CHAT)]
    pub header: Option<String>,

    /// Image, video or document instead of a header text
    #[arg(long, value_name = "FORMAT=URL", conflicts_with = "header", help_heading = CHAT)]
    pub header_media: Option<String>,

    /// Text of the footer (WhatsApp)
    #[arg(long, value_name = "TEXT", value_parser = source::parse, help_heading = CHAT)]
    pub footer: Option<String>,

    /// reply=TEXT, url=TEXT=URL, phone=TEXT=NUMBER or code=EXAMPLE; repeatable (Viber: one url)
    #[arg(long, value_name = "KIND=TEXT", help_heading = CHAT)]
    pub button: Vec<String>,

    /// Example of a variable, for the review; repeatable
    #[arg(long, value_name = "NAME=VALUE", help_heading = CHAT)]
    pub example: Vec<String>,

    /// Channel instance
    #[arg(long, value_name = "ID", help_heading = CHAT)]
    pub cust_space_id: Option<String>,

    /// Text of the template; variables as ${name}
    #[arg(long, visible_alias = "template-content", value_name = "TEXT",
          value_parser = source::parse, help_heading = "SMS")]
    pub content: Option<String>,

    /// verification, notification, promotion or international
    #[arg(long, value_name = "TYPE", help_heading = "SMS")]
    pub template_type: Option<String>,

    /// Purpose of the template, for the review
    #[arg(long, value_name = "TEXT", value_parser = source::parse, help_heading = "SMS")]
    pub remark: Option<String>,

    /// Signature that is used with the template
    #[arg(long, value_name = "NAME", help_heading = "SMS")]
    pub related_sign_name: Option<String>,

    /// Rules of the variables, as JSON
    #[arg(long, value_name = "JSON", value_parser = source::parse, help_heading = "SMS")]
    pub template_rule: Option<String>,

    /// Where the template is used: a website, an app
    #[arg(long, value_name = "TEXT", value_parser = source::parse, help_heading = "SMS")]
    pub apply_scene_content: Option<String>,

    /// Kind of an international template: 0, 1, 2 or 3
    #[arg(long, value_name = "N", help_heading = "SMS")]
    pub intl_type: Option<u64>,
}

/// The fields of a file for WhatsApp or Viber.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChatFields {
    name: Option<String>,
    category: Option<String>,
    language: Option<String>,
    header: Option<String>,
    header_media: Option<String>,
    body: Option<String>,
    footer: Option<String>,
    buttons: Option<Vec<ButtonField>>,
    example: Option<BTreeMap<String, String>>,
    components: Option<Vec<Map<String, Value>>>,
    cust_space_id: Option<String>,
    /// As Meta names it: how long WhatsApp tries to deliver a message.
    message_send_ttl_seconds: Option<u64>,
    allow_category_change: Option<bool>,
    /// Meta's `POSITIONAL` or `NAMED`; both are recognized without it.
    #[serde(rename = "parameter_format")]
    _parameter_format: Option<String>,
}

/// A button as on the command line, or as the JSON object of the service.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a button such as \"reply=OK\", or an object")]
enum ButtonField {
    Flag(String),
    Object(Map<String, Value>),
}

/// The fields of a file for SMS.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SmsFields {
    name: Option<String>,
    content: Option<String>,
    template_type: Option<TextOrNumber>,
    remark: Option<String>,
    related_sign_name: Option<String>,
    /// JSON in a string, or an object.
    template_rule: Option<Value>,
    apply_scene_content: Option<String>,
    intl_type: Option<TextOrNumber>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a string or a number")]
enum TextOrNumber {
    Text(String),
    Number(Number),
}

impl TextOrNumber {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

impl DraftFlags {
    /// The channel, WhatsApp by default.
    pub fn channel(&self) -> Channel {
        self.channel.unwrap_or(Channel::Whatsapp)
    }

    /// The draft of a WhatsApp or Viber template; its limits are not checked yet.
    ///
    /// # Errors
    /// A flag of SMS; a file or a value that cannot be parsed.
    pub fn chat_draft(&self) -> Result<chat::draft::Draft> {
        let sms_only = given![self; content, template_type, remark, related_sign_name,
            template_rule, apply_scene_content, intl_type];
        refuse_flags(self.channel(), &sms_only)?;
        let mut fields: ChatFields =
            self.file.as_deref().map(file::load).transpose()?.unwrap_or_default();
        let mut examples: Vec<_> = match fields.example.take().filter(|_| self.example.is_empty()) {
            Some(examples) => examples.into_iter().collect(),
            None => params::from_pairs("--example", &self.example)?,
        };
        let category = self.category.clone().or(fields.category.take());
        let (message_lifetime, allow_category_change) =
            (fields.message_send_ttl_seconds, fields.allow_category_change);
        let (name, language) = (fields.name.take(), fields.language.take());
        let cust_space_id = fields.cust_space_id.take();
        let is_whole = fields.components.is_some();
        let converted = convert(&self.components(fields)?)?;
        for (name, value) in converted.examples {
            if examples.iter().all(|(given, _)| *given != name) {
                examples.push((name, value));
            }
        }
        Ok(chat::draft::Draft {
            channel: self.channel(),
            name: self.name.clone().or(name),
            category: category.map(|category| chat::normalize_category(self.channel(), &category)),
            language: self.language.clone().or(language),
            cust_space_id: self.cust_space_id.clone().or(cust_space_id),
            is_whole,
            components: converted.components,
            examples,
            message_lifetime,
            allow_category_change,
        })
    }

    fn components(&self, fields: ChatFields) -> Result<Value> {
        let parts = given![self; body, header, header_media, footer, button];
        let has_flags = parts.iter().any(|(_, is_given)| *is_given);
        let ChatFields { header, header_media, body, footer, buttons, components, .. } = fields;
        if let Some(components) = components {
            let texts = [&header, &header_media, &body, &footer];
            if has_flags || texts.iter().any(|text| text.is_some()) || buttons.is_some() {
                return Err(Failure::usage(
                    "`components` cannot be combined with header, body, footer or buttons",
                )
                .hint("use either `components` or the other fields"));
            }
            if components.is_empty() {
                return Err(Failure::usage("`components` is empty")
                    .hint("for example [{\"Type\": \"BODY\", \"Text\": \"Hello\"}]"));
            }
            return Ok(json!(components));
        }
        // A flag for either kind of header replaces both fields of the file.
        let (header, header_media) = match (&self.header, &self.header_media) {
            (None, None) => (header, header_media),
            (header, media) => (header.clone(), media.clone()),
        };
        let mut components = Vec::new();
        match (header, header_media) {
            (Some(_), Some(_)) => {
                return Err(Failure::usage("header cannot be combined with header_media")
                    .hint("a message has one header: a text, or an image, video or document"));
            }
            (Some(text), None) => {
                components.push(json!({"Type": "HEADER", "Format": "TEXT", "Text": text}));
            }
            (None, Some(media)) => components.push(button::parse_media_header(&media)?),
            (None, None) => {}
        }
        let body = self.body.clone().or(body);
        components.extend(body.map(|text| json!({"Type": "BODY", "Text": text})));
        let footer = self.footer.clone().or(footer);
        components.extend(footer.map(|text| json!({"Type": "FOOTER", "Text": text})));
        let buttons = if self.button.is_empty() {
            buttons.unwrap_or_default()
        } else {
            self.button.iter().cloned().map(ButtonField::Flag).collect()
        };
        let parse = |field| match field {
            ButtonField::Flag(text) => button::parse_button(&text),
            ButtonField::Object(object) => Ok(Value::Object(object)),
        };
        let buttons = buttons.into_iter().map(parse).collect::<Result<Vec<_>>>()?;
        if !buttons.is_empty() {
            components.push(json!({"Type": "BUTTONS", "Buttons": buttons}));
        }
        Ok(Value::Array(components))
    }

    /// Whether a flag or a file has a part of an SMS template.
    pub fn has_sms_parts(&self) -> bool {
        let parts = given![self; file, name, content, template_type, remark, related_sign_name,
            template_rule, apply_scene_content, intl_type];
        parts.iter().any(|(_, is_given)| *is_given)
    }

    /// The draft of an SMS template, checked. `command` is the name of the command; `current` has
    /// the values that are not given.
    ///
    /// # Errors
    /// Missing values; a flag of WhatsApp or Viber; a violated limit.
    pub fn sms_draft(
        &self,
        command: &str,
        current: Option<&sms::SmsTemplate>,
    ) -> Result<sms::draft::Draft> {
        let body = ("--body (an SMS has --content)", self.body.is_some());
        let chat_only = given![self; header, header_media, footer, button, example, cust_space_id];
        refuse_flags(Channel::Sms, &given![self; category, language])?;
        refuse_flags(Channel::Sms, &[body])?;
        refuse_flags(Channel::Sms, &chat_only)?;
        let fields: SmsFields =
            self.file.as_deref().map(file::load).transpose()?.unwrap_or_default();
        let name = self.name.clone().or(fields.name);
        let name = name.or_else(|| current?.name.clone());
        let content = self.content.clone().or(fields.content);
        let content =
            content.or_else(|| current.filter(|old| old.has_text()).map(|old| old.text.clone()));
        let kind = self.template_type.clone();
        let kind = kind.or(fields.template_type.map(TextOrNumber::into_text));
        let kind = kind.or_else(|| current?.kind.clone());
        let kind = kind.map(|kind| TemplateType::parse("--template-type", &kind)).transpose()?;
        let intl_type = self.intl_type.map(|number| number.to_string());
        let intl_type = intl_type.or(fields.intl_type.map(TextOrNumber::into_text));
        let is_international = kind == Some(TemplateType::International);
        let current_type = || crate::api::reply::fields::text(&current?.raw, &["IntlType"]);
        let intl_type = intl_type.or_else(|| current_type().filter(|_| is_international));
        let required = [
            ("--name", name.is_none()),
            ("--content", content.is_none()),
            ("--template-type", kind.is_none()),
            ("--intl-type", is_international && intl_type.is_none()),
        ];
        let missing: Vec<&str> =
            required.iter().filter(|(_, is_missing)| *is_missing).map(|(flag, _)| *flag).collect();
        let (Some(name), Some(content), Some(kind), true) =
            (name, content, kind, missing.is_empty())
        else {
            return Err(Failure::missing(&missing, vec![format!("alimsg {command} --help")])
                .hint("give the flags, or a file with --file"));
        };
        let rule = self.template_rule.clone().or(fields.template_rule.map(|rule| match rule {
            Value::String(text) => text,
            other => other.to_string(),
        }));
        let draft = sms::draft::Draft {
            name,
            content,
            kind,
            remark: self.remark.clone().or(fields.remark).or_else(|| current?.remark.clone()),
            related_sign_name: self
                .related_sign_name
                .clone()
                .or(fields.related_sign_name)
                .or_else(|| current?.related_sign_name.clone()),
            rule,
            apply_scene_content: self.apply_scene_content.clone().or(fields.apply_scene_content),
            intl_type: parse_intl_type(intl_type.as_deref(), is_international)?,
        };
        sms::limits::check(&draft)?;
        Ok(draft)
    }
}

/// Parses the international type, which only international templates have.
fn parse_intl_type(text: Option<&str>, is_international: bool) -> Result<Option<u64>> {
    let Some(text) = text else { return Ok(None) };
    if !is_international {
        return Err(Failure::usage("--intl-type is for international templates only")
            .hint("omit it, or use --template-type international"));
    }
    match text.parse() {
        Ok(number @ 0..=3) => Ok(Some(number)),
        _ => Err(Failure::usage(format!("unknown value {text:?} for --intl-type"))
            .hint("expected 0, 1, 2 or 3, as in \"CreateSmsTemplate\"")),
    }
}

/// Warns of missing examples: the service accepts such a template, but reviewers often reject it.
pub fn warn_of_missing_examples(context: &Context, missing: &[String]) {
    if !missing.is_empty() {
        context.screen.warn(format!(
            "no --example for {}: reviewers may reject the template for that",
            missing.join(", ")
        ));
    }
}

/// Warns of a reply without a template code, which does not prove that the template exists.
pub fn warn_of_missing_code(context: &Context, submitted: &SubmittedTemplate) {
    if submitted.code.is_none() {
        context.screen.warn(
            "the reply has no template code: check with `alimsg templates list` whether the \
             template exists",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_international_template_has_an_international_type() {
        assert_eq!(parse_intl_type(Some("2"), true).expect("type"), Some(2));
        assert_eq!(parse_intl_type(None, false).expect("none"), None);
        parse_intl_type(Some("2"), false).expect_err("not international");
        parse_intl_type(Some("4"), true).expect_err("unknown type");
    }
}
