//! What all free-form messages have in common: a type, a content in JSON, and the precautions that
//! a message of one's own making needs: an open session window, and no repetition by mistake.

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use crate::api::call::{ReadCall, SendCall};
use crate::chat::history::{Conversation, Direction, PAGE_SIZE, Query, Status};
use crate::chat::session_window;
use crate::cli::whatsapp::send::Content;
use crate::cli::whatsapp::send::envelope::{Channel, Envelope};
use crate::cli::{Inputs, anything};
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::output::report::Report;
use crate::send::{self, Verify, duplicates};

/// A free-form message on the command line.
#[derive(Debug, Args)]
pub struct FreeForm<C: Args> {
    #[command(flatten)]
    content: C,
    #[command(flatten)]
    precautions: Precautions,
    #[command(flatten)]
    envelope: Envelope,
}

#[derive(Debug, Args)]
struct Precautions {
    /// Send only if the customer wrote within the last 24 hours; needs --cust-space-id
    #[arg(long, help_heading = "Message")]
    check_session: bool,

    /// Send although the same went to the same customer within the last five minutes
    #[arg(long, help_heading = "Message")]
    allow_duplicate: bool,
}

/// A content in the form that the service takes.
#[derive(Debug)]
pub struct Form {
    /// The service's name of the type.
    pub kind: String,
    /// The JSON as it is sent.
    pub text: String,
}

impl Form {
    pub fn new(kind: &str, value: impl Into<Value>) -> Self {
        Self { kind: kind.to_string(), text: value.into().to_string() }
    }
}

/// A content that is not a template.
pub trait ContentBuilder {
    /// Checks the content and puts it into the form of the channel; adds to the plan what people
    /// are to see of it. What is missing is asked for or noted by `inputs`.
    ///
    /// # Errors
    /// A value that the service would refuse, a kind or a flag that the channel does not know.
    fn compose(
        self,
        channel: Channel,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Form>;
}

impl<C: ContentBuilder + Args> FreeForm<C> {
    pub fn run(self, context: &Context) -> Result<Report> {
        let Self { content, precautions, mut envelope } = self;
        let channel = envelope.channel_type;
        channel.refuse_foreign(&[("--check-session", precautions.check_session)], &[])?;
        let needs_space = precautions.check_session && envelope.cust_space_id.is_none();
        if needs_space && context.settings.interactive && !context.settings.dry_run {
            let question = "Channel instance (cust-space-id)";
            envelope.cust_space_id = Some(context.screen.ask(question, anything)?);
        }
        let space = envelope.cust_space_id.clone();
        let lacks_space = needs_space && space.is_none();
        let mut message = envelope.message(context, Composing { content, channel, lacks_space })?;
        let value = |flag| message.call.value(flag).unwrap_or_default();
        let (from, to, kind) = (value("--from"), value("--to"), value("--message-type"));
        // The same content may have been written with other blanks.
        let content: Value = serde_json::from_str(value("--content"))
            .map_err(|error| Failure::internal(format!("the content is no JSON: {error}")))?;
        let parts = [channel.name(), from, to, kind, &content.to_string()];
        // A key does not allow a repetition: what was sent with it is told again before this is
        // asked, and under another key the same message would go out twice.
        let allowed = precautions.allow_duplicate;
        let checks = message.receipt_query.check_commands(None);
        message.duplicates =
            duplicates::Check::new(&context.settings, &parts, allowed, checks.clone());
        if let Some(space) = space {
            let conversation = Conversation {
                channel: channel.name(),
                business: from.to_string(),
                customer: Some(to.to_string()),
                space,
            };
            let kind = kind.to_string();
            let look =
                Look { conversation, precautions, kind, content, now: Timestamp::now(), checks };
            message.reads = look.calls();
            message.verify = look.verify();
        }
        send::deliver(context, &message)
    }
}

/// Hands the composed form on to the envelope.
struct Composing<C> {
    content: C,
    channel: Channel,
    lacks_space: bool,
}

impl<C: ContentBuilder> Content for Composing<C> {
    fn put_into(
        self,
        call: SendCall,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<SendCall> {
        let form = self.content.compose(self.channel, inputs, plan)?;
        if self.lacks_space {
            inputs.need("--cust-space-id", "Channel instance", None, anything)?;
        }
        Ok(call
            .text("--type", "message")
            .text("--message-type", form.kind)
            .text("--content", form.text))
    }
}

/// What the service is asked before the user is.
struct Look {
    conversation: Conversation,
    precautions: Precautions,
    kind: String,
    content: Value,
    now: Timestamp,
    /// What people type to see what has become of an earlier message.
    checks: Vec<String>,
}

impl Look {
    fn calls(&self) -> Vec<ReadCall> {
        let window = self.precautions.check_session.then(|| session_window::query(self.now));
        let duplicates = (!self.precautions.allow_duplicate).then(|| self.recently_sent());
        let queries = window.into_iter().chain(duplicates);
        queries.map(|query| self.conversation.page(&query, 1, PAGE_SIZE)).collect()
    }

    fn recently_sent(&self) -> Query {
        Query {
            since: self.now.checked_sub(duplicates::SPAN).ok(),
            direction: Some(Direction::Out),
            ..Query::default()
        }
    }

    fn verify(self) -> Option<Verify> {
        if self.calls().is_empty() {
            return None;
        }
        Some(Box::new(move |service| {
            let mut rows = Vec::new();
            if self.precautions.check_session {
                let (window, _) = session_window::read(&self.conversation, service, self.now)?;
                window.require_open(self.conversation.customer.as_deref().unwrap_or_default())?;
                rows.extend(
                    window.expires_at.map(|end| ("window open until".to_string(), end.to_string())),
                );
            }
            if !self.precautions.allow_duplicate {
                self.refuse_repetition(service)?;
            }
            Ok(rows)
        }))
    }

    /// The record of this computer knows nothing of what others sent, so a service that does not
    /// answer keeps the message from going out.
    fn refuse_repetition(&self, service: &crate::aliyun::client::Client<'_>) -> Result<()> {
        let query = self.recently_sent();
        let found = self.conversation.read_all(service, &query, PAGE_SIZE).map_err(unchecked)?;
        let same = found.messages.iter().find(|message| {
            message.status != Status::Failed && message.says(&self.kind, &self.content)
        });
        match same {
            Some(message) => {
                let age = self.now.duration_since(message.at.unwrap_or(self.now));
                Err(duplicates::repetition(age, &self.checks))
            }
            None if found.is_doubtful => {
                Err(unchecked(Failure::new(Kind::Rejected, "its list of messages cannot be read")))
            }
            None => Ok(()),
        }
    }
}

/// A message that nobody could compare with what was just sent.
fn unchecked(mut failure: Box<Failure>) -> Box<Failure> {
    if failure.kind == Kind::Cancelled {
        return failure;
    }
    failure.message =
        format!("the service does not tell whether the same was just sent: {}", failure.message);
    let first = failure.hint.take().map(|hint| format!("{hint}; ")).unwrap_or_default();
    failure.hint(format!("{first}--allow-duplicate sends without that check"))
}
