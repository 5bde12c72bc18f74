//! Sends a free-form message: the flags and steps that all kinds share.

use jiff::Timestamp;

use crate::aliyun::guard::Guard;
use crate::api::operations::SEND_CHATAPP_MESSAGE;
use crate::chat::content::media::check_link;
use crate::chat::content::{Content, refuse_foreign_flags};
use crate::chat::draft::{Body, Draft};
use crate::chat::history::Conversation;
use crate::cli::prelude::*;
use crate::cli::whatsapp::send::checks::ServiceChecks;
use crate::cli::whatsapp::send::envelope::{EnvelopeFlags, message};
use crate::send;

/// The flags of one kind of message.
#[derive(Debug, Args)]
pub struct FreeForm<C: Args> {
    #[command(flatten)]
    content: C,

    /// Send only if the customer wrote within the last 24 hours; needs --cust-space-id
    #[arg(long, help_heading = "Message")]
    check_session: bool,

    #[command(flatten)]
    envelope: EnvelopeFlags,
}

/// The flags for the content of one kind.
pub trait ContentFlags {
    /// Refuses flags that the channel does not support, and asks for missing values. The content is
    /// checked as a whole when it is built.
    ///
    /// # Errors
    /// A flag that the channel does not support; an invalid value.
    fn into_content(self, channel: Channel, inputs: &mut Inputs<'_>) -> Result<Box<dyn Content>>;
}

/// Sends a free-form message.
///
/// # Errors
/// Invalid or missing input; as [`send::deliver`].
pub fn run<C: ContentFlags + Args>(context: &Context, flags: FreeForm<C>) -> Result<Report> {
    let FreeForm { content, check_session, envelope } = flags;
    let channel = envelope.channel_type;
    refuse_foreign_flags(channel, &[("--check-session", check_session)], &[])?;
    let complete = envelope
        .complete(context, check_session, |inputs| content.into_content(channel, inputs))?;
    let body = complete.content.build()?;
    let (message_type, content) = (body.message_type.clone(), body.value.clone());
    let draft = Draft { envelope: complete.envelope, body: Body::FreeForm(body) };
    let mut message = message(&draft, complete.tracking, complete.safety);

    let envelope = draft.envelope;
    let commands = message.receipt_query.check_commands(None);
    // The local record does not have the messages of other computers. A key replaces the check.
    let duplicates = !message.safety.allow_duplicate && message.safety.key.is_none();
    // Conversations can be listed only with the ID of the channel instance.
    if let Some(space) = envelope.cust_space_id.filter(|_| check_session || duplicates) {
        let recipient = envelope.to;
        let checks = ServiceChecks {
            conversation: Conversation {
                channel,
                business: envelope.from,
                customer: Some(recipient.clone()),
                space,
            },
            recipient,
            message_type,
            content,
            session: check_session,
            window: duplicates.then(|| context.settings.duplicate_window()),
            now: Timestamp::now(),
            commands,
        };
        message.reads = checks.calls();
        message.verify = Some(checks.into_verify());
    }
    let guard = Guard::for_call(context, &SEND_CHATAPP_MESSAGE);
    send::deliver(context, &guard, message)
}

/// The link of a media file. Asks for it at a terminal if it is missing.
///
/// # Errors
/// The link is invalid.
pub fn need_link(given: Option<String>, inputs: &mut Inputs<'_>) -> Result<String> {
    inputs.need("--link", "Public link of the file", given, check_link)
}
