//! Reports from structs: their serde fields are what the user sees.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::output::report::Report;

impl Report {
    /// A report with the fields of a struct.
    pub fn from_record(record: &impl Serialize, raw: Value) -> Self {
        Self::RunStatus { data: fields(record), raw }
    }

    /// A list with a struct for each row, and one for the facts about all rows.
    pub fn from_rows(
        name: &'static str,
        rows: &[impl Serialize],
        facts: &impl Serialize,
        raw: Value,
    ) -> Self {
        Self::List { name, items: rows.iter().map(fields).collect(), facts: fields(facts), raw }
    }
}

/// The fields of a struct; a value without fields has none.
pub fn fields(record: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(record) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}
