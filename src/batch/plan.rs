//! Checks all rows of an input before the first call, and counts what would be sent.

use std::path::PathBuf;

use crate::batch::definition::Definition;
use crate::batch::grouping::CallCounter;
use crate::batch::input::{
    Columns, Duplicate, Duplicates, Input, InvalidRows, Mapping, Record, Reserved,
};
use crate::batch::limits::RowLimits;
use crate::batch::row::{Row, RowRules};
use crate::batch::row_set::RowSet;
use crate::batch::sms_parts::PartCounter;
use crate::error::Result;
use crate::message::channel::Channel;
use crate::message::exclusions::Exclusions;
use crate::message::phone;
use crate::os::signals;
use crate::settings::limits::Rule;
use crate::storage::batches::RowIndex;

/// How many rows a plan shows with their rendered text.
pub const MAX_SAMPLES: usize = 3;
/// How often the check of a long input looks for a signal, in rows.
const SIGNAL_INTERVAL: u64 = 4096;

/// Everything that decides how the rows of an input are read.
pub struct PlanRules {
    pub rows: RowRules,
    /// The variables of the template; `None` if it cannot be read.
    pub variables: Option<Vec<String>>,
    /// The text of an SMS template, to count billed parts.
    pub text: Option<String>,
    pub mappings: Vec<Mapping>,
    pub exclusions: Exclusions,
    /// Where to write invalid rows.
    pub invalid_path: PathBuf,
    pub limits: RowLimits,
}

impl PlanRules {
    /// The rules of a batch on record: the variables are those of its first run, even if the template
    /// has changed since.
    pub fn from_definition(definition: &Definition, invalid_path: PathBuf) -> Self {
        let mappings = definition
            .mappings
            .iter()
            .map(|(name, column)| Mapping { name: name.clone(), column: column.clone() });
        Self {
            rows: RowRules {
                channel: definition.channel,
                sign: definition.sign.clone(),
                language: definition.language.clone(),
            },
            variables: Some(definition.variables.clone()),
            text: None,
            mappings: mappings.collect(),
            exclusions: Exclusions::default(),
            invalid_path,
            limits: RowLimits::default(),
        }
    }

    /// Finds the columns of an input with this header.
    ///
    /// # Errors
    /// As [`Columns::find`].
    pub fn columns(&self, name: &str, header: &[String]) -> Result<Columns> {
        let reserved: &[Reserved] = match self.rows.channel {
            Channel::Sms => &[Reserved::Phone, Reserved::Sign, Reserved::OutId],
            Channel::Whatsapp | Channel::Viber => {
                &[Reserved::Phone, Reserved::OutId, Reserved::Language]
            }
        };
        Columns::find(name, header, reserved, self.variables.as_deref(), &self.mappings)
    }
}

/// The result of the check: what would be sent.
#[derive(Debug)]
pub struct Plan {
    /// The SHA-256 hash of the input in hexadecimal digits.
    pub content: String,
    pub columns: Columns,
    /// Rows that can be sent.
    pub valid: u64,
    pub invalid: u64,
    /// Line and reason of the first invalid rows.
    pub invalid_shown: Vec<(u64, String)>,
    /// The limit of the first row that a limit does not permit.
    pub violated: Option<Rule>,
    /// The file with all invalid rows.
    pub invalid_file: Option<PathBuf>,
    /// Rows with a number that the user probably mistyped or copied from documentation.
    pub doubtful: u64,
    /// Line and doubt of the first one.
    pub first_doubt: Option<(u64, String)>,
    /// Rows whose number must not be contacted.
    pub excluded: u64,
    /// Numbers that get more than one message.
    pub repeated_phones: u64,
    /// Billed parts of all SMS; `None` if the text of the template is not known.
    pub parts: Option<u64>,
    /// The number of calls, if all rows are sent in one run.
    pub calls: u64,
    /// The first rows.
    pub samples: Vec<Row>,
    /// Rows that repeat an earlier row, are too long, or that a limit does not permit.
    pub skipped: RowSet,
}

/// Reads and checks all rows.
///
/// # Errors
/// The input cannot be read, a column is missing, a file cannot be written, or a signal arrived.
/// Invalid rows are not errors here.
pub fn check(input: &Input, rules: &PlanRules) -> Result<Plan> {
    let mut rows = input.rows()?;
    let columns = rules.columns(&input.name, rows.columns())?;
    let mut invalid = InvalidRows::new(rules.invalid_path.clone(), input.format, rows.columns());
    let mut duplicates = Duplicates::default();
    let mut skipped = RowSet::default();
    let parts = rules.text.as_deref().map(|text| PartCounter::new(text, &columns));
    let names = columns.variables.iter().map(|(name, _)| name);
    let mut calls = CallCounter::new(rules.rows.channel, names);
    let mut plan = Plan {
        content: String::new(),
        columns,
        valid: 0,
        invalid: 0,
        invalid_shown: Vec::new(),
        violated: None,
        invalid_file: None,
        doubtful: 0,
        first_doubt: None,
        excluded: 0,
        repeated_phones: 0,
        parts: parts.as_ref().map(|_| 0),
        calls: 0,
        samples: Vec::new(),
        skipped: RowSet::default(),
    };
    let mut record = Record::default();
    let mut index: RowIndex = 0;
    while rows.next(&mut record)? {
        if index.is_multiple_of(SIGNAL_INTERVAL) && signals::count() > 0 {
            return Err(crate::error::Failure::interrupted());
        }
        let row = index;
        index += 1;
        let view = match rules.rows.check(&record, &plan.columns) {
            Ok(view) => view,
            Err(reason) => {
                invalid.add(record.line, &reason, &record.fields)?;
                continue;
            }
        };
        if rules.exclusions.contains(view.phone) {
            plan.excluded += 1;
            continue;
        }
        if let Err(violation) = rules.limits.check(&view) {
            plan.violated.get_or_insert(violation.rule);
            skipped.insert(row);
            invalid.add(record.line, &violation.reason(), &record.fields)?;
            continue;
        }
        let bytes = match calls.size(&view) {
            Ok(bytes) => bytes,
            Err(reason) => {
                skipped.insert(row);
                invalid.add(record.line, &reason, &record.fields)?;
                continue;
            }
        };
        let message = duplicates.hash(view.message());
        let duplicate = duplicates.add(view.phone_digits(), message, row, record.line)?;
        if let Some(duplicate) = duplicate {
            skipped.insert(row);
            invalid.add(record.line, &reason_of(&duplicate), &record.fields)?;
            continue;
        }
        if let Some(doubt) = phone::doubt(rules.rows.channel, view.phone) {
            plan.doubtful += 1;
            plan.first_doubt.get_or_insert((record.line, doubt));
        }
        plan.valid += 1;
        calls.add(&view, message, bytes);
        if let (Some(counter), Some(total)) = (&parts, &mut plan.parts) {
            *total += counter.parts(view.sign, view.values());
        }
        if plan.samples.len() < MAX_SAMPLES {
            plan.samples.push(view.to_row(row, None));
        }
    }
    plan.content = rows.finish()?;
    input.require_unchanged()?;
    let (late, repeated_phones) = duplicates.finish()?;
    plan.repeated_phones = repeated_phones;
    plan.valid -= late.len() as u64;
    for duplicate in &late {
        skipped.insert(duplicate.row);
    }
    add_late(input, &mut invalid, &late)?;
    plan.calls = calls.finish();
    plan.skipped = skipped;
    plan.invalid = invalid.count;
    plan.invalid_file = invalid.finish()?.map(Into::into);
    plan.invalid_shown = std::mem::take(&mut invalid.shown);
    plan.invalid_shown.sort();
    Ok(plan)
}

fn reason_of(duplicate: &Duplicate) -> String {
    format!("it repeats line {}: the same number and the same message", duplicate.first_line)
}

/// Adds duplicates that were found only after all rows were read, in a second pass.
fn add_late(input: &Input, invalid: &mut InvalidRows, late: &[Duplicate]) -> Result<()> {
    let mut late = late.iter().peekable();
    if late.peek().is_none() {
        return Ok(());
    }
    let (mut rows, mut record) = (input.rows_again()?, Record::default());
    let mut index: RowIndex = 0;
    while let Some(duplicate) = late.peek() {
        if !rows.next(&mut record)? {
            break;
        }
        if duplicate.row == index {
            invalid.add(record.line, &reason_of(duplicate), &record.fields)?;
            late.next();
        }
        index += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::sendable::{Selection, Sendable};
    use crate::batch::shards::Shards;

    fn plan_of(text: &str, rules: &PlanRules) -> (Input, Plan) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        let input = Input::open(&file.path().display().to_string()).expect("opened");
        let plan = check(&input, rules).expect("checked");
        (input, plan)
    }

    fn rules(folder: &std::path::Path) -> PlanRules {
        PlanRules {
            rows: RowRules { channel: Channel::Sms, sign: Some("Acme".into()), language: None },
            variables: Some(vec!["name".into()]),
            text: Some("Dear ${name}".into()),
            mappings: Vec::new(),
            exclusions: Exclusions::default(),
            limits: RowLimits::default(),
            invalid_path: folder.join("invalid.csv"),
        }
    }

    #[test]
    fn invalid_rows_have_lines_and_reasons_and_the_others_are_counted() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "phone,name,extra\n\
                    13800001000,Alice,1\n\
                    138-0000-1001,Bob,1\n\
                    +8613800001000,Alice,2\n\
                    13800001002,,1\n\
                    13800001003,Carol\n\
                    13800001000,Dave,1\n\
                    \"13800001004\",\"Eve\n\",1\n\
                    13800001005,Frank,1\n";
        let rules = rules(folder.path());
        let (input, plan) = plan_of(text, &rules);
        assert_eq!((plan.valid, plan.invalid, plan.repeated_phones), (4, 4, 1));
        assert_eq!(plan.parts, Some(4));
        assert_eq!(plan.columns.ignored, ["extra"]);
        let shown: Vec<_> = plan.invalid_shown.iter().map(|(line, _)| *line).collect();
        assert_eq!(shown, [3, 4, 5, 6]);
        assert!(plan.invalid_shown[1].1.contains("line 2"), "{:?}", plan.invalid_shown[1]);
        let written = std::fs::read_to_string(folder.path().join("invalid.csv")).expect("written");
        assert_eq!(written.lines().count(), 5, "{written}");
        assert!(written.starts_with("line,reason,phone,name,extra\n3,"), "{written}");

        let recorded: RowSet = {
            let mut set = RowSet::default();
            set.insert(5);
            set
        };
        let selection = Selection { recorded: &recorded, limit: None, shards: &Shards::default() };
        let read = |selection| {
            let mut rows = Sendable::new(&input, &rules, &plan, selection).expect("rows");
            let mut found = Vec::new();
            while let Some(row) = rows.next_row().expect("read") {
                found.push(row.index);
            }
            found
        };
        assert_eq!(read(selection), [0, 6, 7]);
        assert_eq!(read(Selection { limit: Some(2), ..selection }), [0]);
        let parts = [1, 2, 3].map(|part| Shards::new(Some((part, 3))));
        let mut all: Vec<_> =
            parts.iter().flat_map(|shards| read(Selection { shards, ..selection })).collect();
        all.sort_unstable();
        assert_eq!(all, [0, 6, 7]);
    }

    #[test]
    fn json_lines_and_csv_with_the_same_rows_give_the_same_plan() {
        let folder = tempfile::tempdir().expect("a folder");
        let rules = rules(folder.path());
        let (_, csv) =
            plan_of("\u{feff}phone;name\r\n13800001000;Al\r\n13800001001;Bo\r\n", &rules);
        let (_, json) = plan_of(
            "{\"phone\":13800001000,\"name\":\"Al\"}\n\n{\"name\":\"Bo\",\"phone\":\"13800001001\"}",
            &rules,
        );
        let facts = |plan: &Plan| {
            let values: Vec<_> = plan
                .samples
                .iter()
                .map(|row| (row.phone.clone(), row.content.values.clone()))
                .collect();
            (plan.valid, plan.invalid, plan.calls, values)
        };
        assert_eq!(facts(&csv), facts(&json));
        assert_ne!(csv.content, json.content);
    }

    #[test]
    fn a_json_row_that_is_not_an_object_of_texts_is_invalid() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "{\"phone\":\"13800001000\",\"name\":\"Al\"}\n\
                    {\"phone\":\"13800001001\",\"name\":{\"a\":1}}\n\
                    {\"phone\":\"13800001002\",\"name\":\"Bo\",\"more\":\"x\"}\n\
                    {\"phone\":\"13800001003\"\n\
                    [1]\n";
        let (_, plan) = plan_of(text, &rules(folder.path()));
        assert_eq!((plan.valid, plan.invalid), (1, 4));
        let lines: Vec<_> = plan.invalid_shown.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 3, 4, 5]);
    }
}
