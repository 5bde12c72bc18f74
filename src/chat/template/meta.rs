//! Templates in the form of Meta's documentation, converted to that of Alibaba Cloud's calls:
//! lower-case field names, `{{1}}` variables, and examples inside of the components.
//!
//! Meta numbers the variables of each part on its own, Alibaba Cloud has one name for the whole
//! template. So `{{1}}` becomes `$(1)`, or `$(header_1)` outside of the body if several parts have a
//! `{{1}}`.

use serde_json::{Map, Value, json};

use crate::api::reply::fields::text;
use crate::chat::template::field_names::normalize;
use crate::error::{Failure, Result};
use crate::message::placeholder::{Segment, Style, segments};

/// Components in the form of the service's calls, and the examples that were inside of them.
#[derive(Debug, PartialEq)]
pub struct Converted {
    pub components: Value,
    pub examples: Vec<(String, String)>,
}

/// Converts components; those in the service's form stay as they are.
///
/// # Errors
/// A medium that is given by a handle of Meta, which only Meta knows.
pub fn convert(components: &Value) -> Result<Converted> {
    let mut components = normalize(components);
    for_each_part(&mut components, "", &mut |_, part| {
        rename_meta_fields(part);
        Ok(())
    })?;
    let mut numbered: Vec<(String, String)> = Vec::new();
    for_each_part(&mut components, "", &mut |place, part| {
        for field in TEXTS {
            let names = part.get(field).and_then(Value::as_str).map(braced).unwrap_or_default();
            numbered.extend(names.into_iter().map(|name| (place.to_string(), name)));
        }
        Ok(())
    })?;
    let mut examples = Vec::new();
    for_each_part(&mut components, "", &mut |place, part| {
        let is_shared = |name: &str| {
            let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
            is_number && numbered.iter().any(|(other, used)| other != place && used == name)
        };
        let new_name = |name: &str| match place {
            "body" => name.to_string(),
            _ if is_shared(name) => format!("{}_{name}", place.replace(' ', "_")),
            _ => name.to_string(),
        };
        let example = part.shift_remove("example").unwrap_or_default();
        add_examples(part, &example, &new_name, &mut examples);
        take_medium(part, &example)?;
        for field in TEXTS {
            if let Some(Value::String(text)) = part.get_mut(field) {
                *text = with_dollars(text, &new_name);
            }
        }
        Ok(())
    })?;
    Ok(Converted { components, examples })
}

/// The fields with variables.
const TEXTS: [&str; 2] = ["Text", "Url"];

type Visit<'v> = dyn FnMut(&str, &mut Map<String, Value>) -> Result<()> + 'v;

/// Visits each component and each button, with the name of its place, such as `card 1 button 2`.
fn for_each_part(components: &mut Value, within: &str, visit: &mut Visit<'_>) -> Result<()> {
    for component in components.as_array_mut().into_iter().flatten() {
        let Some(component) = component.as_object_mut() else { continue };
        let kind = component.get("Type").and_then(Value::as_str).unwrap_or_default();
        let place = format!("{within}{}", kind.to_lowercase());
        visit(&place, component)?;
        let buttons = component.get_mut("Buttons").and_then(Value::as_array_mut);
        for (number, button) in (1..).zip(buttons.into_iter().flatten()) {
            if let Some(button) = button.as_object_mut() {
                visit(&format!("{within}button {number}"), button)?;
            }
        }
        let cards = component.get_mut("Cards").and_then(Value::as_array_mut);
        for (number, card) in (1..).zip(cards.into_iter().flatten()) {
            if let Some(components) = card.get_mut("CardComponents") {
                for_each_part(components, &format!("{within}card {number} "), visit)?;
            }
        }
    }
    Ok(())
}

/// Renames what Meta names differently, apart from the case of its letters.
fn rename_meta_fields(part: &mut Map<String, Value>) {
    for field in ["Type", "Format"] {
        if let Some(Value::String(word)) = part.get_mut(field) {
            *word = word.to_uppercase();
        }
    }
    if let Some(recommends) = part.shift_remove("add_security_recommendation") {
        part.insert("AddSecretRecommendation".into(), recommends);
    }
    if let Some(Value::Object(offer)) = part.shift_remove("limited_time_offer") {
        part.extend(offer);
    }
    // An authentication button: its own type is the kind of code.
    if part.get("Type").is_some_and(|kind| kind == "OTP")
        && let Some(Value::String(kind)) = part.shift_remove("otp_type")
    {
        part.insert("Type".into(), kind.to_uppercase().into());
    }
    for card in part.get_mut("Cards").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(card) = card.as_object_mut()
            && let Some(components) = card.shift_remove("components")
        {
            card.insert("CardComponents".into(), components);
        }
    }
}

/// The names of the variables in double braces.
fn braced(text: &str) -> Vec<String> {
    let names = segments(text, Style::Chat).into_iter().filter_map(|segment| match segment {
        Segment::Variable { name, source } if source.starts_with("{{") => Some(name.to_string()),
        Segment::Variable { .. } | Segment::Text(_) => None,
    });
    names.collect()
}

fn with_dollars(text: &str, new_name: &impl Fn(&str) -> String) -> String {
    let parts = segments(text, Style::Chat).into_iter().map(|segment| match segment {
        Segment::Variable { name, source } if source.starts_with("{{") => {
            Style::Chat.variable(&new_name(name))
        }
        Segment::Variable { source, .. } => source.to_string(),
        Segment::Text(text) => text.to_string(),
    });
    parts.collect()
}

/// Adds the examples of the variables of a part, under their new names.
fn add_examples(
    part: &Map<String, Value>,
    example: &Value,
    new_name: &impl Fn(&str) -> String,
    examples: &mut Vec<(String, String)>,
) {
    let mut add = |name: &str, value: String| {
        if examples.iter().all(|(known, _)| known != name) {
            examples.push((name.to_string(), value));
        }
    };
    for list in ["header_text_named_params", "body_text_named_params"] {
        for item in example[list].as_array().into_iter().flatten() {
            if let (Some(name), Some(value)) =
                (text(item, &["param_name"]), text(item, &["example"]))
            {
                add(&new_name(&name), value);
            }
        }
    }
    let url = part.get("Url").and_then(Value::as_str);
    let values = match url {
        // The example of a link is the whole link, or the value of its variable.
        Some(url) => {
            let start = url.split("{{").next().unwrap_or_default();
            let own = |value: String| value.strip_prefix(start).map_or(value.clone(), Into::into);
            texts(example).into_iter().map(own).collect()
        }
        None => {
            let lists = ["header_text", "body_text"].map(|list| texts(&example[list]));
            lists.concat()
        }
    };
    let written = part.get("Text").and_then(Value::as_str).into_iter().chain(url);
    for name in written.flat_map(braced) {
        let position = name.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        if let Some(value) = position.and_then(|position| values.get(position)) {
            add(&new_name(&name), value.clone());
        }
    }
}

/// All texts in nested lists.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Takes the link of a medium, the code of a button and the kind of a link from the example.
fn take_medium(part: &mut Map<String, Value>, example: &Value) -> Result<()> {
    if let Some(handle) = texts(&example["header_handle"]).into_iter().next()
        && !part.contains_key("Url")
    {
        if !handle.starts_with("http") {
            return Err(Failure::usage(
                "the example of the header is a handle of Meta, which Alibaba Cloud cannot read",
            )
            .hint("give the header a \"url\": the link that `alimsg whatsapp media upload` prints")
            .next("alimsg whatsapp media upload --help"));
        }
        part.insert("Url".into(), handle.into());
    }
    let kind = part.get("Type").and_then(Value::as_str).unwrap_or_default();
    if kind == "COPY_CODE"
        && let Some(code) = texts(example).into_iter().next()
    {
        part.entry("CouponCode").or_insert(code.into());
        part.entry("Text").or_insert(json!("Copy code"));
    } else if kind == "URL" && !part.contains_key("UrlType") {
        let url = part.get("Url").and_then(Value::as_str).unwrap_or_default();
        let is_dynamic = url.contains("$(") || url.contains("{{");
        part.insert("UrlType".into(), json!(if is_dynamic { "dynamic" } else { "static" }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(components: &Value) -> (Value, Vec<String>) {
        let Converted { components, examples } = convert(components).expect("a template");
        (components, examples.into_iter().map(|(name, value)| format!("{name}={value}")).collect())
    }

    #[test]
    fn a_template_of_the_documentation_is_converted() {
        let (components, examples) = converted(&json!([
            {"type": "header", "format": "text", "text": "Our {{1}} is on!",
             "example": {"header_text": ["Summer Sale"]}},
            {"type": "BODY", "text": "Shop until {{1}} with {{2}}.",
             "example": {"body_text": [["the end of August", "25OFF"]]}},
            {"type": "buttons", "buttons": [
                {"type": "quick_reply", "text": "Unsubscribe"},
                {"type": "URL", "text": "Shop", "url": "https://x.example/{{1}}",
                 "example": ["https://x.example/summer"]},
                {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "15550051310"},
                {"type": "COPY_CODE", "example": "250FF"},
            ]},
        ]));
        assert_eq!(
            components,
            json!([
                {"Type": "HEADER", "Format": "TEXT", "Text": "Our $(header_1) is on!"},
                {"Type": "BODY", "Text": "Shop until $(1) with $(2)."},
                {"Type": "BUTTONS", "Buttons": [
                    {"Type": "QUICK_REPLY", "Text": "Unsubscribe"},
                    {"Type": "URL", "Text": "Shop", "Url": "https://x.example/$(button_2_1)",
                     "UrlType": "dynamic"},
                    {"Type": "PHONE_NUMBER", "Text": "Call", "PhoneNumber": "15550051310"},
                    {"Type": "COPY_CODE", "CouponCode": "250FF", "Text": "Copy code"},
                ]},
            ])
        );
        let expected =
            ["header_1=Summer Sale", "1=the end of August", "2=25OFF", "button_2_1=summer"];
        assert_eq!(examples, expected);
    }

    #[test]
    fn named_variables_offers_cards_and_codes_are_converted() {
        let (components, examples) = converted(&json!([
            {"type": "BODY", "text": "Hi {{first_name}}", "example": {"body_text_named_params":
                [{"param_name": "first_name", "example": "Pablo"}]}},
            {"type": "limited_time_offer",
             "limited_time_offer": {"text": "Expiring!", "has_expiration": true}},
            {"type": "carousel", "cards": [{"components": [
                {"type": "header", "format": "image",
                 "example": {"header_handle": ["https://x.example/a.png"]}},
                {"type": "body", "text": "Only {{1}}", "example": {"body_text": ["9 USD"]}},
            ]}]},
        ]));
        assert_eq!(
            components,
            json!([
                {"Type": "BODY", "Text": "Hi $(first_name)"},
                {"Type": "LIMITED_TIME_OFFER", "Text": "Expiring!", "HasExpiration": true},
                {"Type": "CAROUSEL", "Cards": [{"CardComponents": [
                    {"Type": "HEADER", "Format": "IMAGE", "Url": "https://x.example/a.png"},
                    {"Type": "BODY", "Text": "Only $(1)"},
                ]}]},
            ])
        );
        assert_eq!(examples, ["first_name=Pablo", "1=9 USD"]);
        let (components, _) = converted(&json!([
            {"type": "body", "add_security_recommendation": true},
            {"type": "footer", "code_expiration_minutes": 5},
            {"type": "buttons", "buttons": [{"type": "otp", "otp_type": "copy_code", "text": "Copy"}]},
        ]));
        assert_eq!(
            components,
            json!([
                {"Type": "BODY", "AddSecretRecommendation": true},
                {"Type": "FOOTER", "CodeExpirationMinutes": 5},
                {"Type": "BUTTONS", "Buttons": [{"Type": "COPY_CODE", "Text": "Copy"}]},
            ])
        );
    }

    #[test]
    fn components_of_the_service_stay_as_they_are() {
        let own = json!([
            {"Type": "HEADER", "Format": "IMAGE", "Url": "https://x.example/$(pic)"},
            {"Type": "BODY", "Text": "Hello $(name), {b} $("},
            {"Type": "BUTTONS", "Buttons": [{"Type": "URL", "Text": "T", "Url": "https://x.example",
                "UrlType": "static"}]},
            5, null,
        ]);
        assert_eq!(converted(&own), (own.clone(), Vec::new()));
    }

    #[test]
    fn a_handle_of_meta_is_refused() {
        let header = json!([{"type": "HEADER", "format": "IMAGE",
            "example": {"header_handle": ["4::aW1hZ2U="]}}]);
        let failure = convert(&header).expect_err("a handle");
        assert!(failure.hint.as_deref().is_some_and(|hint| hint.contains("media upload")));
    }
}
