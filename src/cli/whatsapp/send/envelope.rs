//! What every message has, whatever its content: who, to whom, through which channel.

use clap::{Args, ValueEnum};

use crate::api::call::Call;
use crate::api::operations::SEND_CHATAPP_MESSAGE;
use crate::cli::Inputs;
use crate::cli::whatsapp::send::Content;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::{channel, phone};
use crate::send::idempotency::Tracking;
use crate::send::receipt_lookup::ReceiptQuery;
use crate::send::{Message, SendFlags};

/// The channels of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Channel {
    Whatsapp,
    Viber,
}

impl Channel {
    /// As the service spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Viber => "viber",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Whatsapp => Self::Viber,
            Self::Viber => Self::Whatsapp,
        }
    }

    /// As the commands about templates know it.
    pub(super) const fn of_templates(self) -> channel::Channel {
        match self {
            Self::Whatsapp => channel::Channel::Whatsapp,
            Self::Viber => channel::Channel::Viber,
        }
    }

    /// The command that lists its approved templates.
    pub(super) const fn list_of_templates(self) -> &'static str {
        match self {
            Self::Whatsapp => "alimsg templates list --audit-status approved",
            Self::Viber => "alimsg templates list --channel viber --audit-status approved",
        }
    }

    /// Refuses a flag that only the other channel knows; the lists say which are given.
    ///
    /// # Errors
    /// One of them is given; the hint names the channel that knows it.
    pub fn refuse_foreign(
        self,
        whatsapp_only: &[(&str, bool)],
        viber_only: &[(&str, bool)],
    ) -> Result<()> {
        let foreign = match self {
            Self::Whatsapp => viber_only,
            Self::Viber => whatsapp_only,
        };
        match foreign.iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((flag, _)) => Err(self.does_not_know(flag).hint(format!(
                "leave it out, or send with --channel-type {}",
                self.other().name()
            ))),
        }
    }

    /// The refusal of a whole kind of message.
    pub fn refuse_kind(self, kind: &str) -> Box<Failure> {
        self.does_not_know(&format!("a message of the kind {kind}"))
            .hint(format!("it can be sent with --channel-type {}", self.other().name()))
    }

    fn does_not_know(self, what: &str) -> Box<Failure> {
        Failure::usage(format!("{what} is not known on the channel {}", self.name()))
    }
}

#[derive(Debug, Args)]
pub struct Envelope {
    /// Sending number or Viber service ID: digits only, country code first
    #[arg(long, value_name = "N", help_heading = "Message")]
    from: Option<String>,

    /// Recipient: digits only, country code first, no +
    #[arg(long, value_name = "N", help_heading = "Message")]
    to: Option<String>,

    /// Channel of the message
    #[arg(long, value_enum, default_value = "whatsapp", help_heading = "Message")]
    pub(super) channel_type: Channel,

    /// Channel instance that sends
    #[arg(long, value_name = "ID", help_heading = "Message")]
    pub(super) cust_space_id: Option<String>,

    /// ID by which the message can be found again [default: a new one]
    #[arg(long, value_name = "ID", help_heading = "Message")]
    task_id: Option<String>,

    /// Message that this one replies to
    #[arg(long, value_name = "ID", help_heading = "Message")]
    context_message_id: Option<String>,

    /// Fallback strategy, where the message cannot be delivered
    #[arg(long, value_name = "ID", help_heading = "Fallback to SMS")]
    fall_back_id: Option<String>,

    /// Text of the fallback
    #[arg(long, value_name = "TEXT", help_heading = "Fallback to SMS")]
    fall_back_content: Option<String>,

    /// When to fall back: undelivered or sentFailed
    #[arg(long, value_name = "RULE", help_heading = "Fallback to SMS")]
    fall_back_rule: Option<String>,

    /// How long to wait for the delivery receipt before falling back, in seconds
    #[arg(long, value_name = "SECS", help_heading = "Fallback to SMS",
          value_parser = clap::value_parser!(u64).range(60..=43_200))]
    fall_back_duration: Option<u64>,

    /// What a Viber message is for, promotion or transaction; Viber needs it
    #[arg(long, value_name = "LABEL", help_heading = "Viber only",
          value_parser = ["promotion", "transaction"])]
    label: Option<String>,

    /// Tag of a Viber message
    #[arg(long, value_name = "TAG", help_heading = "Viber only")]
    tag: Option<String>,

    /// How long a Viber message may wait to be delivered, in seconds
    #[arg(long, value_name = "SECS", help_heading = "Viber only",
          value_parser = clap::value_parser!(u64).range(30..=1_209_600))]
    ttl: Option<u64>,

    /// Data that comes back with the receipts of a Viber message
    #[arg(long, value_name = "DATA", help_heading = "Viber only")]
    tracking_data: Option<String>,

    #[command(flatten)]
    safety: SendFlags,
}

impl Envelope {
    /// The whole message, checked.
    ///
    /// # Errors
    /// Input that is missing or wrong.
    pub fn message<C: Content>(self, context: &Context, content: C) -> Result<Message> {
        self.refuse_foreign_flags()?;
        let safety = self.safety.check()?;
        let mut inputs = Inputs::new(context);
        let sender = |number: &str| match self.channel_type {
            Channel::Whatsapp => phone::check_chat_number("--from", number),
            Channel::Viber => phone::check_chat_sender("--from", number),
        };
        let recipient = |number: &str| phone::check_chat_number("--to", number);
        let from = inputs.need("--from", "Sending number", self.from, sender)?;
        let to = inputs.need("--to", "Recipient", self.to, recipient)?;
        let mut plan = vec![
            ("channel".to_string(), self.channel_type.name().to_string()),
            ("from".to_string(), from.clone()),
            ("to".to_string(), to.clone()),
        ];
        let call = Call::to(&SEND_CHATAPP_MESSAGE)
            .text("--channel-type", self.channel_type.name())
            .text("--from", &from)
            .text("--to", &to);
        let call = content.put_into(call, &mut inputs, &mut plan)?;
        let label = match self.channel_type {
            Channel::Whatsapp => None,
            Channel::Viber => {
                let question = "What is it for, promotion or transaction";
                Some(inputs.need("--label", question, self.label, check_label)?)
            }
        };
        let lists = lists_for(self.channel_type, inputs.missing());
        inputs.complete(&lists)?;

        let tracking = Tracking::given_or_new(self.task_id);
        let fall_back_duration = self.fall_back_duration.map(|seconds| seconds.to_string());
        let ttl = self.ttl.map(|seconds| seconds.to_string());
        let rows = [
            ("space", &self.cust_space_id),
            ("reply to", &self.context_message_id),
            ("fallback", &self.fall_back_id),
            ("fallback text", &self.fall_back_content),
            ("fallback rule", &self.fall_back_rule),
            ("fallback after", &fall_back_duration),
            ("label", &label),
            ("tag", &self.tag),
            ("time to live", &ttl),
            ("tracking data", &self.tracking_data),
        ];
        plan.extend(
            rows.into_iter().filter_map(|(name, value)| Some((name.into(), value.clone()?))),
        );
        plan.push(("task-id".to_string(), tracking.id.clone()));
        let call = call
            .text("--task-id", &tracking.id)
            .optional_text("--cust-space-id", self.cust_space_id.as_deref())
            .optional_text("--context-message-id", self.context_message_id.as_deref())
            .optional_text("--fall-back-id", self.fall_back_id.as_deref())
            .optional_text("--fall-back-content", self.fall_back_content.as_deref())
            .optional_text("--fall-back-rule", self.fall_back_rule.as_deref())
            .optional_integer("--fall-back-duration", self.fall_back_duration)
            .optional_text("--label", label.as_deref())
            .optional_text("--tag", self.tag.as_deref())
            .optional_integer("--ttl", self.ttl)
            .optional_text("--tracking-data", self.tracking_data.as_deref());
        let receipt_query = ReceiptQuery::Chat {
            channel: self.channel_type.name().to_string(),
            from,
            to: to.clone(),
            space: self.cust_space_id,
        };
        Ok(Message {
            call,
            recipients: vec![to],
            tracking,
            receipt_query,
            plan,
            safety,
            verify: None,
            reads: Vec::new(),
            duplicates: None,
            follow_up: None,
        })
    }

    /// A flag that the channel does not know would be dropped by the service without a word.
    fn refuse_foreign_flags(&self) -> Result<()> {
        let viber_only = [
            ("--label", self.label.is_some()),
            ("--tag", self.tag.is_some()),
            ("--ttl", self.ttl.is_some()),
            ("--tracking-data", self.tracking_data.is_some()),
        ];
        let whatsapp_only = [("--context-message-id", self.context_message_id.is_some())];
        self.channel_type.refuse_foreign(&whatsapp_only, &viber_only)
    }
}

/// The commands that list what could be given for missing flags; most flags have no such list.
fn lists_for(channel: Channel, missing: &[&str]) -> Vec<&'static str> {
    let list = |flag: &&str| match (*flag, channel) {
        ("--from", Channel::Whatsapp) => Some("alimsg whatsapp numbers list"),
        ("--cust-space-id", Channel::Whatsapp) => Some("alimsg whatsapp accounts list"),
        ("--from" | "--cust-space-id", Channel::Viber) => {
            Some("alimsg whatsapp accounts list --channel viber")
        }
        ("--template-code" | "--language", channel) => Some(channel.list_of_templates()),
        _ => None,
    };
    let mut lists: Vec<_> = missing.iter().filter_map(list).collect();
    // Two flags of one list stand side by side.
    lists.dedup();
    lists
}

fn check_label(label: &str) -> Result<()> {
    if matches!(label, "promotion" | "transaction") {
        return Ok(());
    }
    Err(Failure::usage(format!("--label {label:?} is neither promotion nor transaction")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_listed_has_a_list() {
        let missing = ["--from", "--to", "--text", "--template-code", "--language", "--label"];
        assert_eq!(
            lists_for(Channel::Whatsapp, &missing),
            ["alimsg whatsapp numbers list", "alimsg templates list --audit-status approved"]
        );
        assert!(lists_for(Channel::Viber, &["--to", "--label"]).is_empty());
        assert_eq!(
            lists_for(Channel::Whatsapp, &["--cust-space-id"]),
            ["alimsg whatsapp accounts list"]
        );
    }
}
