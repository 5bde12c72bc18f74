//! Formats values as one cell of a table or one line.

use serde_json::{Map, Value};

use crate::message::sanitize;

/// Characters that start a formula in spreadsheets, and their full-width forms.
const FORMULA_STARTS: [char; 8] =
    ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// How cells are written one after the other: separated by tabs or by commas. The cells are results
/// of [`plain`], so they contain no tabs or line breaks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Separated {
    /// With quotes where a cell needs them, as in RFC 4180, but with `\n` at the end of a line.
    pub by_commas: bool,
    /// A cell that could be a formula gets the prefix `'`, which marks text in spreadsheets.
    pub spreadsheet_safe: bool,
    pub no_header: bool,
}

impl Separated {
    /// One line.
    pub fn row(self, cells: impl IntoIterator<Item = String>) -> String {
        let cells = cells.into_iter().map(|cell| self.cell(cell));
        cells.collect::<Vec<_>>().join(if self.by_commas { "," } else { "\t" }) + "\n"
    }

    /// The line with the names of the columns, unless it is switched off.
    pub fn heading(self, columns: &[impl AsRef<str>]) -> String {
        if self.no_header {
            return String::new();
        }
        // Names of fields never are formulas.
        let names = columns.iter().map(|name| sanitize::line(name.as_ref()));
        Self { spreadsheet_safe: false, ..self }.row(names)
    }

    /// One line per item.
    pub fn rows(self, items: &[Map<String, Value>], columns: &[impl AsRef<str>]) -> String {
        let cells = |item: &Map<String, Value>| -> Vec<String> {
            columns.iter().map(|name| plain(item.get(name.as_ref()))).collect()
        };
        items.iter().map(|item| self.row(cells(item))).collect()
    }

    fn cell(self, cell: String) -> String {
        let is_formula = self.spreadsheet_safe && cell.trim_start().starts_with(FORMULA_STARTS);
        let cell = if is_formula { format!("'{cell}") } else { cell };
        if self.by_commas && cell.contains([',', '"']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell
        }
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
        let safe = Separated { spreadsheet_safe: true, ..Separated::default() };
        for text in ["=1+1", "+86138", "-5", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "\u{ff1d}1"] {
            let cell = plain(Some(&json!(text)));
            assert_eq!(safe.row([cell.clone()]), format!("'{cell}\n"), "{text:?}");
            assert_eq!(Separated::default().row([cell.clone()]), cell + "\n", "{text:?}");
        }
        for text in ["", "1=1", "a@b", "'=1", "1-2"] {
            assert_eq!(safe.row([text.to_string()]), format!("{text}\n"));
        }
        assert_eq!(safe.row([plain(Some(&json!(-5)))]), "'-5\n");
    }

    #[test]
    fn cells_with_commas_or_quotes_are_quoted_in_csv() {
        let csv = Separated { by_commas: true, ..Separated::default() };
        let cells = ["a", "", "b,c", "say \"hi\"", "d e"].map(String::from);
        assert_eq!(csv.row(cells.clone()), "a,,\"b,c\",\"say \"\"hi\"\"\",d e\n");
        assert_eq!(Separated::default().row(cells), "a\t\tb,c\tsay \"hi\"\td e\n");
        let safe = Separated { spreadsheet_safe: true, ..csv };
        assert_eq!(safe.row(["=A1,2".to_string()]), "\"'=A1,2\"\n");
        assert_eq!(Separated { no_header: true, ..csv }.heading(&["a"]), "");
    }
}
