//! Sends a free-form message: the flags and steps that all kinds share.

use std::path::PathBuf;
use std::rc::Rc;

use jiff::Timestamp;

use crate::aliyun::guard::Guard;
use crate::api::operations::SEND_CHATAPP_MESSAGE;
use crate::chat::content::media::check_link;
use crate::chat::content::{Content, refuse_foreign_flags};
use crate::chat::draft::{Body, Draft};
use crate::chat::history::Conversation;
use crate::chat::upload::{LocalFile, MediaUpload};
use crate::cli::prelude::*;
use crate::cli::whatsapp::send::checks::ServiceChecks;
use crate::cli::whatsapp::send::envelope::{Complete, EnvelopeFlags, message};
use crate::cli::whatsapp::send::wait::both;
use crate::message::media::Kind;
use crate::send::{self, Attachment};

/// The flags of one kind of message.
#[derive(Debug, Args)]
pub struct FreeForm<C: Args> {
    #[command(flatten)]
    content: C,

    /// Send only if the customer wrote within the last 24 hours
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

    /// The kind of its media file, the file to upload, and where the link of the file belongs.
    fn media(&mut self) -> Option<(Kind, &FileFlag, &mut Option<String>)> {
        None
    }
}

/// The flag for a file in place of a link.
#[derive(Debug, Args)]
pub struct FileFlag {
    /// File to send in place of a link: it is checked now and uploaded after the confirmation
    #[arg(long, value_name = "PATH", conflicts_with = "link")]
    pub file: Option<PathBuf>,
}

impl FileFlag {
    /// The name of the file without its folder.
    pub fn name(&self) -> Option<String> {
        Some(self.file.as_ref()?.file_name()?.to_str()?.to_string())
    }

    /// The extension of the file.
    pub fn extension(&self) -> Option<String> {
        Some(self.file.as_ref()?.extension()?.to_str()?.to_lowercase())
    }
}

/// Checks the file of a message, and sets the placeholder of its link.
fn attach(content: &mut impl ContentFlags) -> Result<Option<(LocalFile, String)>> {
    let Some((kind, flag, link)) = content.media() else { return Ok(None) };
    let Some(path) = &flag.file else { return Ok(None) };
    let file = LocalFile::inspect(path)?;
    let own = file.medium.kind;
    if own != kind {
        return Err(Failure::usage(format!(
            "{} is of the kind {}, not {}",
            file.shown,
            own.name(),
            kind.name()
        ))
        .hint(format!("send it with `alimsg whatsapp send {} --file`", own.name())));
    }
    let placeholder = file.placeholder()?;
    *link = Some(placeholder.clone());
    Ok(Some((file, placeholder)))
}

/// Sends a free-form message.
///
/// # Errors
/// Invalid or missing input; as [`send::deliver`].
pub fn run<C: ContentFlags + Args>(context: &Context, flags: FreeForm<C>) -> Result<Report> {
    let FreeForm { mut content, check_session, envelope } = flags;
    let channel = envelope.channel_type;
    refuse_foreign_flags(channel, &[("--check-session", check_session)], &[])?;
    let attached = attach(&mut content)?;
    let needs_space = check_session || attached.is_some();
    let guard = Guard::for_call(context, &SEND_CHATAPP_MESSAGE);
    let into_content = |inputs: &mut Inputs<'_>| content.into_content(channel, inputs);
    let Complete { envelope, options, content } =
        envelope.complete(context, needs_space, into_content)?;
    let mut body = content.build()?;
    if let Some((file, placeholder)) = &attached {
        let medium = &file.medium;
        let shown = format!(
            "{} ({}, {} bytes), uploaded before the send",
            file.shown, medium.mime, medium.size
        );
        for (_, value) in body.plan.iter_mut().filter(|(_, value)| value == placeholder) {
            value.clone_from(&shown);
        }
    }
    let (message_type, content) = (body.message_type.clone(), body.value.clone());
    let mut draft = Draft { envelope, body: Body::FreeForm(body) };
    let mut message = message(context, &guard, &mut draft, options)?;

    let envelope = draft.envelope;
    let commands = message.receipt_query.check_commands(None);
    // The local record does not have the messages of other computers. A key replaces the check.
    let duplicates = !message.safety.allow_duplicate && message.safety.key.is_none();
    // Conversations can be listed only with the ID of the channel instance.
    let space = envelope.cust_space_id.clone();
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
            checked: Rc::default(),
            window: duplicates.then(|| context.settings.duplicate_window()),
            now: Timestamp::now(),
            commands,
        };
        message.reads = checks.calls();
        message.follow_up = both(checks.session_evidence(), message.follow_up.take());
        message.verify = Some(checks.into_verify());
    }
    if let Some((file, placeholder)) = attached {
        let upload = MediaUpload { file, space: space.unwrap_or_default() };
        message.reads.push(upload.authorize_call());
        message.attachment = Some(Attachment { upload, placeholder });
    }
    send::deliver(context, &guard, message)
}

/// The link of a media file. Asks for it at a terminal if it is missing.
///
/// # Errors
/// The link is invalid.
pub fn need_link(given: Option<String>, inputs: &mut Inputs<'_>) -> Result<String> {
    inputs.need("--link", "Public link of the file", given, check_link)
}
