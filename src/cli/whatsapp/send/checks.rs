//! Checks with the service before a free-form message is sent: that the session window is open, and
//! that the same message was not just sent from another computer.

use std::cell::Cell;
use std::rc::Rc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::aliyun::client::Client;
use crate::api::call::ReadCall;
use crate::chat::history::{Conversation, Direction, PAGE_SIZE, Query, Status};
use crate::chat::session_window::{self, Window};
use crate::error::{Failure, Kind, Result};
use crate::send::{Fetch, FollowUp, Verify, duplicates};

/// The checks of one message.
pub struct ServiceChecks {
    /// The messages between sender and recipient.
    pub conversation: Conversation,
    pub recipient: String,
    pub message_type: String,
    pub content: Value,
    /// Whether to require an open session window.
    pub session: bool,
    /// The window, once it was checked.
    pub window: Rc<Cell<Option<Window>>>,
    /// Whether to refuse a message that was just sent.
    pub duplicates: bool,
    pub now: Timestamp,
    /// The commands that show what happened to an earlier message.
    pub commands: Vec<String>,
}

impl ServiceChecks {
    /// The calls for the first page of each check.
    pub fn calls(&self) -> Vec<ReadCall> {
        let session = self.session.then(|| session_window::query(self.now));
        let duplicates = self.duplicates.then(|| self.recently_sent());
        let queries = session.into_iter().chain(duplicates);
        queries.map(|query| self.conversation.page(&query, 1, PAGE_SIZE)).collect()
    }

    /// Adds the session window, as it was before the send, to the result.
    pub fn session_evidence(&self) -> Option<FollowUp> {
        let window = self.session.then(|| Rc::clone(&self.window))?;
        let fetch: Fetch = Box::new(move |_, _, record, _| {
            if let Some(window) = window.get() {
                record.data.insert("session".into(), json!(window));
            }
            None
        });
        Some(FollowUp { calls: Vec::new(), when: "", fetch })
    }

    /// Returns the function that runs the checks.
    pub fn into_verify(self) -> Verify {
        Box::new(move |client| {
            let mut rows = Vec::new();
            if self.session {
                let (window, _) = session_window::fetch(&self.conversation, client, self.now)?;
                window.require_open(&self.recipient)?;
                self.window.set(Some(window));
                rows.extend(
                    window.expires_at.map(|end| ("window open until".to_string(), end.to_string())),
                );
            }
            if self.duplicates {
                self.refuse_duplicate(client)?;
            }
            Ok(rows)
        })
    }

    fn recently_sent(&self) -> Query {
        Query {
            since: self.now.checked_sub(duplicates::WINDOW).ok(),
            direction: Some(Direction::Out),
            ..Query::default()
        }
    }

    /// The local record does not have the messages of other computers, so the service is asked. If
    /// it does not answer, nothing is sent.
    fn refuse_duplicate(&self, client: &Client<'_>) -> Result<()> {
        let query = self.recently_sent();
        let sent =
            self.conversation.fetch_all(client, &query, PAGE_SIZE).map_err(unknown_duplicate)?;
        let same = sent.messages.iter().find(|message| {
            message.status != Status::Failed
                && message.has_content(&self.message_type, &self.content)
        });
        match same {
            Some(message) => {
                let age = self.now.duration_since(message.at.unwrap_or(self.now));
                Err(duplicates::repetition(age, &self.commands))
            }
            None if sent.is_doubtful => Err(unknown_duplicate(Failure::new(
                Kind::Rejected,
                "its list of messages cannot be read",
            ))),
            None => Ok(()),
        }
    }
}

/// The failure if the check for a duplicate is not possible.
fn unknown_duplicate(mut failure: Box<Failure>) -> Box<Failure> {
    if failure.kind == Kind::Cancelled {
        return failure;
    }
    failure.message = format!(
        "cannot check with the service whether the same message was just sent: {}",
        failure.message
    );
    let first = failure.hint.take().map(|hint| format!("{hint}; ")).unwrap_or_default();
    failure.hint(format!("{first}--allow-duplicate sends without this check"))
}
