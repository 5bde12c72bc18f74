//! Collects or prints the rows of a list command, page by page.
//!
//! With `--all` in a pipe, each page is printed when it arrives and then dropped, so that memory
//! does not grow with the list. JSON is one object, and a table on a terminal needs the width of
//! all cells: both keep all rows in memory, up to [`MAX_ROWS`].

use std::io::ErrorKind;
use std::ops::ControlFlow;

use serde_json::{Map, Value, json};

use crate::aliyun::client::Client;
use crate::aliyun::pages::{self, ListEnd, MAX_ROWS, PageRange};
use crate::api::call::ReadCall;
use crate::context::Context;
use crate::error::Result;
use crate::output::report::Report;

/// One row.
pub type Item = Map<String, Value>;

/// A list while its pages are fetched.
pub struct Listing<'r> {
    context: &'r Context,
    name: &'static str,
    is_streamed: bool,
    approved_first: bool,
    /// The columns of a streamed list: those of its first page.
    columns: Vec<String>,
    rows: usize,
    items: Vec<Item>,
    raw: Vec<Value>,
    is_closed: bool,
    limit: Option<usize>,
}

impl<'r> Listing<'r> {
    /// `name` is the JSON name of the list.
    pub fn new(context: &'r Context, name: &'static str, extent: PageRange) -> Self {
        Self {
            context,
            name,
            is_streamed: matches!(extent, PageRange::All { .. }) && context.screen.streams_rows(),
            approved_first: false,
            columns: Vec::new(),
            rows: 0,
            items: Vec::new(),
            raw: Vec::new(),
            is_closed: false,
            limit: None,
        }
    }

    /// Ends the list after this many rows.
    #[must_use]
    pub fn limit(mut self, rows: Option<usize>) -> Self {
        self.limit = rows;
        self
    }

    /// Sorts rows with the status `approved` first; within each page if pages are streamed.
    #[must_use]
    pub fn approved_first(mut self) -> Self {
        self.approved_first = true;
        self
    }

    /// Fetches pages; `item` converts an entry to a row, or filters it out. The other parameters
    /// are those of [`pages::read`].
    ///
    /// # Errors
    /// The failure of the first page that cannot be fetched.
    pub fn read(
        &mut self,
        service: &Client<'_>,
        extent: PageRange,
        call: impl Fn(u64, u64) -> ReadCall,
        (lists, totals): (&[&str], &[&str]),
        item: impl Fn(&Value) -> Option<Item>,
    ) -> Result<ListEnd> {
        pages::each(service, extent, call, lists, totals, |entries, raw| {
            self.take(entries.iter().filter_map(&item).collect(), &raw)
        })
    }

    /// Adds the rows of a page and its reply. Breaks if the list is full or stdout is closed.
    pub fn take(&mut self, mut items: Vec<Item>, raw: &Value) -> ControlFlow<()> {
        if let Some(limit) = self.limit {
            items.truncate(limit - self.rows.min(limit));
        }
        self.rows += items.len();
        let is_full = self.is_limited();
        if self.is_streamed {
            if self.approved_first {
                sort_approved_first(&mut items);
            }
            let flow = self.print(&items);
            return if is_full { ControlFlow::Break(()) } else { flow };
        }
        self.items.append(&mut items);
        if self.context.screen.keeps_replies() {
            self.raw.push(raw.clone());
        }
        if self.items.len() < MAX_ROWS && !is_full {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    /// Whether the list has as many rows as it may have.
    pub fn is_limited(&self) -> bool {
        self.limit.is_some_and(|limit| self.rows >= limit)
    }

    fn print(&mut self, items: &[Item]) -> ControlFlow<()> {
        let Err(error) = self.context.screen.rows(&mut self.columns, items) else {
            return ControlFlow::Continue(());
        };
        self.is_closed = true;
        // A reader that has finished, such as `head`, is not worth a warning.
        if error.kind() != ErrorKind::BrokenPipe {
            self.context.screen.warn(format!("cannot write to stdout: {error}"));
        }
        ControlFlow::Break(())
    }

    /// The number of rows so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether the list ended because stdout cannot be written.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Warns if the list may be incomplete.
    pub fn remark(&self, mut end: ListEnd, extent: PageRange) {
        end.is_cut &= !self.is_closed && !self.is_limited();
        end.remark(self.context, extent);
    }

    /// The report of the list, with `facts` next to its rows.
    pub fn report(mut self, facts: Map<String, Value>) -> Report {
        if self.is_streamed {
            self.context.screen.list_notes(self.name, self.rows == 0, &facts);
            return Report::Streamed;
        }
        if self.approved_first {
            sort_approved_first(&mut self.items);
        }
        Report::List { name: self.name, items: self.items, facts, raw: Value::Array(self.raw) }
    }
}

/// Keeps the order of the service within both groups.
fn sort_approved_first(items: &mut [Item]) {
    items.sort_by_key(|item| item.get("status") != Some(&json!("approved")));
}
