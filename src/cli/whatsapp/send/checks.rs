//! Checks with the service before a free-form message is sent: that the session window is open, and
//! that the same message was not just sent from another computer.

use std::cell::Cell;
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::aliyun::client::Client;
use crate::api::call::ReadCall;
use crate::chat::history::{Conversation, Direction, PAGE_SIZE, Query, Status};
use crate::chat::session_window::{self, Window};
use crate::error::{Kind, Result};
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
    /// The session window, once it was checked.
    pub checked: Rc<Cell<Option<Window>>>,
    /// How long ago the same message must not have been sent; `None`: this is not checked.
    pub window: Option<SignedDuration>,
    pub now: Timestamp,
    /// The commands that show what happened to an earlier message.
    pub commands: Vec<String>,
}

impl ServiceChecks {
    /// The calls for the first page of each check.
    pub fn calls(&self) -> Vec<ReadCall> {
        let session = self.session.then(|| session_window::query(self.now));
        let duplicates = self.window.map(|window| self.recently_sent(window));
        let queries = session.into_iter().chain(duplicates);
        queries.map(|query| self.conversation.page(&query, 1, PAGE_SIZE)).collect()
    }

    /// Adds the session window, as it was before the send, to the result.
    pub fn session_evidence(&self) -> Option<FollowUp> {
        let checked = self.session.then(|| Rc::clone(&self.checked))?;
        let fetch: Fetch = Box::new(move |_, _, record, _| {
            if let Some(window) = checked.get() {
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
                self.checked.set(Some(window));
                rows.extend(
                    window.expires_at.map(|end| ("window open until".to_string(), end.to_string())),
                );
            }
            if let Some(window) = self.window {
                self.refuse_duplicate(client, window)?;
            }
            Ok(rows)
        })
    }

    fn recently_sent(&self, window: SignedDuration) -> Query {
        Query {
            since: self.now.checked_sub(window).ok(),
            direction: Some(Direction::Out),
            ..Query::default()
        }
    }

    /// The local record does not have the messages of other computers, so the service is asked, once.
    /// If it does not answer, that is only a warning.
    fn refuse_duplicate(&self, client: &Client<'_>, window: SignedDuration) -> Result<()> {
        let warn = |reason: &str| {
            client.context().screen.warn(format!(
                "cannot check with the service whether another computer just sent the same message: \
                 {reason}"
            ));
        };
        let sent = match self.conversation.fetch_once(client, &self.recently_sent(window)) {
            Ok(sent) => sent,
            Err(failure) if failure.kind == Kind::Cancelled => return Err(failure),
            Err(failure) => {
                warn(&failure.message);
                return Ok(());
            }
        };
        let same = sent.messages.iter().find(|message| {
            message.status != Status::Failed
                && message.has_content(&self.message_type, &self.content)
        });
        if let Some(message) = same {
            let age = self.now.duration_since(message.at.unwrap_or(self.now));
            let recipients = std::slice::from_ref(&self.recipient);
            return Err(duplicates::repetition(age, window, recipients, &self.commands));
        }
        if sent.is_doubtful {
            warn("its list of messages cannot be read");
        }
        Ok(())
    }
}
