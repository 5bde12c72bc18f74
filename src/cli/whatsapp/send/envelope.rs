//! The flags of every message: sender, recipient, channel.

use crate::aliyun::client;
use crate::aliyun::guard::Guard;
use crate::chat::content::refuse_foreign_flags;
use crate::chat::draft::{Draft, Envelope};
use crate::cli::defaults::or_default;
use crate::cli::prelude::*;
use crate::cli::send_flags::SendFlags;
use crate::cli::source;
use crate::cli::values::{FALL_BACK_RULES, chat_channel};
use crate::cli::whatsapp::pick;
use crate::cli::whatsapp::send::wait;
use crate::cli::whatsapp::space::Sought;
use crate::message::phone;
use crate::send::idempotency::Tracking;
use crate::send::receipt_lookup::ReceiptQuery;
use crate::send::{Message, SendOptions, limits, require_consent};

#[derive(Debug, Args)]
pub struct EnvelopeFlags {
    /// Sending number or Viber service ID: digits only, country code first
    #[arg(long, value_name = "N", help_heading = "Message")]
    from: Option<String>,

    /// Recipient: digits only, country code first, no +
    #[arg(long, value_name = "N", help_heading = "Message")]
    to: Option<String>,

    /// Channel of the message
    #[arg(long, visible_alias = "channel", value_parser = chat_channel(),
          default_value = "whatsapp", help_heading = "Message")]
    pub(super) channel_type: Channel,

    /// Channel instance that sends the message [default where it is needed: that of an earlier
    /// message, or the only one of the account]
    #[arg(long, value_name = "ID", help_heading = "Message")]
    pub(super) cust_space_id: Option<String>,

    /// ID to find the message again [default: a new one]
    #[arg(long, value_name = "ID", help_heading = "Message")]
    task_id: Option<String>,

    /// Message to reply to
    #[arg(long, value_name = "ID", help_heading = "Message")]
    context_message_id: Option<String>,

    /// Fallback strategy if the message cannot be delivered
    #[arg(long, value_name = "ID", help_heading = "Fallback to SMS")]
    fall_back_id: Option<String>,

    /// Text of the fallback
    #[arg(long, value_name = "TEXT", value_parser = source::parse, help_heading = "Fallback to SMS")]
    fall_back_content: Option<String>,

    /// When to fall back: undelivered or sentFailed
    #[arg(long, value_name = "RULE", value_parser = FALL_BACK_RULES,
          help_heading = "Fallback to SMS")]
    fall_back_rule: Option<String>,

    /// How long to wait for the delivery receipt before falling back, in seconds
    #[arg(long, value_name = "SECS", help_heading = "Fallback to SMS",
          value_parser = clap::value_parser!(u64).range(60..=43_200))]
    fall_back_duration: Option<u64>,

    /// Purpose of a Viber message, promotion or transaction; required on Viber
    #[arg(long, value_name = "LABEL", help_heading = "Viber only", value_parser = LABELS)]
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

    /// After the message is accepted, wait until it has arrived or failed, at most SECS seconds
    #[arg(long, value_name = "SECS", num_args = 0..=1, require_equals = true,
          default_missing_value = "120", help_heading = "Message",
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    wait: Option<u64>,

    #[command(flatten)]
    safety: SendFlags,
}

const LABELS: [&str; 2] = ["promotion", "transaction"];

/// A message without missing values. The content has not been checked as a whole.
pub struct Complete<T> {
    pub envelope: Envelope,
    pub options: MessageOptions,
    pub content: T,
}

/// What [`message`] needs besides the draft.
pub struct MessageOptions {
    tracking: Tracking,
    safety: SendOptions,
    /// How long to wait for the receipt, in seconds.
    wait: Option<u64>,
    /// The message needs its channel instance, which is not given.
    lacks_space: bool,
}

impl EnvelopeFlags {
    /// Asks for missing values of the envelope; `content` does the same for the content.
    ///
    /// # Errors
    /// Missing or invalid input.
    pub fn complete<T>(
        self,
        context: &Context,
        needs_space: bool,
        content: impl FnOnce(&mut Inputs<'_>) -> Result<T>,
    ) -> Result<Complete<T>> {
        let channel = self.channel_type;
        let whatsapp_only = given![self; context_message_id];
        let viber_only = given![self; label, tag, ttl, tracking_data];
        refuse_foreign_flags(channel, &whatsapp_only, &viber_only)?;
        let safety = self.safety.check()?;
        let mut inputs = Inputs::for_channel(context, channel);
        let sender = |number: &str| phone::check_business_number(channel, number);
        let recipient = |number: &str| phone::check_chat_number("--to", number);
        let space = self.cust_space_id.as_deref();
        let from =
            inputs.need_from_list("--from", "Sending number", self.from, sender, |context| {
                pick::number(context, channel, space)
            })?;
        let to = inputs.need("--to", "Recipient", self.to, recipient)?;
        let content = content(&mut inputs)?;
        let cust_space_id = or_default(context, channel, "--cust-space-id", self.cust_space_id);
        let lacks_space = cust_space_id.is_none() && (needs_space || self.wait.is_some());
        if lacks_space && !inputs.missing.is_empty() {
            inputs.missing.push("--cust-space-id");
        }
        let mut label = self.label;
        if channel == Channel::Viber {
            let question = "Purpose, promotion or transaction";
            label = Some(inputs.need("--label", question, label, check_label)?);
        }
        let commands = listing_commands(channel, &inputs.missing);
        inputs.complete(&commands)?;
        let tracking = Tracking::given_or_new(self.task_id);
        let envelope = Envelope {
            channel,
            from,
            to,
            cust_space_id,
            task_id: tracking.id.clone(),
            context_message_id: self.context_message_id,
            fall_back_id: self.fall_back_id,
            fall_back_content: self.fall_back_content,
            fall_back_rule: self.fall_back_rule,
            fall_back_duration: self.fall_back_duration,
            label,
            tag: self.tag,
            ttl: self.ttl,
            tracking_data: self.tracking_data,
        };
        let options = MessageOptions { tracking, safety, wait: self.wait, lacks_space };
        Ok(Complete { envelope, options, content })
    }
}

fn receipt_query(envelope: &Envelope) -> ReceiptQuery {
    ReceiptQuery::Chat {
        channel: envelope.channel.name().to_string(),
        from: envelope.from.clone(),
        to: envelope.to.clone(),
        space: envelope.cust_space_id.clone(),
    }
}

/// Completes a draft that lacks its channel instance.
fn find_space(context: &Context, guard: &Guard<'_>, draft: &mut Draft) -> Result<()> {
    if !context.settings.dry_run {
        require_consent(context)?;
        // An invalid call fails before any process starts.
        client::dry_run(context, &[&draft.call()])?;
    }
    let Envelope { channel, from, .. } = &draft.envelope;
    let sought = Sought { channel: Some(*channel), sender: Some(from) };
    draft.envelope.cust_space_id = Some(sought.find(context, Some(guard))?);
    Ok(())
}

/// Builds the message, without checks before the send. If it needs its channel instance, that of the
/// sender is looked up.
///
/// # Errors
/// The channel instance cannot be found; `aliyun` cannot be used.
pub fn message(
    context: &Context,
    guard: &Guard<'_>,
    draft: &mut Draft,
    options: MessageOptions,
) -> Result<Message> {
    let MessageOptions { tracking, safety, wait, lacks_space } = options;
    let mut message = Message {
        call: draft.call(),
        recipients: vec![draft.envelope.to.clone()],
        tracking,
        receipt_query: receipt_query(&draft.envelope),
        plan: draft.plan(),
        safety,
        verify: None,
        reads: Vec::new(),
        attachment: None,
        follow_up: None,
    };
    if lacks_space {
        // A message that is not permitted starts no process.
        if message.safety.key.is_none() {
            limits::require(context, &message)?;
        }
        find_space(context, guard, draft)?;
        (message.call, message.plan) = (draft.call(), draft.plan());
    }
    let query = receipt_query(&draft.envelope);
    message.follow_up = wait.and_then(|seconds| wait::receipt(&query, seconds));
    if context.status.listed_first.borrow().is_none() {
        message.receipt_query = query;
    }
    Ok(message)
}

/// The command that lists the approved templates of a channel.
pub(super) const fn approved_templates_command(channel: Channel) -> &'static str {
    match channel {
        Channel::Viber => "alimsg templates list --channel viber --audit-status approved",
        Channel::Whatsapp | Channel::Sms => "alimsg templates list --audit-status approved",
    }
}

/// The commands that list values for missing flags; most flags have none.
fn listing_commands(channel: Channel, missing: &[&str]) -> Vec<&'static str> {
    let command = |flag: &&str| match (*flag, channel) {
        ("--from" | "--cust-space-id", Channel::Viber) => {
            Some("alimsg whatsapp accounts list --channel viber")
        }
        ("--from", _) => Some("alimsg whatsapp numbers list"),
        ("--cust-space-id", _) => Some("alimsg whatsapp accounts list"),
        ("--template-code" | "--language", channel) => Some(approved_templates_command(channel)),
        _ => None,
    };
    let mut commands: Vec<_> = missing.iter().filter_map(command).collect();
    // Flags with the same command are next to each other.
    commands.dedup();
    commands
}

fn check_label(label: &str) -> Result<()> {
    if LABELS.contains(&label) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "unknown value {label:?} for --label; expected promotion or transaction"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_values_that_can_be_listed_have_a_command() {
        let missing = ["--from", "--to", "--text", "--template-code", "--language", "--label"];
        assert_eq!(
            listing_commands(Channel::Whatsapp, &missing),
            ["alimsg whatsapp numbers list", "alimsg templates list --audit-status approved"]
        );
        assert!(listing_commands(Channel::Viber, &["--to", "--label"]).is_empty());
        assert_eq!(
            listing_commands(Channel::Whatsapp, &["--cust-space-id"]),
            ["alimsg whatsapp accounts list"]
        );
    }
}
