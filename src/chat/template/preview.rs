//! A message as the phone shows it, in plain text.

use crate::chat::template::components::{Button, Header, Message};

/// The message, line by line: header, offer, body, footer, and each button in brackets. A message without
/// header, footer and buttons is its body.
pub fn render_preview(message: &Message) -> String {
    let mut blocks: Vec<String> = Vec::new();
    blocks.extend(message.offer.as_ref().map(|text| format!("<offer: {text}>")));
    if !message.body.is_empty() {
        blocks.push(message.body.clone());
    }
    if let Some(header) = &message.header {
        let place = if message.media_below { blocks.len() } else { 0 };
        blocks.insert(place, top(header));
    }
    if let Some(footer) = &message.footer {
        blocks.push(format!("_{footer}_"));
    }
    if !message.buttons.is_empty() {
        let buttons: Vec<String> = message.buttons.iter().map(button).collect();
        blocks.push(buttons.join("\n"));
    }
    for (number, card) in (1..).zip(&message.cards) {
        let render_preview = render_preview(card);
        let lines: Vec<String> = render_preview.lines().map(indented).collect();
        blocks.push(format!("card {number}:\n{}", lines.join("\n")));
    }
    blocks.join("\n\n")
}

fn indented(line: &str) -> String {
    if line.is_empty() { String::new() } else { format!("  {line}") }
}

fn top(header: &Header) -> String {
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
    fn a_card_stands_apart() {
        let message = Message::of_components(&json!([{ "Type": "CAROUSEL", "Cards": [
            { "CardComponents": [
                { "Type": "HEADER", "Format": "IMAGE" }, { "Type": "BODY", "Text": "One" },
            ] },
        ] }]));
        assert_eq!(render_preview(&message), "card 1:\n  <image>\n\n  One");
    }

    #[test]
    fn the_parts_stand_in_the_order_of_the_phone() {
        let message = Message::of_components(&json!([
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
            ..Message::of_components(&json!([
                { "Type": "HEADER", "Format": "IMAGE", "Url": "https://x.example/a" },
                { "Type": "BODY", "Text": "Hello" },
            ]))
        };
        assert_eq!(render_preview(&viber.rendered(&[])), "Hello\n\n<image: https://x.example/a>");
        assert_eq!(render_preview(&Message { body: "Hi".into(), ..Message::default() }), "Hi");
    }
}
