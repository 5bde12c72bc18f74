//! What the service is asked before a free-form message is sent: whether the session window is
//! open, and whether the same message was just sent from another computer.

use jiff::Timestamp;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::api::call::ReadCall;
use crate::chat::draft::Envelope;
use crate::chat::history::{Conversation, Direction, PAGE_SIZE, Query, Status};
use crate::chat::session_window;
use crate::error::{Failure, Kind, Result};
use crate::send::{Verify, duplicates};

pub struct ServiceChecks {
    conversation: Conversation,
    /// The recipient.
    to: String,
    message_type: String,
    content: Value,
    session: bool,
    duplicates: bool,
    now: Timestamp,
    /// What people type to find out what became of an earlier message.
    commands: Vec<String>,
}

impl ServiceChecks {
    /// The checks that are wanted and possible: conversations can be listed only with the ID of
    /// the channel instance.
    pub fn new(
        envelope: Envelope,
        message_type: String,
        content: Value,
        session: bool,
        duplicates: bool,
        commands: Vec<String>,
    ) -> Option<Self> {
        let space = envelope.cust_space_id.filter(|_| session || duplicates)?;
        let conversation = Conversation {
            channel: envelope.channel,
            business: envelope.from,
            customer: Some(envelope.to.clone()),
            space,
        };
        let (to, now) = (envelope.to, Timestamp::now());
        Some(Self { conversation, to, message_type, content, session, duplicates, now, commands })
    }

    /// The first page of each question.
    pub fn calls(&self) -> Vec<ReadCall> {
        let session = self.session.then(|| session_window::query(self.now));
        let duplicates = self.duplicates.then(|| self.recently_sent());
        let queries = session.into_iter().chain(duplicates);
        queries.map(|query| self.conversation.page(&query, 1, PAGE_SIZE)).collect()
    }

    pub fn into_verify(self) -> Verify {
        Box::new(move |service| {
            let mut rows = Vec::new();
            if self.session {
                let (window, _) = session_window::fetch(&self.conversation, service, self.now)?;
                window.require_open(&self.to)?;
                rows.extend(
                    window.expires_at.map(|end| ("window open until".to_string(), end.to_string())),
                );
            }
            if self.duplicates {
                self.refuse_duplicate(service)?;
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

    /// The local record does not know what other computers sent. If the service does not answer,
    /// nothing is sent.
    fn refuse_duplicate(&self, service: &Client<'_>) -> Result<()> {
        let query = self.recently_sent();
        let found =
            self.conversation.fetch_all(service, &query, PAGE_SIZE).map_err(unknown_duplicate)?;
        let same = found.messages.iter().find(|message| {
            message.status != Status::Failed
                && message.has_content(&self.message_type, &self.content)
        });
        match same {
            Some(message) => {
                let age = self.now.duration_since(message.at.unwrap_or(self.now));
                Err(duplicates::repetition(age, &self.commands))
            }
            None if found.is_doubtful => Err(unknown_duplicate(Failure::new(
                Kind::Rejected,
                "its list of messages cannot be read",
            ))),
            None => Ok(()),
        }
    }
}

/// The failure of a comparison with what was just sent.
fn unknown_duplicate(mut failure: Box<Failure>) -> Box<Failure> {
    if failure.kind == Kind::Cancelled {
        return failure;
    }
    failure.message = format!(
        "cannot check with the service whether the same was just sent: {}",
        failure.message
    );
    let first = failure.hint.take().map(|hint| format!("{hint}; ")).unwrap_or_default();
    failure.hint(format!("{first}--allow-duplicate sends without this check"))
}
