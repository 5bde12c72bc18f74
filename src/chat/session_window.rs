//! The session window: free-form messages may be sent for 24 hours after a customer's last
//! message. WhatsApp has this rule, Viber does not.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::aliyun::client::Client;
use crate::chat::history::{Conversation, Direction, PAGE_SIZE, Query};
use crate::error::{Failure, Kind, Result};

/// How long the window stays open after a customer's message; documented.
pub const LENGTH: SignedDuration = SignedDuration::from_hours(24);

/// The window to one customer; also the JSON output of `whatsapp session`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Window {
    /// Whether free-form messages can be sent now.
    pub open: bool,
    /// Time of the customer's last message in the last 24 hours; RFC 3339.
    pub last_inbound_at: Option<Timestamp>,
    /// When the window closes or closed; RFC 3339.
    pub expires_at: Option<Timestamp>,
}

impl Window {
    /// The window at `now`, given the customer's newest message.
    pub fn after(last_inbound_at: Option<Timestamp>, now: Timestamp) -> Self {
        let expires_at = last_inbound_at.and_then(|at| at.checked_add(LENGTH).ok());
        Self { last_inbound_at, expires_at, open: expires_at.is_some_and(|end| now < end) }
    }

    /// # Errors
    /// The window is closed, so the service would reject the message.
    pub fn require_open(&self, to: &str) -> Result<()> {
        if self.open {
            return Ok(());
        }
        let mut failure = Failure::new(
            Kind::Rejected,
            format!(
                "the session window to {to} is closed: no message from this customer in 24 hours"
            ),
        );
        failure.code = Some("SessionWindowExpired".into());
        failure.hint =
            Some("only a template can be sent now; the user decides whether to send one".into());
        failure.next = vec![
            "alimsg templates list --audit-status approved".into(),
            "alimsg whatsapp send template --help".into(),
        ];
        Err(failure)
    }
}

/// The messages that can open the window.
pub fn query(now: Timestamp) -> Query {
    Query {
        since: now.checked_sub(LENGTH).ok(),
        direction: Some(Direction::In),
        ..Query::default()
    }
}

/// Fetches the window, and the replies that it comes from.
///
/// # Errors
/// The failure of a call. Also an unreadable list or message where no readable one opens the
/// window: it is unknown then whether the window is open.
pub fn fetch(
    conversation: &Conversation,
    service: &Client<'_>,
    now: Timestamp,
) -> Result<(Window, Vec<serde_json::Value>)> {
    // All pages, since the newest message does not have to come first.
    let found = conversation.fetch_all(service, &query(now), PAGE_SIZE)?;
    // A message without a customer may be from another one.
    let newest = found
        .messages
        .iter()
        .filter(|message| message.customer().is_some())
        .filter_map(|message| message.at)
        .max();
    let window = Window::after(newest, now);
    let lacks_time = found.messages.iter().any(|message| message.at.is_none());
    if !window.open && (found.is_doubtful || lacks_time) {
        let mut failure =
            Failure::new(Kind::Rejected, "cannot read from the reply when the customer last wrote")
                .hint(
                    "it is unknown whether the window is open; a template can be sent at any time",
                );
        failure.raw = Some(serde_json::Value::Array(found.replies));
        return Err(failure);
    }
    Ok((window, found.replies))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_closes_24_hours_after_the_last_message() {
        let now: Timestamp = "2026-03-26T12:00:00Z".parse().expect("a moment");
        let minutes = SignedDuration::from_mins(1);
        assert!(!Window::after(None, now).open);
        assert!(Window::after(Some(now), now).open);
        assert!(Window::after(Some(now - LENGTH + minutes), now).open);
        assert!(!Window::after(Some(now - LENGTH), now).open);
        // The clock of the service may be ahead.
        let window = Window::after(Some(now + minutes), now);
        assert!(window.open);
        assert_eq!(window.expires_at, Some(now + minutes + LENGTH));
        let refused = Window::after(None, now).require_open("1").expect_err("closed");
        assert!(refused.hint.expect("a hint").contains("template"));
    }
}
