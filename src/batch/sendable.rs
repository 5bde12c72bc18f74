//! Reads the rows that a run sends, in a second pass over the input.

use std::rc::Rc;

use crate::batch::input::{Input, Record, Rows};
use crate::batch::plan::{Plan, PlanRules};
use crate::batch::row::{Content, Row};
use crate::batch::row_set::RowSet;
use crate::batch::shards::Shards;
use crate::error::Result;
use crate::storage::batches::RowIndex;

/// How often the program checks that the input has not changed, in rows; a part of a window of
/// [`crate::batch::grouping`].
const CHANGE_INTERVAL: u64 = 1_000;

/// Reads the rows that can be sent, after [`crate::batch::plan::check`].
pub struct Sendable<'p> {
    rows: Rows,
    rules: &'p PlanRules,
    plan: &'p Plan,
    record: Record,
    /// The content of the last row.
    content: Option<Rc<Content>>,
    index: RowIndex,
    /// How many rows that can be sent were read.
    read: u64,
    pub selection: Selection<'p>,
    input: &'p Input,
}

/// Which of the rows a run sends.
#[derive(Clone, Copy)]
pub struct Selection<'p> {
    /// Rows that have a call.
    pub recorded: &'p RowSet,
    /// `--limit`: only the first rows that can be sent.
    pub limit: Option<u64>,
    pub shards: &'p Shards,
}

impl<'p> Sendable<'p> {
    /// # Errors
    /// The input cannot be read.
    pub fn new(
        input: &'p Input,
        rules: &'p PlanRules,
        plan: &'p Plan,
        selection: Selection<'p>,
    ) -> Result<Self> {
        let (rows, record) = (input.rows_again()?, Record::default());
        let (content, index, read) = (None, 0, 0);
        Ok(Self { rows, rules, plan, record, content, index, read, selection, input })
    }

    /// The next row to send; `None` at the end.
    ///
    /// # Errors
    /// The input cannot be read, or changed after it was checked.
    pub fn next_row(&mut self) -> Result<Option<Row>> {
        let row = self.find_row();
        // A changed input also causes other errors.
        if !matches!(row, Ok(Some(_))) || self.index.is_multiple_of(CHANGE_INTERVAL) {
            self.input.require_unchanged()?;
        }
        row
    }

    fn find_row(&mut self) -> Result<Option<Row>> {
        while self.selection.limit.is_none_or(|limit| self.read < limit)
            && self.rows.next(&mut self.record)?
        {
            let index = self.index;
            self.index += 1;
            let Ok(view) = self.rules.rows.check(&self.record, &self.plan.columns) else {
                continue;
            };
            if self.rules.exclusions.contains(view.phone) || self.plan.skipped.contains(index) {
                continue;
            }
            self.read += 1;
            if self.selection.shards.contains(index) && !self.selection.recorded.contains(index) {
                let row = view.to_row(index, self.content.as_ref());
                self.content = Some(Rc::clone(&row.content));
                return Ok(Some(row));
            }
        }
        Ok(None)
    }
}
