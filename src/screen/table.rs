//! Lists: a table on a terminal, tab-separated values in a pipe, the same facts in both.

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value};

use super::sanitize;

/// The text of a list. On a terminal it is as wide as `width` at most.
pub fn render(items: &[Map<String, Value>], width: Option<u16>) -> String {
    let columns = columns(items);
    if columns.is_empty() {
        return String::new();
    }
    match width {
        Some(width) => {
            let mut table = Table::new();
            table
                .load_style(presets::UTF8_HORIZONTAL_ONLY)
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(width)
                .set_header(&columns);
            for item in items {
                table.add_row(columns.iter().map(|name| cell(item.get(*name))));
            }
            format!("{table}\n")
        }
        None => {
            let mut text = columns.join("\t") + "\n";
            for item in items {
                let cells: Vec<String> = columns.iter().map(|name| cell(item.get(*name))).collect();
                text += &(cells.join("\t") + "\n");
            }
            text
        }
    }
}

/// Every field that any item has, in the order of their first appearance.
fn columns(items: &[Map<String, Value>]) -> Vec<&str> {
    let mut columns: Vec<&str> = Vec::new();
    for name in items.iter().flat_map(Map::keys) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    columns
}

/// A value as one cell: text as it is, nothing as an empty cell, structures as compact JSON.
pub fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => sanitize::line(text),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            items.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(",")
        }
        Some(other) => sanitize::line(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pipe_gets_one_line_an_item_and_a_heading() {
        let item = |value: Value| value.as_object().expect("object").clone();
        let items = [
            item(json!({"code": "SMS_1", "text": "a\tb\nc", "tags": ["x", "y"]})),
            item(json!({"code": "SMS_2", "text": null, "size": 3})),
        ];
        assert_eq!(
            render(&items, None),
            "code\ttext\ttags\tsize\nSMS_1\ta b c\tx,y\t\nSMS_2\t\t\t3\n"
        );
        assert!(render(&items, Some(60)).contains("SMS_1"));
        assert_eq!(render(&[], None), "");
    }
}
