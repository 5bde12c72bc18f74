//! Messages on a terminal, as in a chat: `14:35 ← Where is my order?`.

use anstyle::Style;
use dialoguer::console::{measure_text_width, truncate_str};
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use serde_json::{Map, Value};

use crate::message::sanitize;
use crate::output::cell;
use crate::output::states;
use crate::output::table::Reader;

const DIM: Style = Style::new().dimmed();
/// The columns of the time and the arrow.
const INDENT: usize = 8;
/// On a narrower terminal, lines of this length wrap.
const MIN_WIDTH: usize = 30;

/// A list of messages, the oldest first, with a line for each new day.
pub fn render(items: &[Map<String, Value>], reader: &Reader) -> String {
    let mut items: Vec<&Map<String, Value>> = items.iter().collect();
    // The service lists the newest first.
    items.reverse();
    items.sort_by_key(|item| moment(item));
    let mut customers: Vec<_> = items.iter().map(|item| customer(item)).collect();
    customers.sort();
    customers.dedup();
    let mut day = None;
    items.into_iter().map(|item| lines(item, customers.len() > 1, &mut day, reader)).collect()
}

/// The lines of one message, with its customer if there are several. `day` is the day of the message
/// before it. An item with the event `status` is a message whose status has changed.
pub fn lines(
    item: &Map<String, Value>,
    with_customer: bool,
    day: &mut Option<Date>,
    reader: &Reader,
) -> String {
    let style = |style: Style| if reader.colors { style } else { Style::new() };
    let dim = style(DIM);
    let is_change = text(item, "event") == "status";
    let at =
        if is_change { Some(reader.now.clone()) } else { moment(item).map(|at| local(at, reader)) };
    let mut lines = String::new();
    if let Some(date) = at.as_ref().map(Zoned::date).filter(|date| *day != Some(*date)) {
        *day = Some(date);
        lines += &format!("{dim}{}{dim:#}\n", at.as_ref().map_or_else(String::new, day_line));
    }
    let time = at.map_or_else(|| "--:--".to_string(), |at| at.strftime("%H:%M").to_string());
    let is_inbound = text(item, "direction") == "in";
    let who = if with_customer { customer(item) + " " } else { String::new() };
    let status = cell::plain(item.get("status"));
    let status_style = style(states::style(&status));
    let reason = Some(cell::plain(item.get("reason"))).filter(|reason| !reason.is_empty());
    let status = reason.map_or_else(|| status.clone(), |reason| format!("{status}: {reason}"));
    let width = usize::from(reader.width).max(MIN_WIDTH) - INDENT;
    if is_change {
        let line = format!("{who}{status}: {}", content(item));
        let line = truncate_str(&line, width, "…");
        return lines + &format!("{time} {status_style}·{status_style:#} {line}\n");
    }
    let arrow = if is_inbound { "←" } else { "→" };
    // The ID of an incoming message is what a reply needs; of another one, the status matters.
    let (note, note_style) = if is_inbound {
        (format!("({})", cell::plain(item.get("id"))), dim)
    } else {
        (format!("({status})"), status_style)
    };
    let mut rows = wrap(&format!("{who}{}", content(item)), width);
    let last = rows.last().map_or(0, |row| measure_text_width(row));
    let note = truncate_str(&note, width, "…");
    if last > 0 && last + 1 + measure_text_width(&note) > width {
        rows.push(String::new());
    }
    let count = rows.len();
    for (index, row) in rows.into_iter().enumerate() {
        let start = if index == 0 { format!("{time} {arrow} ") } else { " ".repeat(INDENT) };
        let is_last = index + 1 == count;
        let gap = if row.is_empty() { "" } else { " " };
        let end =
            if is_last { format!("{gap}{note_style}{note}{note_style:#}") } else { String::new() };
        lines += &format!("{start}{row}{end}\n");
    }
    lines
}

fn text<'i>(item: &'i Map<String, Value>, name: &str) -> &'i str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn moment(item: &Map<String, Value>) -> Option<Timestamp> {
    text(item, "at").parse().ok()
}

fn local(moment: Timestamp, reader: &Reader) -> Zoned {
    moment.to_zoned(reader.now.time_zone().clone())
}

fn day_line(at: &Zoned) -> String {
    at.strftime("%A, %-d %B %Y").to_string()
}

fn customer(item: &Map<String, Value>) -> String {
    let name = if text(item, "direction") == "in" { "from" } else { "to" };
    cell::plain(item.get(name))
}

/// The text of a message; for another kind, its kind and what can be read of it.
fn content(item: &Map<String, Value>) -> String {
    let kind = cell::plain(item.get("type"));
    let text = text(item, "text");
    let readable = match serde_json::from_str::<Map<String, Value>>(text) {
        Ok(fields) if kind != "text" => {
            let known = ["caption", "text", "body", "fileName", "link", "emoji", "name", "address"];
            let values: Vec<String> = known
                .iter()
                .filter_map(|name| fields.get(*name))
                .map(|value| cell::plain(Some(value)))
                .collect();
            if values.is_empty() { sanitize::line(text) } else { values.join(" ") }
        }
        _ => sanitize::line(text),
    };
    match (kind.as_str(), readable.as_str()) {
        ("text" | "", _) => readable,
        (_, "") => format!("[{kind}]"),
        _ => format!("[{kind}] {readable}"),
    }
}

/// Lines of at most this many columns, broken at spaces where possible.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let word_width = measure_text_width(word);
        if used > 0 && used + 1 + word_width > width {
            lines.push(String::new());
            used = 0;
        }
        let Some(line) = lines.last_mut() else { break };
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        if word_width <= width {
            line.push_str(word);
            used += word_width;
            continue;
        }
        for c in word.chars() {
            let c_width = measure_text_width(c.encode_utf8(&mut [0; 4]));
            if used + c_width > width {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
                used += c_width;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reader(width: u16) -> Reader {
        let now = "2026-03-26T14:38:00+08:00[Asia/Shanghai]".parse().expect("a moment");
        Reader { width, now, colors: false }
    }

    fn message(direction: &str, at: &str, kind: &str, text: &str) -> Map<String, Value> {
        let (from, to) = if direction == "in" { ("C", "B") } else { ("B", "C") };
        let item = json!({
            "id": "m-1", "at": format!("2026-03-{at}Z"), "direction": direction, "from": from,
            "to": to, "type": kind, "text": text, "status": "read", "reason": null,
        });
        item.as_object().expect("an object").clone()
    }

    #[test]
    fn a_history_reads_like_a_chat() {
        let mut failed = message("out", "26T06:37:00", "text", "Tomorrow.");
        failed.insert("status".into(), "failed".into());
        failed.insert("reason".into(), "not on WhatsApp".into());
        let link = r#"{"link":"https://example.com/a.jpg","caption":"Here"}"#;
        let items = [
            failed,
            message("out", "26T06:36:00", "image", link),
            message("in", "26T06:35:00", "text", "Where is my order?"),
            message("in", "25T06:35:00", "sticker", ""),
        ];
        assert_eq!(
            render(&items, &reader(80)),
            "Wednesday, 25 March 2026\n\
             14:35 ← [sticker] (m-1)\n\
             Thursday, 26 March 2026\n\
             14:35 ← Where is my order? (m-1)\n\
             14:36 → [image] Here https://example.com/a.jpg (read)\n\
             14:37 → Tomorrow. (failed: not on WhatsApp)\n"
        );
        let mut changed = message("out", "26T06:36:00", "text", "It is here.");
        changed.insert("event".into(), "status".into());
        let mut day = Some(jiff::civil::date(2026, 3, 26));
        assert_eq!(lines(&changed, true, &mut day, &reader(80)), "14:38 · C read: It is here.\n");
    }

    #[test]
    fn several_customers_are_named() {
        let mut other = message("in", "26T06:35:30", "text", "Hi");
        other.insert("from".into(), "D".into());
        let shown = render(&[other, message("in", "26T06:35:00", "text", "Hi")], &reader(80));
        assert!(shown.contains("14:35 ← C Hi (m-1)\n14:35 ← D Hi (m-1)\n"), "{shown}");
    }

    #[test]
    fn every_line_fits() {
        for text in ["word ".repeat(100), "你".repeat(300), "x".repeat(500), String::new()] {
            for direction in ["in", "out"] {
                let shown =
                    render(&[message(direction, "26T06:35:00", "text", &text)], &reader(40));
                let widest = shown.lines().map(measure_text_width).max().unwrap_or(0);
                assert!(widest <= 40, "{shown}");
                let kept = shown.matches(['x', '你']).count();
                assert_eq!(kept, text.matches(['x', '你']).count());
            }
        }
    }
}
