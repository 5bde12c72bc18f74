//! The rows of a plan: what the user sees before agreeing to a call.

/// A name and a value.
pub type PlanRow = (String, String);

pub fn row(name: impl Into<String>, value: impl Into<String>) -> PlanRow {
    (name.into(), value.into())
}

/// A duration with its unit.
pub fn seconds(value: Option<u64>) -> Option<String> {
    value.map(|value| format!("{value} s"))
}

/// Rows for the values that are present.
pub fn rows<const N: usize>(values: [(&str, Option<String>); N]) -> Vec<PlanRow> {
    values.into_iter().filter_map(|(name, value)| Some(row(name, value?))).collect()
}
