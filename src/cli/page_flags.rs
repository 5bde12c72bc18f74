//! Flags of list commands that select pages.

use clap::Args;

use crate::aliyun::pages::PageRange;

/// The flags as the user gave them.
#[derive(Debug, Clone, Args)]
pub struct PageFlags {
    /// Page, counted from 1
    #[arg(long, value_name = "N", default_value = "1", conflicts_with = "all",
          value_parser = clap::value_parser!(u64).range(1..))]
    page_index: u64,

    /// Rows per page, 1 to 50 [default: 20; with --all 50]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=50))]
    pub page_size: Option<u64>,

    /// All pages, at most 50,000 rows; in a pipe rows are printed page by page, at most 10,000 pages
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    limit: LimitFlag,
}

/// `--limit` of list commands. Batches have their own, so it is not a flag of every command.
#[derive(Debug, Clone, Copy, Args)]
pub struct LimitFlag {
    /// At most N rows, from as many pages as needed
    #[arg(long = "limit", env = "ALIMSG_LIMIT", hide_env_values = true, value_name = "N",
          value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

impl LimitFlag {
    /// The maximum number of rows, if there is one.
    pub fn rows(self) -> Option<usize> {
        self.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
    }

    /// The first rows of a list that was fetched completely.
    pub fn first<T>(self, rows: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        rows.into_iter().take(self.rows().unwrap_or(usize::MAX))
    }
}

impl PageFlags {
    /// The pages to fetch: all of them if rows are filtered here. `max` is the maximum page size.
    pub fn range(&self, filters_locally: bool, max: u64) -> PageRange {
        let limit = self.limit.limit.filter(|_| self.page_index == 1);
        let all = self.all || filters_locally || limit.is_some();
        // A short list is one short page, unless rows of the page may be filtered out.
        let size = limit.filter(|_| !filters_locally).map_or(max, |limit| limit.min(max));
        PageRange::from_flags(all, self.page_index, self.page_size.or(all.then_some(size)))
    }

    /// The maximum number of rows, if there is one.
    pub fn limit(&self) -> Option<usize> {
        self.limit.rows()
    }
}
