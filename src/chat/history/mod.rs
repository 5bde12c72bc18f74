//! The messages between a business number and its customers, as the service keeps them.
//!
//! One call reads them, `ListChatappMessage`, page by page; the session window, the history and the
//! search for duplicates are all questions to it.

mod message;

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::ops::ControlFlow;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::aliyun::client::Client;
use crate::aliyun::pages::{MAX_PAGES, MAX_ROWS};
use crate::api::call::{Call, ReadCall};
use crate::api::operations::LIST_CHATAPP_MESSAGE;
use crate::api::reply::Reply;
use crate::error::Result;
pub use message::{Direction, Message, Status};

/// Rows of one page, where nobody says otherwise.
pub const PAGE_SIZE: u64 = 50;

/// Whose messages.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// As the service spells it.
    pub channel: &'static str,
    pub business: String,
    /// All customers if there is none.
    pub customer: Option<String>,
    pub space: String,
}

/// Which of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query {
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub direction: Option<Direction>,
    pub status: Option<Status>,
}

/// What was found, in the order of the service, each message once.
#[derive(Debug, Default)]
pub struct Found {
    pub messages: Vec<Message>,
    /// The replies as they came.
    pub replies: Vec<Value>,
    /// There may be more: the last page was full, or the search did not come to its end.
    pub more: bool,
    /// A reply had no list, or the list had something that cannot be told to be, or not to be, a
    /// message that was asked for. What is not found may be there all the same.
    pub is_doubtful: bool,
    /// A reply had no list, or the list had something that is no message at all.
    pub is_unreadable: bool,
    /// The search ended before the last page.
    pub is_cut: bool,
    /// Hashes of the messages so far: their IDs would fill the memory in a long search.
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Conversation {
    /// The call for one page; pages count from 1.
    pub fn page(&self, query: &Query, index: u64, size: u64) -> ReadCall {
        // Moments before 1970 are the beginning of everything here.
        let millis = |moment: Timestamp| u64::try_from(moment.as_millisecond()).unwrap_or(0);
        Call::to(&LIST_CHATAPP_MESSAGE)
            .text("--business-number", &self.business)
            .optional_text("--user-number", self.customer.as_deref())
            .text("--channel-type", self.channel)
            .text("--cust-space-id", &self.space)
            .optional_text("--event-action", query.direction.map(Direction::service_word))
            .optional_text("--message-status", query.status.and_then(Status::service_word))
            .optional_integer("--start-time", query.since.map(millis))
            .optional_integer("--end-time", query.until.map(millis))
            .fields("--page", &[("Index", index), ("Size", size)])
    }

    /// One page.
    ///
    /// # Errors
    /// The failure of the call.
    pub fn read_page(
        &self,
        service: &Client<'_>,
        query: &Query,
        index: u64,
        size: u64,
    ) -> Result<Found> {
        let mut found = Found::default();
        found.take(self, query, service.read(&self.page(query, index, size))?, size);
        Ok(found)
    }

    /// All pages.
    ///
    /// # Errors
    /// The failure of the first call that fails.
    pub fn read_all(&self, service: &Client<'_>, query: &Query, size: u64) -> Result<Found> {
        let (mut messages, mut replies) = (Vec::new(), Vec::new());
        let found = self.read_each(service, query, size, |page, reply| {
            messages.extend(page);
            replies.push(reply.clone());
            if messages.len() < MAX_ROWS {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        Ok(Found { messages, replies, ..found })
    }

    /// All pages, handed over one by one with the reply that they came in; the messages are not in
    /// what is returned. `take` breaks when it wants no more.
    ///
    /// # Errors
    /// As [`Conversation::read_all`].
    pub fn read_each(
        &self,
        service: &Client<'_>,
        query: &Query,
        size: u64,
        mut take: impl FnMut(Vec<Message>, &Value) -> ControlFlow<()>,
    ) -> Result<Found> {
        let mut found = Found::default();
        let mut longest = 0;
        for index in 1..=MAX_PAGES {
            let reply = service.read(&self.page(query, index, size))?;
            let page = found.take(self, query, reply, size);
            // The last reply is what the next page is compared with.
            let last = found.replies.split_off(found.replies.len().saturating_sub(1));
            found.replies = last;
            let messages = std::mem::take(&mut found.messages);
            let flow = found
                .replies
                .last()
                .map_or(ControlFlow::Continue(()), |reply| take(messages, reply));
            // Nothing new is the end, or a service that does not count its pages. Rows fewer than
            // were asked for prove nothing, as the service may have a limit of its own; fewer than
            // on a page before are the last ones.
            if page.new == 0 || page.rows < longest {
                // Rows that came again tell nothing of what may lie behind them.
                found.more = page.rows > 0 && page.new == 0 && page.rows >= longest;
                return Ok(found);
            }
            longest = page.rows;
            if flow.is_break() {
                break;
            }
        }
        found.more = true;
        found.is_cut = true;
        found.is_doubtful = true;
        Ok(found)
    }
}

/// How much there was in a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Page {
    rows: usize,
    /// Rows that no reply before has had.
    new: usize,
}

impl Found {
    /// Takes what a reply has to say. What does not fit the question is left out: a service that
    /// ignores a filter must not mix up conversations.
    fn take(&mut self, asked: &Conversation, query: &Query, reply: Reply, size: u64) -> Page {
        let found = list(&reply.0);
        self.is_doubtful |= found.is_none();
        self.is_unreadable |= found.is_none();
        let rows = found.unwrap_or_default();
        self.more = rows.len() as u64 >= size;
        let mut page = Page { rows: rows.len(), new: 0 };
        // Rows that nothing tells apart would be new on every page of a service that does not count
        // its pages.
        let repeats = self
            .replies
            .last()
            .is_some_and(|last| last.as_object().and_then(list).unwrap_or_default() == rows);
        for row in rows.iter().filter(|_| !repeats) {
            let Some(row) = row.as_object() else {
                self.is_doubtful = true;
                self.is_unreadable = true;
                continue;
            };
            let message = Message::from_row(row);
            if message.key().is_some_and(|key| !self.seen.insert(self.hasher.hash_one(key))) {
                continue;
            }
            page.new += 1;
            self.is_doubtful |= is_doubtful(asked, &message);
            if fits(asked, query, &message) {
                self.messages.push(message);
            }
        }
        self.replies.push(Value::Object(reply.0));
        page
    }
}

/// Whether a message answers the question, as far as it says anything about it.
fn fits(asked: &Conversation, query: &Query, message: &Message) -> bool {
    !is_of_another(asked, message)
        && query.direction.is_none_or(|wanted| message.direction == Some(wanted))
        && query.status.is_none_or(|wanted| message.status == wanted)
        && query.since.is_none_or(|since| message.at.is_none_or(|at| at >= since))
        && query.until.is_none_or(|until| message.at.is_none_or(|at| at <= until))
}

/// Whether a message is known to be to or from another customer than the one asked about. Numbers
/// are the same if their digits are: the service may write a plus sign.
fn is_of_another(asked: &Conversation, message: &Message) -> bool {
    let digits =
        |number: &String| -> String { number.chars().filter(char::is_ascii_digit).collect() };
    match (&asked.customer, &message.customer) {
        (Some(asked), Some(found)) => digits(asked) != digits(found),
        _ => false,
    }
}

/// Whether nobody can tell who has written a message, which may be the customer asked about.
fn is_doubtful(asked: &Conversation, message: &Message) -> bool {
    !is_of_another(asked, message)
        && (message.direction.is_none() || (asked.customer.is_some() && message.customer.is_none()))
}

/// The list of a reply, in the documented place or nested as other lists of the product have it.
/// An OK that leaves the list out means that there is nothing to list.
fn list(reply: &Map<String, Value>) -> Option<&[Value]> {
    let list = match reply.get("Data") {
        None | Some(Value::Null) => return reply.contains_key("Code").then_some(&[]),
        Some(data) => data,
    };
    let list = match list {
        Value::Array(list) => Some(list),
        Value::Object(nested) => {
            ["List", "Data", "Messages"].iter().find_map(|name| nested.get(*name)?.as_array())
        }
        _ => None,
    };
    list.map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn conversation() -> Conversation {
        Conversation {
            channel: "whatsapp",
            business: "8613800000001".into(),
            customer: Some("8613800001000".into()),
            space: "cams-x".into(),
        }
    }

    fn reply(value: Value) -> Reply {
        Reply(value.as_object().expect("an object").clone())
    }

    fn row(id: &str, customer: &str, action: &str) -> Value {
        json!({
            "MessageId": id, "UserNumber": customer, "BusinessNumber": "8613800000001",
            "EventAction": action, "MessageStatus": "success",
        })
    }

    #[test]
    fn odd_replies_hold_no_messages_and_do_no_harm() {
        for odd in [
            json!({}),
            json!({"Data": null}),
            json!({"Data": []}),
            json!({"Data": "none"}),
            json!({"Data": {"Total": 0}}),
            json!({"Data": [null, 1, "x", []]}),
        ] {
            let mut found = Found::default();
            let is_empty = odd == json!({"Data": []});
            assert_eq!(found.take(&conversation(), &Query::default(), reply(odd), 50).new, 0);
            assert!(found.messages.is_empty() && !found.more);
            assert_eq!(found.is_doubtful, !is_empty);
        }
        let nested = json!({"Data": {"List": [row("1", "8613800001000", "UP")]}});
        let mut found = Found::default();
        assert_eq!(found.take(&conversation(), &Query::default(), reply(nested), 50).new, 1);
        assert!(!found.is_doubtful);
    }

    #[test]
    fn whose_message_it_is_is_told_by_digits_or_in_doubt() {
        let nobody = json!({"EventAction": "UP"});
        for (row, fits, is_doubtful) in [
            (row("1", "+86 138-0000-1000", "UP"), 1, false),
            (row("1", "8613800001000", "SIDEWAYS"), 0, true),
            (row("1", "8613800001001", "SIDEWAYS"), 0, false),
            (nobody, 1, true),
        ] {
            let mut found = Found::default();
            let query = Query { direction: Some(Direction::In), ..Query::default() };
            found.take(&conversation(), &query, reply(json!({"Data": [row]})), 50);
            assert_eq!((found.messages.len(), found.is_doubtful), (fits, is_doubtful), "{row}");
        }
    }

    #[test]
    fn a_message_counts_once_and_only_if_it_answers_the_question() {
        let mut found = Found::default();
        let rows = json!({"Data": [
            row("1", "8613800001000", "UP"),
            row("1", "8613800001000", "UP"),
            row("2", "8613800001001", "UP"),
            row("3", "8613800001000", "DOWN"),
        ]});
        let query = Query { direction: Some(Direction::In), ..Query::default() };
        assert_eq!(found.take(&conversation(), &query, reply(rows.clone()), 4).new, 3);
        assert_eq!(found.messages.len(), 1);
        assert!(found.more);
        assert_eq!(found.take(&conversation(), &query, reply(rows), 4).new, 0);
    }

    #[test]
    fn a_page_that_comes_again_is_nothing_new_although_its_rows_have_no_id() {
        let mut found = Found::default();
        let rows = json!({"Data": [{"EventAction": "UP"}, {"EventAction": "UP"}]});
        assert_eq!(found.take(&conversation(), &Query::default(), reply(rows.clone()), 2).new, 2);
        assert_eq!(found.take(&conversation(), &Query::default(), reply(rows), 2).new, 0);
        assert_eq!((found.messages.len(), found.replies.len()), (2, 2));
    }
}
