//! Lists that the services give in pages: one of them, or all in their order.

use serde_json::Value;

use crate::failure::Result;
use crate::reply::Reply;

/// A service that never comes to an end is not followed for ever.
const MOST_PAGES: u64 = 1_000;

/// How much of a list is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// This page, counted from 1.
    One { index: u64, size: u64 },
    /// Everything, so many at a time.
    All { size: u64 },
}

impl Pages {
    /// Index and size of the first page to read.
    pub const fn first(self) -> (u64, u64) {
        match self {
            Self::One { index, size } => (index, size),
            Self::All { size } => (1, size),
        }
    }
}

/// Where a list and its length stand in a reply; the first of these that is there counts.
pub struct Place {
    pub rows: &'static [&'static str],
    pub total: &'static [&'static str],
}

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// The elements that are objects; anything else is no element.
    pub rows: Vec<Value>,
    /// There are pages behind the last one that was read.
    pub more: bool,
    /// Everything was wanted, and the pages did not come to a proper end.
    pub incomplete: bool,
    /// The replies as they came.
    pub raw: Vec<Value>,
}

/// Reads one page or all; `answer` makes the call for the page of an index.
///
/// # Errors
/// Those of `answer`.
pub fn read(
    pages: Pages,
    place: &Place,
    mut answer: impl FnMut(u64) -> Result<Reply>,
) -> Result<Listing> {
    let (first, size) = pages.first();
    let mut listing = Listing::default();
    let mut last: Vec<Value> = Vec::new();
    for index in first..first.saturating_add(MOST_PAGES) {
        let reply = answer(index)?;
        let rows = reply.items(place.rows).to_vec();
        listing.more = match reply.number(place.total) {
            Some(total) => !rows.is_empty() && index.saturating_mul(size) < total,
            None => rows.len() as u64 >= size,
        };
        listing.raw.push(Value::Object(reply.0));
        // A service that takes no notice of the index would give the same page again and again.
        if !rows.is_empty() && rows == last {
            listing.more = true;
            break;
        }
        listing.rows.extend(rows.iter().filter(|row| row.is_object()).cloned());
        if !listing.more || matches!(pages, Pages::One { .. }) {
            break;
        }
        last = rows;
    }
    listing.incomplete = listing.more && matches!(pages, Pages::All { .. });
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PLACE: Place = Place { rows: &["List", "Data.List"], total: &["Total"] };

    /// The pages of a service that holds the rows, with its total as given.
    fn of(pages: Pages, rows: &[Value], total: &Value) -> (Listing, Vec<u64>) {
        let size = usize::try_from(pages.first().1).expect("small");
        let mut asked = Vec::new();
        let listing = read(pages, &PLACE, |index| {
            asked.push(index);
            let skipped = usize::try_from(index - 1).expect("small") * size;
            let page: Vec<&Value> = rows.iter().skip(skipped).take(size).collect();
            let reply = json!({"List": page, "Total": total});
            Ok(Reply(reply.as_object().expect("object").clone()))
        });
        (listing.expect("read"), asked)
    }

    #[test]
    fn everything_is_read_in_as_few_calls_as_the_total_allows() {
        let rows: Vec<Value> = (0..5).map(|id| json!({"Id": id})).collect();
        for (total, calls) in [(json!(5), 3), (json!("5"), 3), (json!(null), 3)] {
            let (listing, asked) = of(Pages::All { size: 2 }, &rows, &total);
            assert_eq!((listing.rows.len(), asked.len()), (5, calls), "{total}");
            assert!(!listing.more && !listing.incomplete, "{total}");
        }
        assert_eq!(of(Pages::All { size: 5 }, &rows, &json!(5)).1, [1]);
        // Without a total only an empty page shows that the full one before it was the last.
        assert_eq!(of(Pages::All { size: 5 }, &rows, &json!(null)).1, [1, 2]);
    }

    #[test]
    fn one_page_is_one_call_and_says_whether_there_is_more() {
        let rows: Vec<Value> = (0..5).map(|id| json!({"Id": id})).collect();
        let (listing, asked) = of(Pages::One { index: 2, size: 2 }, &rows, &json!(5));
        assert_eq!((listing.rows[0]["Id"].clone(), asked), (json!(2), vec![2]));
        assert!(listing.more && !listing.incomplete);
        assert!(!of(Pages::One { index: 3, size: 2 }, &rows, &json!(5)).0.more);
    }

    #[test]
    fn a_service_that_repeats_itself_is_left_alone() {
        let mut calls = 0;
        let listing = read(Pages::All { size: 1 }, &PLACE, |_| {
            calls += 1;
            let reply = json!({"Data": {"List": [{"Id": 1}]}, "Total": 900});
            Ok(Reply(reply.as_object().expect("object").clone()))
        });
        let listing = listing.expect("read");
        assert_eq!((calls, listing.rows.len(), listing.incomplete), (2, 1, true));
    }

    #[test]
    fn a_total_that_promises_too_much_ends_with_the_rows() {
        let (listing, asked) = of(Pages::All { size: 2 }, &[json!({}), json!(7)], &json!(900));
        assert_eq!((listing.rows.len(), asked), (1, vec![1, 2]));
        assert!(!listing.more);
    }
}
