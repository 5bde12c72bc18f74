//! A message in plain text: as the phone shows it, and as rows of a plan.

use crate::chat::template::components::{Button, Header, Message};
use crate::message::plan::{PlanRow, row, rows};

/// Header, offer, body, footer and buttons, as the phone orders them; a message with a body alone
/// is that body.
pub fn render_preview(message: &Message) -> String {
    let mut blocks: Vec<String> = Vec::new();
    blocks.extend(message.offer.as_ref().map(|text| format!("<offer: {text}>")));
    if !message.body.is_empty() {
        blocks.push(message.body.clone());
    }
    if let Some(header) = &message.header {
        let place = if message.media_below { blocks.len() } else { 0 };
        blocks.insert(place, header_line(header));
    }
    if let Some(footer) = &message.footer {
        blocks.push(format!("_{footer}_"));
    }
    if !message.buttons.is_empty() {
        let buttons: Vec<String> = message.buttons.iter().map(button).collect();
        blocks.push(buttons.join("\n"));
    }
    for (number, card) in (1..).zip(&message.cards) {
        let preview = render_preview(card);
        let lines: Vec<String> = preview.lines().map(indented).collect();
        blocks.push(format!("card {number}:\n{}", lines.join("\n")));
    }
    blocks.join("\n\n")
}

/// The parts of a message as rows of a plan, each with a name of its own.
pub fn message_rows(message: &Message) -> Vec<PlanRow> {
    let header = message.header.as_ref().map(|header| match header {
        Header::Text(text) => text.clone(),
        Header::Media { format, link } => {
            format!("{format} {}", link.as_deref().unwrap_or_default())
        }
    });
    let mut rows = rows([
        ("header", header),
        ("offer", message.offer.clone()),
        ("body", Some(message.body.clone()).filter(|body| !body.is_empty())),
        ("footer", message.footer.clone()),
    ]);
    for (number, button) in (1..).zip(&message.buttons) {
        let target = button.target.as_deref().unwrap_or_default();
        let value = format!("{} {:?} {target}", button.kind.to_lowercase(), button.text);
        rows.push(row(format!("button {number}"), value.trim_end()));
    }
    for (number, card) in (1..).zip(&message.cards) {
        let prefixed = |(name, value)| (format!("card {number} {name}"), value);
        rows.extend(message_rows(card).into_iter().map(prefixed));
    }
    rows
}

fn indented(line: &str) -> String {
    if line.is_empty() { String::new() } else { format!("  {line}") }
}

fn header_line(header: &Header) -> String {
    match header {
        Header::Text(text) => format!("*{text}*"),
        Header::Media { format, link: Some(link) } => format!("<{format}: {link}>"),
        Header::Media { format, link: None } => format!("<{format}>"),
    }
}

fn button(button: &Button) -> String {
    let text = if button.text.is_empty() { &button.kind } else { &button.text };
    match &button.target {
        Some(target) => format!("[ {text} ] {target}"),
        None => format!("[ {text} ]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cards_are_numbered_and_indented() {
        let message = Message::from_components(&json!([{ "Type": "CAROUSEL", "Cards": [
            { "CardComponents": [
                { "Type": "HEADER", "Format": "IMAGE" }, { "Type": "BODY", "Text": "One" },
            ] },
        ] }]));
        assert_eq!(render_preview(&message), "card 1:\n  <image>\n\n  One");
    }

    #[test]
    fn the_parts_have_the_order_of_the_phone() {
        let message = Message::from_components(&json!([
            { "Type": "BUTTONS", "Buttons": [
                { "Type": "URL", "Text": "Track", "Url": "https://x.example" },
                { "Type": "QUICK_REPLY", "Text": "OK" },
            ] },
            { "Type": "FOOTER", "Text": "Acme" },
            { "Type": "BODY", "Text": "Hello $(name)" },
            { "Type": "HEADER", "Text": "Order" },
            { "Type": "LIMITED_TIME_OFFER", "Text": "Ends soon" },
        ]));
        let shown = render_preview(&message.rendered(&[("name".into(), "Alice".into())]));
        assert_eq!(
            shown,
            "*Order*\n\n<offer: Ends soon>\n\nHello Alice\n\n_Acme_\n\n[ Track ] https://x.example\n[ OK ]"
        );
        let viber = Message {
            media_below: true,
            ..Message::from_components(&json!([
                { "Type": "HEADER", "Format": "IMAGE", "Url": "https://x.example/a" },
                { "Type": "BODY", "Text": "Hello" },
            ]))
        };
        assert_eq!(render_preview(&viber.rendered(&[])), "Hello\n\n<image: https://x.example/a>");
        assert_eq!(render_preview(&Message { body: "Hi".into(), ..Message::default() }), "Hi");
    }
}
