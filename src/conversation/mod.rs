//! The messages between a business number and its customers, as the service keeps them.
//!
//! One call reads them, `ListChatappMessage`, page by page; the session window, the history and the
//! search for duplicates are all questions to it.

mod message;
pub mod window;

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::call::Call;
use crate::failure::Result;
use crate::operations::LIST_CHATAPP_MESSAGE;
use crate::reply::Reply;
use crate::service::Service;
pub use message::{Direction, Message, Status};

/// Rows of one page, where nobody says otherwise.
pub const PAGE_SIZE: u64 = 50;
/// The end of every search, in case that a service never runs out of pages.
const MOST_PAGES: u64 = 10_000;

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
    /// The last page was full: there may be more.
    pub more: bool,
    seen: HashSet<String>,
}

impl Conversation {
    /// The call for one page; pages count from 1.
    pub fn page(&self, query: &Query, index: u64, size: u64) -> Call {
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
        service: &Service<'_>,
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
    pub fn read_all(&self, service: &Service<'_>, query: &Query, size: u64) -> Result<Found> {
        let mut found = Found::default();
        for index in 1..=MOST_PAGES {
            let reply = service.read(&self.page(query, index, size))?;
            // A page without anything new is a service that does not count its pages.
            if found.take(self, query, reply, size) == 0 || !found.more {
                break;
            }
        }
        Ok(found)
    }
}

impl Found {
    /// Takes what a reply has to say and returns how many of its rows were new. What does not fit
    /// the question is left out: a service that ignores a filter must not mix up conversations.
    fn take(&mut self, asked: &Conversation, query: &Query, reply: Reply, size: u64) -> usize {
        let rows = rows(&reply);
        self.more = rows.len() as u64 >= size;
        let mut new = 0;
        for message in rows.into_iter().map(Message::from_row) {
            if message.key().is_some_and(|key| !self.seen.insert(key)) {
                continue;
            }
            new += 1;
            if fits(asked, query, &message) {
                self.messages.push(message);
            }
        }
        self.replies.push(Value::Object(reply.0));
        new
    }
}

/// Whether a message answers the question, as far as it says anything about it.
fn fits(asked: &Conversation, query: &Query, message: &Message) -> bool {
    let is_customer = |customer: &String| {
        message.customer.is_none() || message.customer.as_ref() == Some(customer)
    };
    asked.customer.as_ref().is_none_or(is_customer)
        && query.direction.is_none_or(|wanted| message.direction == Some(wanted))
        && query.status.is_none_or(|wanted| message.status == wanted)
        && query.since.is_none_or(|since| message.at.is_none_or(|at| at >= since))
        && query.until.is_none_or(|until| message.at.is_none_or(|at| at <= until))
}

/// The rows of a reply, in the documented place or nested as other lists of the product have it.
fn rows(reply: &Reply) -> Vec<&serde_json::Map<String, Value>> {
    let data = reply.0.get("Data");
    let list = match data {
        Some(Value::Array(list)) => Some(list),
        Some(Value::Object(nested)) => {
            ["List", "Data", "Messages"].iter().find_map(|name| nested.get(*name)?.as_array())
        }
        _ => None,
    };
    list.into_iter().flatten().filter_map(Value::as_object).collect()
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
            assert_eq!(found.take(&conversation(), &Query::default(), reply(odd), 50), 0);
            assert!(found.messages.is_empty() && !found.more);
        }
        let nested = json!({"Data": {"List": [row("1", "8613800001000", "UP")]}});
        let mut found = Found::default();
        assert_eq!(found.take(&conversation(), &Query::default(), reply(nested), 50), 1);
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
        assert_eq!(found.take(&conversation(), &query, reply(rows.clone()), 4), 3);
        assert_eq!(found.messages.len(), 1);
        assert!(found.more);
        assert_eq!(found.take(&conversation(), &query, reply(rows), 4), 0);
    }
}
