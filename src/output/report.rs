//! The result of a successful command.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Kind;
use crate::output::times;

/// The result of a command.
#[derive(Debug)]
pub enum Report {
    /// Named values, the same in text and in JSON.
    Record { data: Map<String, Value>, raw: Value },
    /// A list under its JSON name, with one row per item in text. All items have the same fields,
    /// and text and JSON have the same data.
    List {
        name: &'static str,
        items: Vec<Map<String, Value>>,
        facts: Map<String, Value>,
        raw: Value,
    },
    /// A report with a drawing of it, such as a chart, which is shown on a terminal only.
    Drawn { drawing: String, report: Box<Report> },
    /// A list of messages, which a terminal shows as a chat.
    Chat(Box<Report>),
    /// The report of a message that was accepted, but did not arrive everywhere.
    Undelivered { failed: FailedReceipts, report: Box<Report> },
    /// A report of which a pipe gets only this text, for use in a script.
    Piped { text: String, report: Box<Report> },
    /// The commands that a dry run would start.
    DryRun(Vec<PlannedCommand>),
    /// All output has already been printed.
    Streamed,
}

impl Report {
    /// One thing: the fields of a struct, in the order of their declaration. `raw` is the reply that
    /// they were read from.
    pub fn from_record(record: &impl Serialize, raw: Value) -> Self {
        Self::Record { data: fields(record), raw }
    }

    /// Things of one kind, under `name` in the JSON, followed by the fields of `facts`, which
    /// describe the whole list. `raw` is what they were read from.
    pub fn from_rows<T: Serialize>(
        name: &'static str,
        rows: impl IntoIterator<Item = T>,
        facts: &impl Serialize,
        raw: Value,
    ) -> Self {
        let items = rows.into_iter().map(|row| fields(&row)).collect();
        Self::List { name, items, facts: fields(facts), raw }
    }

    /// The exit code of a command with this report.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Undelivered { failed: FailedReceipts::All, .. } => Kind::Rejected.exit_code(),
            Self::Undelivered { failed: FailedReceipts::Some, .. } => Kind::Partial.exit_code(),
            _ => 0,
        }
    }

    /// The report without the form in which a terminal shows it.
    pub fn undrawn(&self) -> &Report {
        match self {
            Self::Drawn { report, .. }
            | Self::Chat(report)
            | Self::Piped { report, .. }
            | Self::Undelivered { report, .. } => report.undrawn(),
            other => other,
        }
    }

    /// The report with a drawing.
    #[must_use]
    pub fn drawn(self, drawing: String) -> Self {
        Self::Drawn { drawing, report: Box::new(self) }
    }

    /// The report, of which a pipe gets only this text.
    #[must_use]
    pub fn piped(self, text: String) -> Self {
        Self::Piped { text, report: Box::new(self) }
    }
}

/// Which recipients of an accepted message have a receipt that reports a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedReceipts {
    Some,
    All,
}

/// The fields of a struct or a map as JSON; a value without fields gives none. Times are in UTC with
/// milliseconds.
pub fn fields(record: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(record) {
        Ok(Value::Object(mut fields)) => {
            fields.iter_mut().for_each(|(name, value)| normalize_times(name, value));
            fields
        }
        _ => Map::new(),
    }
}

fn normalize_times(name: &str, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(name, value)| normalize_times(name, value));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| normalize_times(name, item)),
        Value::String(text) if times::is_time_field(name) => {
            if let Ok(moment) = text.parse::<Timestamp>() {
                *text = moment.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
            }
        }
        _ => {}
    }
}

/// The fact that every list has.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Total {
    /// How many rows there are on all pages, as the service counts them. Where it does not, or where
    /// alimsg filters, the number of rows that were read.
    pub total: u64,
}

/// What a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Guard,
    Call,
}

/// A command that a dry run shows.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlannedCommand {
    pub phase: Phase,
    pub argv: Vec<String>,
    /// The variables that it gets besides those of alimsg; `null` for a variable that is removed.
    pub env: Map<String, Value>,
    /// When or with which values the command runs, if that depends on the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Serialize)]
    struct Row {
        name: &'static str,
        reason: Option<&'static str>,
    }

    #[test]
    fn fields_keep_the_order_of_their_declaration_and_null() {
        let row = Row { name: "Acme", reason: None };
        let Report::Record { data, raw } = Report::from_record(&row, json!({"Code": "OK"})) else {
            unreachable!("a record is one thing");
        };
        assert_eq!(Value::Object(data).to_string(), r#"{"name":"Acme","reason":null}"#);
        assert_eq!(raw, json!({"Code": "OK"}));
    }

    #[test]
    fn times_are_in_utc_with_milliseconds() {
        let record = json!({
            "sent_at": "2026-03-26T14:05:00+08:00",
            "at": "2026-03-26T06:05:00.123456Z",
            "metrics": {"start": "2026-03-26T06:05:00Z", "rows": [{"known_since": "soon"}]},
            "text": "2026-03-26T06:05:00Z",
        });
        assert_eq!(
            Value::Object(fields(&record)),
            json!({
                "sent_at": "2026-03-26T06:05:00.000Z",
                "at": "2026-03-26T06:05:00.123Z",
                "metrics": {"start": "2026-03-26T06:05:00.000Z", "rows": [{"known_since": "soon"}]},
                "text": "2026-03-26T06:05:00Z",
            })
        );
    }

    #[test]
    fn rows_and_facts_are_kept_apart() {
        let rows = vec![Row { name: "A", reason: Some("late") }, Row { name: "B", reason: None }];
        let report = Report::from_rows("rows", rows, &Total { total: 7 }, Value::Null);
        let Report::List { name, items, facts, .. } = report else {
            unreachable!("rows are a list");
        };
        assert_eq!((name, items.len(), &facts["total"]), ("rows", 2, &json!(7)));
        assert_eq!(Value::Object(items[0].clone()).to_string(), r#"{"name":"A","reason":"late"}"#);
    }
}
