//! Lists: a table on a terminal, tab-separated values in a pipe, with the same data.

use comfy_table::{ContentArrangement, Table, presets};
use dialoguer::console::measure_text_width;
use jiff::Zoned;
use serde_json::{Map, Value};

use crate::message::sanitize;
use crate::output::cell::{self, Separated};
use crate::output::{record, times};

/// The terminal on which a list is shown.
pub struct Reader {
    /// Its width in columns.
    pub width: u16,
    /// The current time in the local zone.
    pub now: Zoned,
}

/// The text of a list. A table wider than the terminal would wrap codes and numbers within cells,
/// so each item is then a block of lines instead.
pub fn render(
    items: &[Map<String, Value>],
    reader: Option<&Reader>,
    separated: Separated,
) -> String {
    let columns = columns(items);
    if columns.is_empty() {
        return String::new();
    }
    let Some(Reader { width, now }) = reader else {
        return separated.heading(&columns) + &separated.rows(items, &columns);
    };
    let blocks = || items.iter().map(|item| block(item, now)).collect::<Vec<_>>().join("\n");
    let rows: Vec<Vec<String>> = items
        .iter()
        .map(|item| {
            columns.iter().map(|name| times::cell(name, item.get(*name), Some(now))).collect()
        })
        .collect();
    let headings: Vec<String> = columns.iter().map(|name| sanitize::line(name)).collect();
    // Checked before the table is drawn, because the library counts columns in 16 bits.
    let min_width: usize = (0..columns.len())
        .map(|column| {
            let cells = rows.iter().chain([&headings]).filter_map(|row| row.get(column));
            cells.map(|cell| measure_text_width(cell)).max().unwrap_or(0)
        })
        .sum();
    if min_width > usize::from(*width) {
        return blocks();
    }
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(headings);
    for row in rows {
        table.add_row(row);
    }
    let table = table.to_string();
    if table.lines().all(|line| measure_text_width(line) <= usize::from(*width)) {
        return table + "\n";
    }
    blocks()
}

/// One item, with one line per field; empty fields are omitted.
fn block(item: &Map<String, Value>, now: &Zoned) -> String {
    let is_something = |value: &Value| !cell::plain(Some(value)).is_empty();
    let filled = item.iter().filter(|(_, value)| is_something(value));
    record::lines(&filled.map(|(name, value)| (name.clone(), value.clone())).collect(), now)
}

/// All fields of all items, in the order of their first appearance.
pub fn columns(items: &[Map<String, Value>]) -> Vec<&str> {
    let mut columns: Vec<&str> = Vec::new();
    for name in items.iter().flat_map(Map::keys) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pipe_gets_a_heading_and_one_line_per_item() {
        let item = |value: Value| value.as_object().expect("object").clone();
        let items = [
            item(json!({"code": "SMS_1", "text": "a\tb\nc", "tags": ["x", "y"]})),
            item(json!({"code": "SMS_2", "text": null, "size": 3})),
        ];
        assert_eq!(
            render(&items, None, Separated::default()),
            "code\ttext\ttags\tsize\nSMS_1\ta b c\tx,y\t\nSMS_2\t\t\t3\n"
        );
        assert_eq!(render(&[], None, Separated::default()), "");
    }

    #[test]
    fn a_terminal_gets_a_table_or_if_too_narrow_one_block_per_item() {
        let item = |value: Value| value.as_object().expect("object").clone();
        let items = [
            item(json!({"code": "SMS_1", "sent_at": "2026-03-26T06:05:00Z", "reason": null})),
            item(json!({"code": "SMS_2", "sent_at": null, "reason": "不合规", "size": 3})),
        ];
        let now = "2026-03-26T14:08:00+08:00[Asia/Shanghai]".parse().expect("a moment");
        let mut reader = Reader { width: 80, now };
        let table = render(&items, Some(&reader), Separated::default());
        assert!(table.lines().any(|line| line.contains("SMS_2") && line.contains("不合规")));
        assert!(table.contains("2026-03-26 14:05, 3 min ago"), "{table}");
        reader.width = 30;
        assert_eq!(
            render(&items, Some(&reader), Separated::default()),
            "code     SMS_1\nsent_at  2026-03-26 14:05, 3 min ago\n\n\
             code    SMS_2\nreason  不合规\nsize    3\n"
        );
        assert_eq!(render(&[], Some(&reader), Separated::default()), "");
    }

    #[test]
    fn cells_and_names_of_any_length_are_shown() {
        let now: Zoned = "2026-03-26T14:08:00+08:00[Asia/Shanghai]".parse().expect("a moment");
        for piece in ["x", "你", "e\u{301}", "\u{200b}", "😀"] {
            let long = piece.repeat(70_000);
            for item in [json!({ "code": long }), json!({ &long: "code" })] {
                let items = [item.as_object().expect("object").clone()];
                for width in [0, 80, u16::MAX] {
                    let reader = Reader { width, now: now.clone() };
                    let shown = render(&items, Some(&reader), Separated::default());
                    assert!(shown.contains("code") && shown.len() >= 70_000, "{piece:?} {width}");
                }
                assert!(render(&items, None, Separated::default()).len() >= 70_000);
            }
        }
    }
}
