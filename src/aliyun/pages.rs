//! Lists that the service gives in pages: one of them, or all.

use serde_json::Value;

use crate::aliyun::client::Client;
use crate::api::call::ReadCall;
use crate::context::Context;
use crate::error::Result;

/// The most entries that a page of the SMS service holds; documented.
pub const MAX_BYTES: u64 = 50;

/// The entries of a page unless the user says otherwise.
pub const DEFAULT: u64 = 20;

/// A service that never comes to an end is not followed for ever.
const MAX_PAGES: u64 = 1_000;

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

/// What was read.
#[derive(Debug, Default)]
pub struct Pages {
    /// Objects only: nothing else can be an entry.
    pub entries: Vec<Value>,
    /// How many there are on all pages, where the service says so.
    pub total: Option<u64>,
    /// The replies as they came.
    pub raw: Vec<Value>,
    /// The service gave the same page twice, so some may be missing.
    pub repeats: bool,
    /// A reply brought something in the place of the list that is none.
    pub unreadable: bool,
}

/// Reads pages; `call` makes the call for an index and a size, and the entries and their number
/// stand at the first of these paths that is there.
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
    let (first, size) = extent.first();
    let mut pages = Pages::default();
    let mut before: Vec<Value> = Vec::new();
    let mut seen = 0_u64;
    for index in first..first.saturating_add(MAX_PAGES) {
        let reply = service.read(&call(index, size))?;
        let page = reply.items(lists).to_vec();
        // An empty list may be left out; something else in its place cannot be read.
        let places = || lists.iter().chain(&["Data"]).filter_map(|path| reply.value(path));
        let is_odd =
            |value: &Value| !matches!(value, Value::Null | Value::Array(_) | Value::Object(_));
        pages.unreadable |= page.iter().any(|entry| !entry.is_object())
            || (!places().any(Value::is_array) && places().any(is_odd));
        pages.total = reply.number(totals).or(pages.total);
        pages.raw.push(Value::Object(reply.0));
        // A service that takes no notice of the index would go on like this for ever.
        pages.repeats = !page.is_empty() && page == before;
        if pages.repeats {
            break;
        }
        seen += page.len() as u64;
        let is_last = match pages.total {
            // Counted, not computed: a service may give fewer a page than it was asked for.
            Some(total) => seen >= total,
            None => (page.len() as u64) < size,
        };
        let is_empty = page.is_empty();
        pages.entries.extend(page.iter().filter(|entry| entry.is_object()).cloned());
        before = page;
        if is_empty || is_last || matches!(extent, PageRange::One { .. }) {
            break;
        }
    }
    Ok(pages)
}

impl Pages {
    /// Says what the list may lack.
    pub fn remark(&self, context: &Context, extent: PageRange) {
        if self.repeats {
            context.screen.warn("the service repeats its pages; the list may be incomplete");
        }
        if self.unreadable {
            context.screen.warn("the service's list cannot be read whole; some may be missing");
        }
        if self.total.is_some_and(|total| extent.leaves_out(total)) {
            context.screen.note("there are more: --all reads every page, --page-index another one");
        }
    }
}
