//! How to find the receipt of a message, by channel, and how to recognize it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::api::call::{Call, ReadCall, shell_line};
use crate::api::operations::{LIST_CHATAPP_MESSAGE, Product};
use crate::send::receipt_lookup::SmsContent;
use crate::sms::receipt::{Filter, Sent};

/// How many recipients of a message a look-up queries. The receipt of one proves that the whole call
/// was accepted; more than one, because some recipients may have no receipt.
const MAX_RECIPIENTS: usize = 3;
/// The maximum number of entries on a page; the newest come first.
const PAGE_SIZE: u64 = 50;

/// What a command or a planned call has in place of a channel instance that is not known.
pub const UNKNOWN_SPACE: &str = "SPACE";

/// How long the list of messages can take, and what it means if a message is not in it.
pub const CHAT_PATIENCE: &str = "the service usually lists a message within minutes; if it is not \
                                 listed on the next day, it was probably not sent, but that does \
                                 not prove it";

/// Where to look for the receipt of a message.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "product", rename_all = "snake_case")]
pub enum ReceiptQuery {
    Sms {
        phones: Vec<String>,
        /// Known only to the command that sends it; never recorded.
        #[serde(skip)]
        content: Option<SmsContent>,
    },
    Chat {
        channel: String,
        from: String,
        to: String,
        space: Option<String>,
    },
}

impl ReceiptQuery {
    /// The part that is recorded: no content, and only the numbers that a look-up needs.
    #[must_use]
    pub fn without_content(&self) -> Self {
        match self {
            Self::Sms { phones, .. } => Self::recorded_sms(phones.iter().map(String::as_str)),
            chat @ Self::Chat { .. } => chat.clone(),
        }
    }

    /// What is recorded about an SMS to these numbers.
    pub fn recorded_sms<'n>(phones: impl Iterator<Item = &'n str>) -> Self {
        let phones = phones.take(MAX_RECIPIENTS).map(String::from).collect();
        Self::Sms { phones, content: None }
    }

    /// The query for some of the recipients.
    #[must_use]
    pub fn limited_to(mut self, numbers: &[String]) -> Self {
        if let (Self::Sms { phones, .. }, false) = (&mut self, numbers.is_empty()) {
            *phones = numbers.to_vec();
        }
        self
    }

    /// Fills in the channel instance from another query, if this one has none.
    #[must_use]
    pub fn with_space_from(mut self, other: Option<&Self>) -> Self {
        if let (Self::Chat { space: space @ None, .. }, Some(Self::Chat { space: known, .. })) =
            (&mut self, other)
        {
            space.clone_from(known);
        }
        self
    }

    /// The sender's number (`None` for an SMS) and the known recipients.
    pub fn ends(&self) -> (Option<&str>, Vec<&str>) {
        match self {
            Self::Sms { phones, .. } => (None, phones.iter().map(String::as_str).collect()),
            Self::Chat { from, to, .. } => (Some(from), vec![to]),
        }
    }

    pub fn channel(&self) -> &str {
        match self {
            Self::Sms { .. } => "sms",
            Self::Chat { channel, .. } => channel,
        }
    }

    pub const fn product(&self) -> Product {
        match self {
            Self::Sms { .. } => Product::Dysmsapi,
            Self::Chat { .. } => Product::Cams,
        }
    }

    /// Whether a look-up is possible: the list of chat messages requires the channel instance ID.
    pub fn can_be_looked_up(&self) -> bool {
        !matches!(self, Self::Chat { space: None, .. })
    }

    /// How long a receipt can take, and what it means if there is none.
    pub const fn patience(&self) -> &'static str {
        match self {
            Self::Sms { .. } => {
                "the service usually lists a message within minutes, and its carrier can take up to \
                 3 days to report; if it is not listed on the next day, it was probably not sent, \
                 but that does not prove it"
            }
            Self::Chat { .. } => CHAT_PATIENCE,
        }
    }

    /// The commands that show the status of the message, in order. If the channel instance is
    /// unknown, the first command lists the instances and [`UNKNOWN_SPACE`] is in place of the ID.
    pub fn check_commands(&self, tracking: Option<&str>) -> Vec<String> {
        let mut commands = Vec::new();
        let words: Vec<&str> = match self {
            Self::Sms { phones, .. } => {
                let phone = phones.first().map_or("", String::as_str);
                let mut words = vec!["sms", "status", "-p", phone];
                words.extend(tracking.into_iter().flat_map(|id| ["--out-id", id]));
                words
            }
            Self::Chat { channel, from, to, space } => {
                let mut list = vec!["whatsapp", "accounts", "list"];
                let mut words = vec!["whatsapp", "history", "--from", from, "--to", to];
                if channel != "whatsapp" {
                    list.extend(["--channel", channel]);
                    words.extend(["--channel-type", channel]);
                }
                if space.is_none() {
                    commands.push(shell_line("alimsg", &list));
                }
                words.extend(["--cust-space-id", space.as_deref().unwrap_or(UNKNOWN_SPACE)]);
                words
            }
        };
        commands.push(shell_line("alimsg", &words));
        commands
    }

    /// The calls of one look-up, for a message sent between `since` and `now`.
    pub fn calls(&self, since: Timestamp, now: Timestamp) -> Vec<ReadCall> {
        match self {
            Self::Sms { phones, .. } => phones
                .iter()
                .take(MAX_RECIPIENTS)
                .flat_map(|phone| filter(phone, since).calls(now, 1, PAGE_SIZE))
                .collect(),
            Self::Chat { channel, from, to, space } => vec![
                Call::to(&LIST_CHATAPP_MESSAGE)
                    .text("--business-number", from)
                    .text("--channel-type", channel)
                    .text("--cust-space-id", space.as_deref().unwrap_or_default())
                    .text("--user-number", to)
                    .fields("--page", &[("Index", 1), ("Size", PAGE_SIZE)]),
            ],
        }
    }
}

/// The filter for the receipts of an SMS to this number.
pub fn filter(phone: &str, since: Timestamp) -> Filter {
    Filter { phone: phone.to_string(), sent: Sent::At(since), biz_id: None, out_id: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_look_up_requires_the_space() {
        let chat = |space| ReceiptQuery::Chat {
            channel: "whatsapp".into(),
            from: "1".into(),
            to: "2".into(),
            space,
        };
        assert!(!chat(None).can_be_looked_up());
        assert!(chat(Some("cams-1".into())).can_be_looked_up());
    }

    #[test]
    fn without_a_space_the_first_command_lists_the_accounts() {
        let chat = |channel: &str, space| {
            let channel = channel.to_string();
            ReceiptQuery::Chat { channel, from: "1".into(), to: "2".into(), space }
                .check_commands(Some("t-1"))
        };
        assert_eq!(
            chat("viber", None),
            [
                "alimsg whatsapp accounts list --channel viber",
                "alimsg whatsapp history --from 1 --to 2 --channel-type viber --cust-space-id SPACE",
            ]
        );
        assert_eq!(
            chat("whatsapp", Some("cams-1".into())),
            ["alimsg whatsapp history --from 1 --to 2 --cust-space-id cams-1"]
        );
    }
}
