//! Formats values as one cell of a table or one line.

use serde_json::Value;

use crate::message::sanitize;

/// Characters that start a formula in spreadsheets, and their full-width forms.
const FORMULA_STARTS: [char; 8] =
    ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A cell of tab-separated values. With `spreadsheet_safe`, a cell that could be a formula gets the
/// prefix `'`, which marks text in spreadsheets. `cell` is the result of [`plain`], so it contains
/// no tabs or line breaks.
pub fn separated(cell: String, spreadsheet_safe: bool) -> String {
    if spreadsheet_safe && cell.trim_start().starts_with(FORMULA_STARTS) {
        format!("'{cell}")
    } else {
        cell
    }
}

/// A value as one cell: text unchanged, `null` as an empty cell, structures as compact JSON.
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cell_that_could_be_a_formula_gets_a_quote_on_request() {
        for text in ["=1+1", "+86138", "-5", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "\u{ff1d}1"] {
            let cell = plain(Some(&json!(text)));
            assert_eq!(separated(cell.clone(), true), format!("'{cell}"), "{text:?}");
            assert_eq!(separated(cell.clone(), false), cell, "{text:?}");
        }
        for text in ["", "1=1", "a@b", "'=1", "1-2"] {
            assert_eq!(separated(text.to_string(), true), text);
        }
        assert_eq!(separated(plain(Some(&json!(-5))), true), "'-5");
    }
}
