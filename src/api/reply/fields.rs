//! Access to lists and fields of a reply, tolerant of unexpected types.

use serde_json::Value;

use crate::api::reply::Reply;
use crate::message::time::in_reply;

impl Reply {
    /// The value at a path such as `Data.List`.
    pub fn value(&self, path: &str) -> Option<&Value> {
        let mut names = path.split('.');
        let first = self.0.get(names.next()?)?;
        names.try_fold(first, |value, name| value.get(name))
    }

    /// The elements of the first of these lists that exists; empty if none exists.
    pub fn items(&self, paths: &[&str]) -> &[Value] {
        paths.iter().find_map(|path| self.value(path)?.as_array()).map_or(&[], Vec::as_slice)
    }

    /// The first of these values that is an unsigned integer, as a number or as text.
    pub fn number(&self, paths: &[&str]) -> Option<u64> {
        paths.iter().find_map(|path| as_number(self.value(path)?))
    }
}

/// The first of these fields that is a non-empty text; numbers and booleans are converted.
pub fn text(object: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match object.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    })
}

/// As [`text`], in lower case.
pub fn lower(object: &Value, names: &[&str]) -> Option<String> {
    text(object, names).map(|word| word.to_lowercase())
}

/// As [`text`], for a truth value, which the services write as text or as `Y` and `N` in some places.
pub fn boolean(object: &Value, names: &[&str]) -> Option<bool> {
    match lower(object, names)?.as_str() {
        "true" | "y" => Some(true),
        "false" | "n" => Some(false),
        _ => None,
    }
}

/// The elements of the first of these fields that is a list.
pub fn list<'v>(object: &'v Value, names: &[&str]) -> impl Iterator<Item = &'v Value> + use<'v> {
    names.iter().find_map(|name| object.get(name)?.as_array()).into_iter().flatten()
}

/// The first of these fields that is an unsigned integer, as a number or as text.
pub fn number(object: &Value, names: &[&str]) -> Option<u64> {
    names.iter().find_map(|name| as_number(object.get(name)?))
}

/// The first of these fields that is a time, in RFC 3339.
pub fn time(object: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| in_reply::to_rfc3339(object.get(name)?))
}

fn as_number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The value with all field names in snake case. Empty texts become `null`, because the service
/// uses them for fields that are not set.
pub fn snake_case(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(name, value)| (snake(name), snake_case(value))).collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(snake_case).collect()),
        Value::String(text) if text.is_empty() => Value::Null,
        other => other.clone(),
    }
}

/// The name in snake case.
pub fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reply(value: &Value) -> Reply {
        Reply(value.as_object().expect("object").clone())
    }

    #[test]
    fn lists_are_found_at_any_of_the_given_paths() {
        let reply = reply(&json!({"Data": {"List": [1, 2], "Total": "7"}, "Other": "no list"}));
        assert_eq!(reply.items(&["ListTemplate", "Data.List"]).len(), 2);
        assert!(reply.items(&["Other", "Data.Total.X", "Data"]).is_empty());
        assert_eq!(reply.number(&["Total", "Data.Total"]), Some(7));
        assert_eq!(reply.number(&["Other", "Data.List"]), None);
    }

    #[test]
    fn fields_of_unexpected_types_are_converted_or_skipped() {
        let object = json!({"A": 5, "B": "", "C": [1], "D": true, "E": -3});
        assert_eq!(text(&object, &["A"]).as_deref(), Some("5"));
        assert_eq!(text(&object, &["B", "C", "D"]).as_deref(), Some("true"));
        assert_eq!(number(&object, &["E", "C", "X"]), None);
        assert_eq!(text(&json!(null), &["A"]), None);
    }

    #[test]
    fn field_names_become_snake_case() {
        assert_eq!(
            snake_case(&json!({"ProfilePictureUrl": "", "Websites": ["a"], "N": {"VatId": 1}})),
            json!({"profile_picture_url": null, "websites": ["a"], "n": {"vat_id": 1}})
        );
    }
}
