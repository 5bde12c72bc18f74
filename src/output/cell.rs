//! Values as one cell of a table, or as one line.

use serde_json::Value;

use crate::output::sanitize;

/// A value as one cell: text as it is, nothing as an empty cell, structures as compact JSON.
pub fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => sanitize::line(text),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            items.iter().map(|item| plain(Some(item))).collect::<Vec<_>>().join(",")
        }
        Some(other) => sanitize::line(&other.to_string()),
    }
}
