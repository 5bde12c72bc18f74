//! Named values: one line each, aligned on a terminal, tab-separated in a pipe.

use jiff::Zoned;
use serde_json::{Map, Value};

use crate::message::sanitize;
use crate::output::cell::{self, Separated};
use crate::output::{align, times};

/// The text of a report: for a terminal if `now` is given, else for a pipe.
pub fn render(data: &Map<String, Value>, now: Option<&Zoned>, separated: Separated) -> String {
    let Some(now) = now else {
        let line = |(name, value): (String, String)| separated.row([sanitize::line(&name), value]);
        return cells(data, None).into_iter().map(line).collect();
    };
    lines(data, now)
}

/// One line for each value, for a terminal; nested values have their own lines.
pub fn lines(data: &Map<String, Value>, now: &Zoned) -> String {
    let mut rows = Vec::new();
    for (name, value) in data {
        spread(name, name, value, now, &mut rows);
    }
    aligned(&rows).map(|line| line + "\n").collect()
}

/// Each value as one cell; with `now`, for a terminal.
pub fn cells(data: &Map<String, Value>, now: Option<&Zoned>) -> Vec<(String, String)> {
    data.iter().map(|(name, value)| (name.clone(), times::cell(name, Some(value), now))).collect()
}

/// Lines with the names in one column and the values in another.
pub fn aligned(rows: &[(String, String)]) -> impl Iterator<Item = String> {
    let names: Vec<String> = rows.iter().map(|(name, _)| sanitize::line(name)).collect();
    let width = align::width(names.iter().map(String::as_str));
    names.into_iter().zip(rows).map(move |(name, (_, value))| {
        format!("{}  {}", align::padded(&name, width), sanitize::line(value))
    })
}

fn spread(path: &str, name: &str, value: &Value, now: &Zoned, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                spread(&format!("{path}.{name}"), name, value, now, rows);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            rows.extend(items.iter().map(|item| (path.to_string(), on_one_line(item, now))));
        }
        _ => rows.push((path.to_string(), times::cell(name, Some(value), Some(now)))),
    }
}

/// An element of a list on one line, without empty fields.
fn on_one_line(item: &Value, now: &Zoned) -> String {
    let Some(fields) = item.as_object() else { return cell::plain(Some(item)) };
    let filled = cells(fields, Some(now)).into_iter().filter(|(_, value)| !value.is_empty());
    filled.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pipe_gets_one_line_per_value_and_a_terminal_also_nested_values() {
        let data = json!({
            "number": "86138", "none": null, "tags": ["a", "b"],
            "metrics": {"start": "2026-03-26T06:05:00Z", "sent": 3, "more": {"x": 1}},
            "entities": [{"type": "WABA", "errors": [], "note": null}, {"type": "BUSINESS"}, 5],
        });
        let data = data.as_object().expect("object");
        let now = "2026-03-26T14:08:00+08:00[Asia/Shanghai]".parse().expect("a moment");
        assert_eq!(
            render(data, Some(&now), Separated::default()),
            "number          86138\n\
             none            \n\
             tags            a,b\n\
             metrics.start   2026-03-26 14:05, 3 min ago\n\
             metrics.sent    3\n\
             metrics.more.x  1\n\
             entities        type: WABA\n\
             entities        type: BUSINESS\n\
             entities        5\n"
        );
        let piped = render(data, None, Separated::default());
        assert_eq!(piped.lines().count(), data.len());
        assert!(piped.contains("metrics\t{\"start\":\"2026-03-26T06:05:00Z\""), "{piped}");
    }
}
