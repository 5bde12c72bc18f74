//! What the commands for free-form messages have in common.

use crate::aliyun::guard::Guard;
use crate::api::operations::SEND_CHATAPP_MESSAGE;
use crate::chat::content::media::check_link;
use crate::chat::content::{Content, refuse_foreign_flags};
use crate::chat::draft::{Body, Draft};
use crate::cli::prelude::*;
use crate::cli::whatsapp::send::checks::ServiceChecks;
use crate::cli::whatsapp::send::envelope::{EnvelopeFlags, message};
use crate::send::{self, duplicates};

/// The command line of one kind.
#[derive(Debug, Args)]
pub struct FreeForm<C: Args> {
    #[command(flatten)]
    content: C,

    /// Send only if the customer wrote within the last 24 hours; needs --cust-space-id
    #[arg(long, help_heading = "Message")]
    check_session: bool,

    /// Send even if the same message went to this customer within the last five minutes
    #[arg(long, help_heading = "Message")]
    allow_duplicate: bool,

    #[command(flatten)]
    envelope: EnvelopeFlags,
}

/// The flags of one kind of content.
pub trait ContentFlags {
    /// Refuses what the channel does not support, and asks for what is missing. The content is
    /// checked as a whole when it is built.
    ///
    /// # Errors
    /// A flag that the channel does not support; a value that is wrong.
    fn into_content(self, channel: Channel, inputs: &mut Inputs<'_>) -> Result<Box<dyn Content>>;
}

pub fn run<C: ContentFlags + Args>(context: &Context, flags: Box<FreeForm<C>>) -> Result<Report> {
    let FreeForm { content, check_session, allow_duplicate, envelope } = *flags;
    let channel = envelope.channel_type;
    refuse_foreign_flags(channel, &[("--check-session", check_session)], &[])?;
    let complete = envelope
        .complete(context, check_session, |inputs| content.into_content(channel, inputs))?;
    let content = complete.content.build()?;
    let (kind, value) = (content.message_type.clone(), content.value.clone());
    let draft = Draft { envelope: complete.envelope, body: Body::FreeForm(content) };
    let mut message = message(&draft, complete.tracking, complete.safety);

    let envelope = draft.envelope;
    let parts = [channel.name(), &envelope.from, &envelope.to, &kind, &value.to_string()];
    let commands = message.receipt_query.check_commands(None);
    // A key does not allow a repetition: with the same key the earlier result is repeated
    // before this check, and with another key the same message would be sent twice.
    message.duplicates =
        duplicates::Check::new(&context.settings, &parts, allow_duplicate, commands.clone());
    if let Some(checks) =
        ServiceChecks::new(envelope, kind, value, check_session, !allow_duplicate, commands)
    {
        message.reads = checks.calls();
        message.verify = Some(checks.into_verify());
    }
    let guard = Guard::for_call(context, &SEND_CHATAPP_MESSAGE);
    send::deliver(context, &guard, &message)
}

/// The link of a media file. Asks for it at a terminal if it is missing.
///
/// # Errors
/// The link is invalid.
pub fn need_link(given: Option<String>, inputs: &mut Inputs<'_>) -> Result<String> {
    inputs.need("--link", "Public link of the file", given, check_link)
}
