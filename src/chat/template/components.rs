//! The message of a WhatsApp or Viber template, parsed from its components.

use serde_json::Value;

use crate::api::reply::fields;
use crate::message::placeholder::{Style, Variable, find_variables, render};

/// The message of a template, with variables or with values in their place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    pub header: Option<Header>,
    /// The text of a limited-time offer.
    pub offer: Option<String>,
    pub body: String,
    pub footer: Option<String>,
    pub buttons: Vec<Button>,
    /// Viber shows an image or video below the text ("CreateChatappTemplate").
    pub media_below: bool,
    /// The cards of a carousel, each with an image or video on top.
    pub cards: Vec<Message>,
}

/// The part above the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Header {
    Text(String),
    /// An image, a video, a document or a location: the format in lower case, its link or name.
    Media {
        format: String,
        link: Option<String>,
    },
}

impl Header {
    /// `text`, or the format of the media in lower case.
    pub fn format(&self) -> &str {
        match self {
            Self::Text(_) => "text",
            Self::Media { format, .. } => format,
        }
    }
}

/// A button below the message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Button {
    /// As the service names it, for example `QUICK_REPLY` or `URL`.
    pub kind: String,
    pub text: String,
    /// Its URL, phone number or code.
    pub target: Option<String>,
}

impl Message {
    /// Parses components. Unknown ones and those of a wrong type are left out.
    pub fn from_components(components: &Value) -> Self {
        let mut message = Self::default();
        for component in components.as_array().into_iter().flatten() {
            message.add(component);
        }
        message
    }

    fn add(&mut self, component: &Value) {
        let text = || fields::text(component, &["Text"]);
        match fields::text(component, &["Type"]).unwrap_or_default().to_uppercase().as_str() {
            "HEADER" => self.header = header(component),
            "LIMITED_TIME_OFFER" => self.offer = text(),
            "BODY" => self.body = text().unwrap_or_default(),
            "FOOTER" => {
                self.footer = text().or_else(|| {
                    let minutes = fields::number(component, &["CodeExpirationMinutes"])?;
                    Some(format!("This code expires in {minutes} minutes."))
                });
            }
            "BUTTONS" => {
                self.buttons.extend(fields::list(component, &["Buttons"]).map(button));
            }
            "CAROUSEL" => {
                let cards = fields::list(component, &["Cards"]);
                self.cards.extend(cards.map(|card| Self::from_components(&card["CardComponents"])));
            }
            _ => {}
        }
    }

    /// Every text that can have variables, with the name of its place.
    pub fn texts(&self) -> Vec<(String, &str)> {
        let mut texts = Vec::new();
        if let Some(Header::Text(text) | Header::Media { link: Some(text), .. }) = &self.header {
            texts.push(("header".to_string(), text.as_str()));
        }
        texts.extend(self.offer.as_deref().map(|text| ("offer".to_string(), text)));
        texts.push(("body".to_string(), self.body.as_str()));
        texts.extend(self.footer.as_deref().map(|text| ("footer".to_string(), text)));
        for (number, button) in (1..).zip(&self.buttons) {
            let place = format!("button {number}");
            texts.push((place.clone(), button.text.as_str()));
            texts.extend(button.target.as_deref().map(|target| (place, target)));
        }
        for (number, card) in (1..).zip(&self.cards) {
            let within = |(place, text)| (format!("card {number} {place}"), text);
            texts.extend(card.texts().into_iter().map(within));
        }
        texts
    }

    /// The variables, each once, with their places.
    pub fn variables(&self) -> Vec<Variable> {
        find_variables(self.texts(), Style::Chat)
    }

    /// Replaces the variables by their values.
    #[must_use]
    pub fn rendered(&self, values: &[(String, String)]) -> Self {
        let mut message = self.clone();
        let header = match &mut message.header {
            Some(Header::Text(text) | Header::Media { link: Some(text), .. }) => Some(text),
            _ => None,
        };
        let buttons = message.buttons.iter_mut();
        let buttons =
            buttons.flat_map(|button| [&mut button.text].into_iter().chain(&mut button.target));
        let texts = [&mut message.body].into_iter().chain(&mut message.offer);
        for text in texts.chain(header).chain(&mut message.footer).chain(buttons) {
            *text = render(text, Style::Chat, values);
        }
        for card in &mut message.cards {
            *card = card.rendered(values);
        }
        message
    }
}

fn header(component: &Value) -> Option<Header> {
    let format = fields::text(component, &["Format"]).unwrap_or_else(|| "text".into());
    let format = format.to_lowercase();
    if format == "text" {
        return fields::text(component, &["Text"]).map(Header::Text);
    }
    let link = fields::text(component, &["Url", "LocationName", "FileName"]);
    Some(Header::Media { format, link })
}

fn button(button: &Value) -> Button {
    Button {
        kind: fields::text(button, &["Type"]).unwrap_or_default().to_uppercase(),
        text: fields::text(button, &["Text"]).unwrap_or_default(),
        target: fields::text(button, &["Url", "PhoneNumber", "CouponCode"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn variables_are_found_in_every_part() {
        let message = Message::from_components(&json!([
            { "Type": "HEADER", "Format": "IMAGE", "Url": "https://x.example/$(pic)" },
            { "Type": "LIMITED_TIME_OFFER", "Text": "$(end)" },
            { "Type": "BODY", "Text": "Hello $(name)" },
            { "Type": "BUTTONS", "Buttons": [
                { "Type": "QUICK_REPLY", "Text": "OK" },
                { "Type": "URL", "Text": "Track", "Url": "https://x.example/$(order)" },
            ] },
            { "Type": "CAROUSEL", "Cards": [
                { "CardComponents": [{ "Type": "BODY", "Text": "$(item)" }] },
            ] },
        ]));
        let found: Vec<_> = message
            .variables()
            .into_iter()
            .map(|variable| format!("{} in {}", variable.name, variable.places.join(",")))
            .collect();
        assert_eq!(
            found,
            [
                "pic in header",
                "end in offer",
                "name in body",
                "order in button 2",
                "item in card 1 body"
            ]
        );
    }

    #[test]
    fn components_of_a_wrong_type_are_ignored() {
        for components in [
            json!(null),
            json!("text"),
            json!([1, null, "x", {}, {"Type": 5}, {"Type": "BUTTONS", "Buttons": "no"}]),
            json!([{"Type": "BUTTONS", "Buttons": [null, 3]}, {"Type": "CAROUSEL", "Cards": [1]}]),
            json!([{"Type": "BODY", "Text": {"a": 1}}, {"Type": "HEADER", "Format": 3}]),
        ] {
            assert!(Message::from_components(&components).variables().is_empty(), "{components}");
        }
    }
}
