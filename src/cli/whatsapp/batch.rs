//! `alimsg whatsapp batch`: a template to many recipients, each with its own variables.

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::api::audit_status::require_approved;
use crate::api::operations::SEND_CHATAPP_MASS_MESSAGE;
use crate::batch::definition::{Definition, Fallback};
use crate::batch::limits;
use crate::batch::row::Row;
use crate::batch::run;
use crate::chat::template::detail::{Template, TemplateId};
use crate::chat::template::preview::render_preview;
use crate::cli::batch_flags::{self, BatchFlags};
use crate::cli::defaults::or_default;
use crate::cli::prelude::*;
use crate::cli::source;
use crate::cli::values::{FALL_BACK_RULES, chat_channel};
use crate::cli::whatsapp::pick;
use crate::message::phone;

const LIST_APPROVED: &str = "alimsg templates list --audit-status approved --all";

#[derive(Debug, Args)]
#[command(after_help = "\
Up to 1,000 recipients share a call (SendChatappMassMessage). Rows with another language or out_id
need calls of their own. No row is ever sent twice: the same command, or `alimsg batches resume`,
continues after an interruption.

Examples:
  alimsg whatsapp batch customers.csv --from 8613800000001 --template-code 100000000000001 \\
      --language en --cust-space-id cams-1 --dry-run
  alimsg --sandbox whatsapp batch customers.csv --from 8613800000001 \\
      --template-code 100000000000001 --language en --yes")]
pub struct Flags {
    #[command(flatten)]
    batch: BatchFlags,

    /// Sending number or Viber service ID: digits only, country code first
    #[arg(long, value_name = "N")]
    from: Option<String>,

    /// Code of the template
    #[arg(long, value_name = "C")]
    template_code: Option<String>,

    /// Name of the template in place of its code
    #[arg(long, value_name = "NAME", conflicts_with = "template_code")]
    template_name: Option<String>,

    /// Language of the template, for rows without a value in the column language
    #[arg(long, visible_alias = "biz-language", value_name = "L")]
    language: Option<String>,

    /// Channel of the messages
    #[arg(long, visible_alias = "channel", value_parser = chat_channel(), default_value = "whatsapp")]
    channel_type: Channel,

    /// Channel instance that sends the messages; needed to look up receipts
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,

    /// Before sending, check that the template is approved
    #[arg(long)]
    verify: bool,

    /// Fallback strategy if a message cannot be delivered
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

    /// Purpose of Viber messages: promotion or transaction; required on Viber
    #[arg(long, value_name = "LABEL", help_heading = "Viber only",
          value_parser = ["promotion", "transaction"])]
    label: Option<String>,

    /// Tag of Viber messages
    #[arg(long, value_name = "TAG", help_heading = "Viber only")]
    tag: Option<String>,

    /// How long a Viber message may wait to be delivered, in seconds
    #[arg(long, value_name = "SECS", help_heading = "Viber only",
          value_parser = clap::value_parser!(u64).range(30..=1_209_600))]
    ttl: Option<u64>,
}

/// Sends a batch of chat messages.
///
/// # Errors
/// As [`run::run`].
pub fn run(context: &Context, flags: Box<Flags>) -> Result<Report> {
    let mut flags = *flags;
    let channel = flags.channel_type;
    flags.language = or_default(context, channel, "--language", flags.language);
    flags.cust_space_id = or_default(context, channel, "--cust-space-id", flags.cust_space_id);
    let viber_only = flags.label.is_some() || flags.tag.is_some() || flags.ttl.is_some();
    if channel != Channel::Viber && viber_only {
        return Err(Failure::usage("--label, --tag and --ttl are for Viber only")
            .hint("remove them, or add --channel-type viber"));
    }
    let mut inputs = Inputs::for_channel(context, channel);
    let sender = |number: &str| match channel {
        Channel::Viber => phone::check_chat_sender("--from", number),
        Channel::Whatsapp | Channel::Sms => phone::check_chat_number("--from", number),
    };
    let known = flags.cust_space_id.as_deref();
    let from =
        inputs.need_from_list("--from", "Sending number", flags.from, sender, |context| {
            pick::number(context, channel, known)
        })?;
    let by_name = flags.template_name.is_some();
    let template = flags.template_name.or(flags.template_code);
    let template_code = inputs.need("--template-code", "Template code", template, anything)?;
    let mut label = flags.label;
    if channel == Channel::Viber {
        label = Some(inputs.need("--label", "Purpose", label, anything)?);
    }
    inputs.complete(&["alimsg whatsapp numbers list", LIST_APPROVED])?;
    let input = flags.batch.open()?;
    let guard = Guard::for_call(context, &SEND_CHATAPP_MASS_MESSAGE);
    let id = flags.language.clone().map(|language| TemplateId {
        by_name,
        channel,
        code: template_code.clone(),
        language,
        cust_space_id: flags.cust_space_id.clone(),
    });
    let names = |template: &Template| {
        template.message.variables().into_iter().map(|variable| variable.name).collect::<Vec<_>>()
    };
    let definition = Definition {
        channel,
        template_code,
        by_name,
        sign: None,
        extend_code: None,
        from: Some(from),
        space: flags.cust_space_id,
        language: flags.language,
        label,
        tag: flags.tag,
        ttl: flags.ttl,
        fallback: Fallback {
            id: flags.fall_back_id,
            content: flags.fall_back_content,
            rule: flags.fall_back_rule,
            duration: flags.fall_back_duration,
        },
        mappings: input.mappings.clone(),
        variables: Vec::new(),
    };
    limits::require(context, &definition)?;
    let template = match &id {
        Some(id) => fetch(context, &guard, id, flags.verify)?,
        None => None,
    };
    let render = |definition: &Definition, row: &Row| {
        let template =
            template.as_ref().filter(|template| template.language == row.content.language)?;
        Some(render_preview(&template.message.rendered(&definition.pairs(row))))
    };
    let request = input.request(definition, template.as_ref().map(names), None, &render);
    run::run(context, &guard, request)
}

/// Fetches the template. With `--verify`, it has to be approved.
fn fetch(
    context: &Context,
    guard: &Guard<'_>,
    id: &TemplateId,
    verify: bool,
) -> Result<Option<Template>> {
    let approved = |template: &Template| {
        let what = format!("template {} ({})", id.code, id.language);
        require_approved(&what, &template.status, template.reason.as_deref())
    };
    let get = |client: &Client<'_>| Ok(id.fetch(client));
    batch_flags::fetch_template(context, guard, LIST_APPROVED, verify, get, approved)
}
