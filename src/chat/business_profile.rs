//! The business profile of a WhatsApp number, which customers see.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::api::call::{Call, ChangeCall, ReadCall};
use crate::api::operations::{MODIFY_PHONE_BUSINESS_PROFILE, QUERY_PHONE_BUSINESS_PROFILE};
use crate::api::reply::{Reply, fields};
use crate::error::{Failure, Result};
use crate::message::{length, url};

/// WhatsApp's limits, in characters.
const MAX_LENGTH: &[(&str, usize)] = &[
    ("--about", 139),
    ("--address", 256),
    ("--description", 512),
    ("--email", 128),
    ("--website", 256),
];
const MAX_WEBSITES: usize = 2;

/// The profile as the service describes it, the names of the fields in snake case: `about`,
/// `address`, `description`, `email`, `profile_picture_url`, `vertical` (the line of business, a word
/// of WhatsApp), `websites` (a list), and any field that the service adds. A field that is not set
/// is `null`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct BusinessProfile(Map<String, Value>);

impl JsonSchema for BusinessProfile {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BusinessProfile".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "As the service describes it, usually texts: about, address, \
                            description, email, profile_picture_url, vertical; websites is a list. \
                            A field that is not set is null.",
            "type": "object",
            "additionalProperties": true,
        })
    }
}

impl BusinessProfile {
    pub fn from_reply(reply: &Reply) -> Self {
        match reply.value("Data").map(fields::snake_case) {
            Some(Value::Object(profile)) => Self(profile),
            _ => Self(Map::new()),
        }
    }

    /// The value of a field on one line; empty if it is not set.
    pub fn line(&self, field: &str) -> String {
        match self.0.get(field) {
            Some(Value::Array(items)) => {
                items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
            }
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        }
    }
}

/// The call that shows the profile of a number.
pub fn show_call(number: &str, space: &str) -> ReadCall {
    Call::to(&QUERY_PHONE_BUSINESS_PROFILE)
        .text("--cust-space-id", space)
        .text("--phone-number", number)
}

/// New values of some fields.
#[derive(Debug, Clone)]
pub struct Update {
    /// Flags, which are also the names of the fields, and their values.
    pub texts: [(&'static str, Option<String>); 6],
    /// These replace all websites, if there are any.
    pub websites: Vec<String>,
}

impl Update {
    /// Checks WhatsApp's limits.
    ///
    /// # Errors
    /// A text that is too long; something other than a link; too many websites.
    pub fn check(&self) -> Result<()> {
        for (flag, text) in &self.texts {
            let Some(text) = text else { continue };
            check_length(flag, text)?;
            if *flag == "--profile-picture-url" {
                url::check(flag, text)?;
            }
        }
        let count = self.websites.len();
        if count > MAX_WEBSITES {
            return Err(Failure::usage(format!("{count} websites; at most {MAX_WEBSITES}"))
                .hint("this is WhatsApp's limit"));
        }
        for url in &self.websites {
            check_length("--website", url)?;
            url::check("--website", url)?;
        }
        Ok(())
    }

    /// The fields that change, by their names in the profile, with their new values as a line.
    pub fn changes(&self) -> Vec<(String, String)> {
        let name = |flag: &str| flag.trim_start_matches('-').replace('-', "_");
        let texts = self.texts.iter();
        let mut changes: Vec<(String, String)> =
            texts.filter_map(|(flag, text)| Some((name(flag), text.clone()?))).collect();
        if !self.websites.is_empty() {
            changes.push(("websites".into(), self.websites.join(", ")));
        }
        changes
    }

    /// The call that makes the change.
    pub fn call(&self, number: &str, space: &str) -> ChangeCall {
        let mut call = Call::to(&MODIFY_PHONE_BUSINESS_PROFILE)
            .text("--cust-space-id", space)
            .text("--phone-number", number);
        for (flag, text) in &self.texts {
            call = call.optional_text(flag, text.as_deref());
        }
        call.list("--websites", &self.websites)
    }
}

fn check_length(flag: &str, text: &str) -> Result<()> {
    let limit = MAX_LENGTH.iter().find(|(name, _)| *name == flag).map(|(_, limit)| *limit);
    limit.map_or(Ok(()), |limit| length::check(flag, text, limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn update(flag: &'static str, text: &str) -> Update {
        let none = |flag| (flag, None);
        let texts = ["--about", "--address", "--description", "--email", "--vertical"].map(none);
        let [about, address, description, email, vertical] = texts;
        let given = (flag, Some(text.to_string()));
        Update { texts: [about, address, description, email, given, vertical], websites: vec![] }
    }

    #[test]
    fn links_and_lengths_are_checked() {
        let picture = |link| update("--profile-picture-url", link);
        picture("https://example.com/a.png").check().expect("a link");
        for invalid in ["", "a.png"] {
            picture(invalid).check().expect_err(invalid);
        }
        update("--about", &"é".repeat(140)).check().expect_err("too long");
        let websites = ["a", "b", "c"].map(|name| format!("https://{name}.example")).to_vec();
        Update { websites, ..update("--about", "x") }.check().expect_err("three websites");
    }

    #[test]
    fn changes_have_the_names_of_the_fields_in_the_profile() {
        let links = vec!["https://a.example".to_string(), "https://b.example".to_string()];
        let update = Update { websites: links, ..update("--profile-picture-url", "x") };
        let joined = "https://a.example, https://b.example";
        let expected = [("profile_picture_url", "x"), ("websites", joined)];
        assert_eq!(
            update.changes(),
            expected.map(|(name, value)| (name.to_string(), value.to_string()))
        );
        let data = json!({"ProfilePictureUrl": "x", "Websites": ["https://a.example", 5]});
        let reply = json!({ "Data": data });
        let reply = Reply(reply.as_object().expect("an object").clone());
        let profile = BusinessProfile::from_reply(&reply);
        assert_eq!(profile.line("profile_picture_url"), "x");
        assert_eq!(profile.line("websites"), "https://a.example");
        assert_eq!(profile.line("about"), "");
    }
}
