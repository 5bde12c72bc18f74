//! `--fields`: which fields of a result are printed, and in which order.

use serde_json::{Map, Value};

use crate::output::table;

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
    let known = table::columns(items).join(", ");
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
