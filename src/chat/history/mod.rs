//! The messages between a business number and its customers, as the service keeps them.
//!
//! `ListChatappMessage` returns them page by page; the history, the session window and the check
//! for duplicates all use it.

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
use crate::message::channel::Channel;
pub use message::{Direction, Message, Status};

/// Rows of one page, unless the user sets another number.
pub const PAGE_SIZE: u64 = 50;

/// Whose messages.
#[derive(Debug, Clone)]
pub struct Conversation {
    pub channel: Channel,
    pub business: String,
    /// `None`: all customers.
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

/// The messages that were found, in the order of the service, each one once.
#[derive(Debug, Default)]
pub struct Messages {
    pub messages: Vec<Message>,
    /// The replies as they came.
    pub replies: Vec<Value>,
    /// There may be more: the last page was full, or the search was cut off.
    pub more: bool,
    /// A reply had no list, or the list had a row that may or may not match the query: a message
    /// that was not found may exist.
    pub is_doubtful: bool,
    /// A reply had no list, or the list had a row that is not an object.
    pub is_unreadable: bool,
    /// The search ended before the last page.
    pub is_cut: bool,
    /// Hashes of the messages so far: their IDs would fill the memory in a long search.
    known: HashSet<u64>,
    hasher: RandomState,
}

impl Conversation {
    /// The call for one page; pages count from 1.
    pub fn page(&self, query: &Query, index: u64, size: u64) -> ReadCall {
        // The service counts from 1970; earlier times mean no lower limit.
        let millis = |moment: Timestamp| u64::try_from(moment.as_millisecond()).unwrap_or(0);
        Call::to(&LIST_CHATAPP_MESSAGE)
            .text("--business-number", &self.business)
            .optional_text("--user-number", self.customer.as_deref())
            .text("--channel-type", self.channel.name())
            .text("--cust-space-id", &self.space)
            .optional_text("--event-action", query.direction.map(Direction::service_name))
            .optional_text("--message-status", query.status.and_then(Status::service_name))
            .optional_integer("--start-time", query.since.map(millis))
            .optional_integer("--end-time", query.until.map(millis))
            .fields("--page", &[("Index", index), ("Size", size)])
    }

    /// One page.
    ///
    /// # Errors
    /// The failure of the call.
    pub fn fetch_page(
        &self,
        service: &Client<'_>,
        query: &Query,
        index: u64,
        size: u64,
    ) -> Result<Messages> {
        let mut found = Messages::default();
        found.add_page(self, query, service.read(&self.page(query, index, size))?, size);
        Ok(found)
    }

    /// The first page, with one call that is not repeated.
    ///
    /// # Errors
    /// The failure of the call.
    pub fn fetch_once(&self, service: &Client<'_>, query: &Query) -> Result<Messages> {
        let mut found = Messages::default();
        let reply = service.read_once(&self.page(query, 1, PAGE_SIZE))?;
        found.add_page(self, query, reply, PAGE_SIZE);
        Ok(found)
    }

    /// All pages.
    ///
    /// # Errors
    /// The failure of the first call that fails.
    pub fn fetch_all(&self, service: &Client<'_>, query: &Query, size: u64) -> Result<Messages> {
        let (mut messages, mut replies) = (Vec::new(), Vec::new());
        let found = self.fetch_each(service, query, size, |page, reply| {
            messages.extend(page);
            replies.push(reply.clone());
            if messages.len() < MAX_ROWS {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        Ok(Messages { messages, replies, ..found })
    }

    /// All pages, one by one: `take` is called with the messages and the reply of each page, and
    /// breaks when it wants no more. The returned value holds no messages.
    ///
    /// # Errors
    /// As [`Conversation::fetch_all`].
    pub fn fetch_each(
        &self,
        service: &Client<'_>,
        query: &Query,
        size: u64,
        mut take: impl FnMut(Vec<Message>, &Value) -> ControlFlow<()>,
    ) -> Result<Messages> {
        let mut found = Messages::default();
        let mut longest_page = 0;
        for index in 1..=MAX_PAGES {
            let reply = service.read(&self.page(query, index, size))?;
            let page = found.add_page(self, query, reply, size);
            // Only the last reply is kept: the next page is compared with it.
            found.replies = found.replies.split_off(found.replies.len().saturating_sub(1));
            let messages = std::mem::take(&mut found.messages);
            let flow = found
                .replies
                .last()
                .map_or(ControlFlow::Continue(()), |reply| take(messages, reply));
            // A page without new rows is the end, or the service ignores the page index. A page
            // shorter than requested proves nothing, since the service may have its own limit; a
            // page shorter than an earlier one is the last.
            if page.new == 0 || page.rows < longest_page {
                // If the service repeats a full page, there may be more rows after it.
                found.more = page.rows > 0 && page.new == 0 && page.rows >= longest_page;
                return Ok(found);
            }
            longest_page = page.rows;
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

/// The size of one reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Page {
    rows: usize,
    /// Rows that no earlier reply had.
    new: usize,
}

impl Messages {
    /// Adds the messages of a reply. Messages that do not match the query are left out: a service
    /// that ignores a filter must not mix up conversations.
    fn add_page(
        &mut self,
        conversation: &Conversation,
        query: &Query,
        reply: Reply,
        size: u64,
    ) -> Page {
        let list = list(&reply.0);
        self.is_doubtful |= list.is_none();
        self.is_unreadable |= list.is_none();
        let rows = list.unwrap_or_default();
        self.more = rows.len() as u64 >= size;
        let mut page = Page { rows: rows.len(), new: 0 };
        // Rows without an ID would be new on every page if the service ignores the page index.
        let repeats = self
            .replies
            .last()
            .is_some_and(|last| last.as_object().and_then(self::list).unwrap_or_default() == rows);
        for row in rows.iter().filter(|_| !repeats) {
            let Some(row) = row.as_object() else {
                self.is_doubtful = true;
                self.is_unreadable = true;
                continue;
            };
            let message = Message::from_row(row);
            if message.key().is_some_and(|key| !self.known.insert(self.hasher.hash_one(key))) {
                continue;
            }
            page.new += 1;
            self.is_doubtful |= is_doubtful(conversation, &message);
            if matches(conversation, query, &message) {
                self.messages.push(message);
            }
        }
        self.replies.push(Value::Object(reply.0));
        page
    }
}

/// Whether a message matches the query; fields that the message lacks count as matching.
fn matches(conversation: &Conversation, query: &Query, message: &Message) -> bool {
    !is_of_another(conversation, message)
        && query.direction.is_none_or(|wanted| message.direction == Some(wanted))
        && query.status.is_none_or(|wanted| message.status == wanted)
        && query.since.is_none_or(|since| message.at.is_none_or(|at| at >= since))
        && query.until.is_none_or(|until| message.at.is_none_or(|at| at <= until))
}

/// Whether a message is to or from another customer. Only the digits of the numbers are compared,
/// since the service may write a plus sign.
fn is_of_another(conversation: &Conversation, message: &Message) -> bool {
    let digits =
        |number: &String| -> String { number.chars().filter(char::is_ascii_digit).collect() };
    match (&conversation.customer, message.customer()) {
        (Some(wanted), Some(found)) => digits(wanted) != digits(found),
        _ => false,
    }
}

/// Whether a message may be one of this conversation, and lacks its customer or direction.
fn is_doubtful(conversation: &Conversation, message: &Message) -> bool {
    !is_of_another(conversation, message)
        && (message.direction.is_none()
            || (conversation.customer.is_some() && message.customer().is_none()))
}

/// The list of a reply, in the documented field or nested as in other lists of the product. A
/// reply with a code and without `Data` has nothing to list.
fn list(reply: &Map<String, Value>) -> Option<&[Value]> {
    let data = match reply.get("Data") {
        None | Some(Value::Null) => return reply.contains_key("Code").then_some(&[]),
        Some(data) => data,
    };
    let nested = || ["List", "Data", "Messages"].iter().find_map(|name| data.get(name)?.as_array());
    data.as_array().or_else(nested).map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn conversation() -> Conversation {
        Conversation {
            channel: Channel::Whatsapp,
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
    fn malformed_replies_have_no_messages() {
        for malformed in [
            json!({}),
            json!({"Data": null}),
            json!({"Data": []}),
            json!({"Data": "none"}),
            json!({"Data": {"Total": 0}}),
            json!({"Data": [null, 1, "x", []]}),
        ] {
            let mut found = Messages::default();
            let is_empty = malformed == json!({"Data": []});
            assert_eq!(
                found.add_page(&conversation(), &Query::default(), reply(malformed), 50).new,
                0
            );
            assert!(found.messages.is_empty() && !found.more);
            assert_eq!(found.is_doubtful, !is_empty);
        }
        let nested = json!({"Data": {"List": [row("1", "8613800001000", "UP")]}});
        let mut found = Messages::default();
        assert_eq!(found.add_page(&conversation(), &Query::default(), reply(nested), 50).new, 1);
        assert!(!found.is_doubtful);
    }

    #[test]
    fn numbers_are_compared_by_their_digits_and_rows_without_one_are_doubtful() {
        let anonymous = json!({"EventAction": "UP"});
        for (row, matching, is_doubtful) in [
            (row("1", "+86 138-0000-1000", "UP"), 1, false),
            (row("1", "8613800001000", "SIDEWAYS"), 0, true),
            (row("1", "8613800001001", "SIDEWAYS"), 0, false),
            (anonymous, 1, true),
        ] {
            let mut found = Messages::default();
            let query = Query { direction: Some(Direction::In), ..Query::default() };
            found.add_page(&conversation(), &query, reply(json!({"Data": [row]})), 50);
            assert_eq!((found.messages.len(), found.is_doubtful), (matching, is_doubtful), "{row}");
        }
    }

    #[test]
    fn a_message_counts_once_and_only_if_it_matches_the_query() {
        let mut found = Messages::default();
        let rows = json!({"Data": [
            row("1", "8613800001000", "UP"),
            row("1", "8613800001000", "UP"),
            row("2", "8613800001001", "UP"),
            row("3", "8613800001000", "DOWN"),
        ]});
        let query = Query { direction: Some(Direction::In), ..Query::default() };
        assert_eq!(found.add_page(&conversation(), &query, reply(rows.clone()), 4).new, 3);
        assert_eq!(found.messages.len(), 1);
        assert!(found.more);
        assert_eq!(found.add_page(&conversation(), &query, reply(rows), 4).new, 0);
    }

    #[test]
    fn a_repeated_page_has_no_new_rows_even_without_ids() {
        let mut found = Messages::default();
        let rows = json!({"Data": [{"EventAction": "UP"}, {"EventAction": "UP"}]});
        assert_eq!(
            found.add_page(&conversation(), &Query::default(), reply(rows.clone()), 2).new,
            2
        );
        assert_eq!(found.add_page(&conversation(), &Query::default(), reply(rows), 2).new, 0);
        assert_eq!((found.messages.len(), found.replies.len()), (2, 2));
    }
}
