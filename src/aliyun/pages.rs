//! Fetches one page or all pages of a list.

use std::ops::ControlFlow;

use serde_json::Value;

use crate::aliyun::client::Client;
use crate::api::call::ReadCall;
use crate::api::reply::Reply;
use crate::context::Context;
use crate::error::Result;

/// The maximum page size of the SMS service, in entries; documented.
pub const MAX_PAGE_SIZE: u64 = 50;

/// The default page size, in entries.
pub const DEFAULT: u64 = 20;

/// The maximum number of rows in memory. Lists that are printed page by page can be longer.
pub const MAX_ROWS: usize = 50_000;

/// The maximum number of pages, in case a service never returns a last page.
pub const MAX_PAGES: u64 = 10_000;

/// The pages to fetch.
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
    /// The pages for the flags of a list command.
    pub fn from_flags(all: bool, index: u64, size: Option<u64>) -> Self {
        if all {
            Self::All { size: size.unwrap_or(MAX_PAGE_SIZE) }
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

    /// Whether entries follow after this range in a list with `total` entries.
    pub const fn leaves_out(self, total: u64) -> bool {
        match self {
            Self::One { index, size } => total > index.saturating_mul(size),
            Self::All { .. } => false,
        }
    }
}

/// How fetching ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListEnd {
    /// The number of entries on all pages, if the service returns it.
    pub total: Option<u64>,
    /// The service returned the same page twice, so entries may be missing.
    pub repeats: bool,
    /// A reply had another value instead of the list, or entries that are not objects.
    pub unreadable: bool,
    /// Fetching stopped before the last page although all pages were requested.
    pub is_cut: bool,
}

/// Fetched pages.
#[derive(Debug, Default)]
pub struct Pages {
    /// The entries; only objects count.
    pub entries: Vec<Value>,
    /// The replies, unchanged.
    pub raw: Vec<Value>,
    pub end: ListEnd,
}

/// Fetches pages into memory, up to [`MAX_ROWS`] entries. `call` builds the call for a page index
/// and a page size. `lists` and `totals` are the possible paths of the entries and of their total; the
/// first that exists is used.
///
/// # Errors
/// The failure of the first page that cannot be fetched.
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

/// Fetches pages one by one. `take` gets the entries of a page and its reply, and breaks to stop.
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
) -> Result<ListEnd> {
    walk(extent, |index, size| service.read(&call(index, size)), lists, totals, take)
}

fn walk(
    extent: PageRange,
    fetch: impl Fn(u64, u64) -> Result<Reply>,
    lists: &[&str],
    totals: &[&str],
    mut take: impl FnMut(Vec<Value>, Value) -> ControlFlow<()>,
) -> Result<ListEnd> {
    let (first, size) = extent.first();
    let is_single = matches!(extent, PageRange::One { .. });
    let mut end = ListEnd::default();
    let mut previous: Vec<Value> = Vec::new();
    let mut count = 0_u64;
    for index in first..first.saturating_add(MAX_PAGES) {
        let reply = fetch(index, size)?;
        let page = reply.items(lists).to_vec();
        // The service may omit an empty list. Another value in its place is unreadable.
        let places = || lists.iter().chain(&["Data"]).filter_map(|path| reply.value(path));
        let is_odd =
            |value: &Value| !matches!(value, Value::Null | Value::Array(_) | Value::Object(_));
        end.unreadable |= page.iter().any(|entry| !entry.is_object())
            || (!places().any(Value::is_array) && places().any(is_odd));
        end.total = reply.number(totals).or(end.total);
        // A service that ignores the index would repeat the page forever.
        end.repeats = !page.is_empty() && page == previous;
        count += page.len() as u64;
        let is_last = match end.total {
            // Counted, because a service may return fewer entries per page than requested.
            Some(total) => count >= total,
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
        previous = page;
    }
    end.is_cut = true;
    Ok(end)
}

impl ListEnd {
    /// Warns if the list may be incomplete.
    pub fn remark(&self, context: &Context, extent: PageRange) {
        if self.repeats {
            context.screen.warn("the service repeats its pages; the list may be incomplete");
        }
        if self.unreadable {
            context.screen.warn("the list cannot be read completely; entries may be missing");
        }
        if self.is_cut {
            warn_cut(context, "use filters or --page-index");
        }
        if self.total.is_some_and(|total| extent.leaves_out(total)) {
            context
                .screen
                .note("more entries exist: --all reads every page, --page-index reads one page");
        }
    }
}

/// Warns that a list was too long; `narrow` is how to narrow it down.
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

    /// Fetches from a service with `entries` entries, two per page; counts the calls.
    fn read_from(
        entries: u64,
        calls: &Cell<u64>,
        total: Option<u64>,
        take: impl FnMut(Vec<Value>, Value) -> ControlFlow<()>,
    ) -> ListEnd {
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
    fn pages_are_passed_on_one_by_one_up_to_the_last() {
        for total in [Some(5), None] {
            let calls = Cell::new(0);
            let mut sizes = Vec::new();
            let end = read_from(5, &calls, total, |entries, _| {
                sizes.push((calls.get(), entries.len()));
                ControlFlow::Continue(())
            });
            assert_eq!(sizes, [(1, 2), (2, 2), (3, 1)]);
            assert_eq!(end, ListEnd { total, ..ListEnd::default() });
        }
    }

    #[test]
    fn a_list_that_stops_before_its_end_is_cut() {
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
