//! `--fields`: which fields of a result are printed, and in which order.

use std::io;

use serde_json::{Map, Value};

use crate::error::{Failure, Result};
use crate::output::report::Report;
use crate::output::write::to_stdout;
use crate::output::{Screen, cell};

/// The fields of the items by their paths. A path is a name, or names with dots in between for
/// nested values; a path through a list gives the list of the values.
pub fn select(item: &Map<String, Value>, paths: &[String]) -> Map<String, Value> {
    paths.iter().map(|path| (path.clone(), at(item, path).unwrap_or(Value::Null))).collect()
}

/// Describes the first path that none of the items has. Without items, every path is accepted.
pub fn unknown(items: &[Map<String, Value>], paths: &[String]) -> Option<String> {
    let is_known =
        |path: &&String| items.is_empty() || items.iter().any(|item| at(item, path).is_some());
    let path = paths.iter().find(|path| !is_known(path))?;
    let known = cell::columns(items).join(", ");
    Some(format!("unknown field {path:?} in --fields; known fields: {known}"))
}

fn at(item: &Map<String, Value>, path: &str) -> Option<Value> {
    if let Some(value) = item.get(path) {
        return Some(value.clone());
    }
    let (name, rest) = path.split_once('.')?;
    match item.get(name)? {
        Value::Object(fields) => at(fields, rest),
        Value::Array(items) => {
            let values: Vec<Option<Value>> =
                items.iter().filter_map(Value::as_object).map(|item| at(item, rest)).collect();
            let is_known = values.iter().any(Option::is_some);
            is_known.then(|| values.into_iter().map(Option::unwrap_or_default).collect())
        }
        // The nested value is missing in this item.
        Value::Null => Some(Value::Null),
        _ => None,
    }
}

impl Screen {
    /// The report with only the fields of `--fields`.
    ///
    /// # Errors
    /// A list has no such field. A record may be the result of a send, so there it is a warning.
    pub fn select_fields(&self, report: Report) -> Result<Report> {
        if let Some(message) = self.unknown_field.take() {
            return Err(Failure::usage(message));
        }
        let paths = &self.options.fields;
        if paths.is_empty() {
            return Ok(report);
        }
        Ok(match report {
            Report::Record { data, raw } => {
                if let Some(message) = unknown(std::slice::from_ref(&data), paths) {
                    self.warn(message);
                }
                Report::Record { data: select(&data, paths), raw }
            }
            Report::List { name, items, facts, raw } => {
                if let Some(message) = unknown(&items, paths) {
                    return Err(Failure::usage(message));
                }
                let items = items.iter().map(|item| select(item, paths)).collect();
                Report::List { name, items, facts, raw }
            }
            Report::Drawn { report, .. } | Report::Piped { report, .. } | Report::Chat(report) => {
                self.select_fields(*report)?
            }
            Report::Undelivered { failed, report } => {
                let report = Box::new(self.select_fields(*report)?);
                Report::Undelivered { failed, report }
            }
            other => other,
        })
    }

    /// Prints rows of a list, with tabs or commas between the cells. The first call sets `columns`
    /// and prints the heading.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn rows(&self, columns: &mut Vec<String>, items: &[Map<String, Value>]) -> io::Result<()> {
        let separated = self.separated();
        let paths = &self.options.fields;
        let selected: Vec<_>;
        let items = if paths.is_empty() {
            items
        } else {
            if columns.is_empty()
                && let Some(message) = unknown(items, paths)
            {
                *self.unknown_field.borrow_mut() = Some(message);
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            selected = items.iter().map(|item| select(item, paths)).collect();
            &selected
        };
        let mut text = String::new();
        if columns.is_empty() && !items.is_empty() {
            *columns = cell::columns(items).into_iter().map(String::from).collect();
            text = separated.heading(columns);
        }
        text += &separated.rows(items, columns);
        to_stdout(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_selected_by_name_and_by_path_in_the_order_given() {
        let item = json!({
            "code": "c", "metrics": {"sent": 3}, "none": null, "a.b": 1,
            "variables": [{"name": "x"}, {"name": "y", "where": "body"}],
        });
        let item = item.as_object().expect("an object");
        let paths = |list: &str| list.split(',').map(String::from).collect::<Vec<_>>();
        let selected = select(item, &paths("variables.name,metrics.sent,code,a.b,variables.where"));
        assert_eq!(
            Value::Object(selected).to_string(),
            r#"{"variables.name":["x","y"],"metrics.sent":3,"code":"c","a.b":1,"variables.where":[null,"body"]}"#
        );
        let items = [item.clone()];
        assert_eq!(unknown(&items, &paths("code,none.x,variables.name")), None);
        let message = unknown(&items, &paths("code,metrics.sentt")).expect("unknown");
        assert!(message.contains("metrics.sentt") && message.contains("code, metrics, none"));
        assert_eq!(unknown(&[], &paths("x")), None);
    }
}
