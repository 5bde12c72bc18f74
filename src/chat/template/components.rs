//! WhatsApp and Viber templates: the components as the service gives them, read once.

use serde_json::Value;

use crate::api::reply::fields;
use crate::message::placeholder::variables::{Style, Variable, names, render};

/// A message of a template: its texts with variables, or with values in their place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    pub header: Option<Header>,
    /// What a limited-time offer says above its countdown.
    pub offer: Option<String>,
    pub body: String,
    pub footer: Option<String>,
    pub buttons: Vec<Button>,
    /// The phone shows a medium below the text, as Viber does ("CreateChatappTemplate").
    pub media_below: bool,
    /// The cards of a carousel, each a small message below a picture or a video.
    pub cards: Vec<Message>,
}

/// What stands above the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Header {
    Text(String),
    /// An image, a video, a document or a place: the format in lower case, and its link or name.
    Media {
        format: String,
        link: Option<String>,
    },
}

/// A button below the message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Button {
    /// As the service names it, for example `QUICK_REPLY` or `URL`.
    pub kind: String,
    pub text: String,
    /// The address, number or code behind it.
    pub target: Option<String>,
}

impl Message {
    /// Reads the components. What it does not know, or what has a strange type, is left out.
    pub fn of_components(components: &Value) -> Self {
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
                let buttons = component.get("Buttons").and_then(Value::as_array);
                self.buttons.extend(buttons.into_iter().flatten().map(button));
            }
            "CAROUSEL" => {
                let cards = component.get("Cards").and_then(Value::as_array);
                self.cards.extend(cards.into_iter().flatten().map(|card| {
                    Self::of_components(card.get("CardComponents").unwrap_or(&Value::Null))
                }));
            }
            _ => {}
        }
    }

    /// Every text that can hold a variable, with the name of its place.
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
        names(self.texts(), Style::Chat)
    }

    /// The message with the values in the place of its variables.
    #[must_use]
    pub fn rendered(&self, values: &[(String, String)]) -> Self {
        let filled = |text: &String| render(text, Style::Chat, values);
        Self {
            header: self.header.as_ref().map(|header| match header {
                Header::Text(text) => Header::Text(filled(text)),
                Header::Media { format, link } => {
                    Header::Media { format: format.clone(), link: link.as_ref().map(filled) }
                }
            }),
            offer: self.offer.as_ref().map(filled),
            body: filled(&self.body),
            footer: self.footer.as_ref().map(filled),
            buttons: self
                .buttons
                .iter()
                .map(|button| Button {
                    kind: button.kind.clone(),
                    text: filled(&button.text),
                    target: button.target.as_ref().map(filled),
                })
                .collect(),
            media_below: self.media_below,
            cards: self.cards.iter().map(|card| card.rendered(values)).collect(),
        }
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
        let message = Message::of_components(&json!([
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
    fn strange_components_are_no_danger() {
        for components in [
            json!(null),
            json!("text"),
            json!([1, null, "x", {}, {"Type": 5}, {"Type": "BUTTONS", "Buttons": "no"}]),
            json!([{"Type": "BUTTONS", "Buttons": [null, 3]}, {"Type": "CAROUSEL", "Cards": [1]}]),
            json!([{"Type": "BODY", "Text": {"a": 1}}, {"Type": "HEADER", "Format": 3}]),
        ] {
            assert!(Message::of_components(&components).variables().is_empty(), "{components}");
        }
    }
}
