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
}

impl PageFlags {
    /// The pages to fetch: all of them if rows are filtered here. `max` is the maximum page size.
    pub fn range(&self, filters_locally: bool, max: u64) -> PageRange {
        let all = self.all || filters_locally;
        PageRange::from_flags(all, self.page_index, self.page_size.or(all.then_some(max)))
    }
}
