//! Lists that the service gives in pages: one of them, or all.

use std::ops::ControlFlow;

use serde_json::Value;

use crate::aliyun::client::Client;
use crate::api::call::ReadCall;
use crate::api::reply::Reply;
use crate::context::Context;
use crate::error::Result;

/// The most entries that a page of the SMS service holds; documented.
pub const MAX_BYTES: u64 = 50;

/// The entries of a page unless the user says otherwise.
pub const DEFAULT: u64 = 20;

/// The most rows that are held at once. Lists that are printed page by page may be longer.
pub const MAX_ROWS: usize = 50_000;

/// The most pages that are read: a service may never come to an end.
pub const MAX_PAGES: u64 = 10_000;

/// Which pages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageRange {
    One {
        /// Counted from 1.
        index: u64,
        size: u64,
    },
    All {
        size: u64,
    },
}

impl PageRange {
    /// What the flags of a list ask for.
    pub fn of(all: bool, index: u64, size: Option<u64>) -> Self {
        if all {
            Self::All { size: size.unwrap_or(MAX_BYTES) }
        } else {
            Self::One { index, size: size.unwrap_or(DEFAULT) }
        }
    }

    /// Index and size of the first page.
    pub const fn first(self) -> (u64, u64) {
        match self {
            Self::One { index, size } => (index, size),
            Self::All { size } => (1, size),
        }
    }

    /// The last entry that is read lies before the end of the list.
    pub const fn leaves_out(self, total: u64) -> bool {
        match self {
            Self::One { index, size } => total > index.saturating_mul(size),
            Self::All { .. } => false,
        }
    }
}

/// How the reading of pages ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Termination {
    /// How many entries there are on all pages, where the service says so.
    pub total: Option<u64>,
    /// The service gave the same page twice, so some may be missing.
    pub repeats: bool,
    /// A reply brought something in the place of the list that is none.
    pub unreadable: bool,
    /// There are pages behind the last one that was read, although all were wanted.
    pub is_cut: bool,
}

/// Pages that are held.
#[derive(Debug, Default)]
pub struct Pages {
    /// Objects only: nothing else can be an entry.
    pub entries: Vec<Value>,
    /// The replies as they came.
    pub raw: Vec<Value>,
    pub end: Termination,
}

/// Reads pages and holds them, [`MAX_ROWS`] entries at most; `call` makes the call for an index and
/// a size, and the entries and their number stand at the first of these paths that is there.
///
/// # Errors
/// The failure of the first page that cannot be read.
pub fn read(
    service: &Client<'_>,
    extent: PageRange,
    call: impl Fn(u64, u64) -> ReadCall,
    lists: &[&str],
    totals: &[&str],
) -> Result<Pages> {
    let mut pages = Pages::default();
    pages.end = each(service, extent, call, lists, totals, |entries, raw| {
        pages.entries.extend(entries);
        pages.raw.push(raw);
        if pages.entries.len() < MAX_ROWS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    Ok(pages)
}

/// Reads pages one by one. `take` is given the entries of each and the reply that they came in, and
/// breaks when it wants no more.
///
/// # Errors
/// As [`read`].
pub fn each(
    service: &Client<'_>,
    extent: PageRange,
    call: impl Fn(u64, u64) -> ReadCall,
    lists: &[&str],
    totals: &[&str],
    take: impl FnMut(Vec<Value>, Value) -> ControlFlow<()>,
) -> Result<Termination> {
    walk(extent, |index, size| service.read(&call(index, size)), lists, totals, take)
}

fn walk(
    extent: PageRange,
    fetch: impl Fn(u64, u64) -> Result<Reply>,
    lists: &[&str],
    totals: &[&str],
    mut take: impl FnMut(Vec<Value>, Value) -> ControlFlow<()>,
) -> Result<Termination> {
    let (first, size) = extent.first();
    let is_single = matches!(extent, PageRange::One { .. });
    let mut end = Termination::default();
    let mut before: Vec<Value> = Vec::new();
    let mut seen = 0_u64;
    for index in first..first.saturating_add(MAX_PAGES) {
        let reply = fetch(index, size)?;
        let page = reply.items(lists).to_vec();
        // An empty list may be left out; something else in its place cannot be read.
        let places = || lists.iter().chain(&["Data"]).filter_map(|path| reply.value(path));
        let is_odd =
            |value: &Value| !matches!(value, Value::Null | Value::Array(_) | Value::Object(_));
        end.unreadable |= page.iter().any(|entry| !entry.is_object())
            || (!places().any(Value::is_array) && places().any(is_odd));
        end.total = reply.number(totals).or(end.total);
        // A service that takes no notice of the index would go on like this for ever.
        end.repeats = !page.is_empty() && page == before;
        seen += page.len() as u64;
        let is_last = match end.total {
            // Counted, not computed: a service may give fewer a page than it was asked for.
            Some(total) => seen >= total,
            None => (page.len() as u64) < size,
        };
        let is_last = is_last || end.repeats || page.is_empty();
        let is_entry = |entry: &&Value| entry.is_object() && !end.repeats;
        let entries = page.iter().filter(is_entry).cloned().collect();
        let flow = take(entries, Value::Object(reply.0));
        if is_last || is_single {
            return Ok(end);
        }
        if flow.is_break() {
            break;
        }
        before = page;
    }
    end.is_cut = true;
    Ok(end)
}

impl Termination {
    /// Warns about what the list may lack.
    pub fn remark(&self, context: &Context, extent: PageRange) {
        if self.repeats {
            context.screen.warn("the service repeats its pages; the list may be incomplete");
        }
        if self.unreadable {
            context.screen.warn("the service's list cannot be read whole; some may be missing");
        }
        if self.is_cut {
            warn_cut(context, "filters and --page-index narrow it down");
        }
        if self.total.is_some_and(|total| extent.leaves_out(total)) {
            context.screen.note("there are more: --all reads every page, --page-index another one");
        }
    }
}

/// Warns that a list was too long to be read whole.
pub fn warn_cut(context: &Context, narrow: &str) {
    context.screen.warn(format!(
        "the list is incomplete: it has more than {MAX_ROWS} rows, or {MAX_PAGES} pages where rows \
         are printed as they come; {narrow}"
    ));
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use serde_json::json;

    const ALL: PageRange = PageRange::All { size: 2 };

    /// A service with that many entries, two a page; counts the calls.
    fn read_from(
        entries: u64,
        calls: &Cell<u64>,
        total: Option<u64>,
        take: impl FnMut(Vec<Value>, Value) -> ControlFlow<()>,
    ) -> Termination {
        let fetch = |index: u64, size: u64| {
            calls.set(calls.get() + 1);
            let ids = ((index - 1) * size)..(index * size).min(entries);
            let list: Vec<Value> = ids.map(|id| json!({ "id": id })).collect();
            let reply = json!({ "List": list, "Total": total });
            Ok(Reply(reply.as_object().expect("an object").clone()))
        };
        walk(ALL, fetch, &["List"], &["Total"], take).expect("pages")
    }

    #[test]
    fn pages_are_handed_over_one_by_one_until_the_last() {
        for total in [Some(5), None] {
            let calls = Cell::new(0);
            let mut sizes = Vec::new();
            let end = read_from(5, &calls, total, |entries, _| {
                sizes.push((calls.get(), entries.len()));
                ControlFlow::Continue(())
            });
            assert_eq!(sizes, [(1, 2), (2, 2), (3, 1)]);
            assert_eq!(end, Termination { total, ..Termination::default() });
        }
    }

    #[test]
    fn a_list_that_is_not_read_to_its_end_is_cut() {
        let calls = Cell::new(0);
        let end = read_from(9, &calls, Some(9), |_, _| ControlFlow::Break(()));
        assert!(end.is_cut && calls.get() == 1);
        let end = read_from(2, &calls, Some(2), |_, _| ControlFlow::Break(()));
        assert!(!end.is_cut, "there was nothing more");
        calls.set(0);
        let end = read_from(u64::MAX, &calls, None, |_, _| ControlFlow::Continue(()));
        assert!(end.is_cut && calls.get() == MAX_PAGES);
    }
}
