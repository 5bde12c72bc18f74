//! The flags that identify one template.

use crate::chat::template as chat;
use crate::cli::defaults::or_default;
use crate::cli::prelude::*;
use crate::cli::templates::channel::TemplateId;
use crate::cli::templates::refuse_flags;

#[derive(Debug, Args)]
pub struct TemplateFlags {
    /// Code of the template
    #[arg(value_name = "CODE", required_unless_present = "template_name")]
    pub code: Option<String>,

    /// Name of the template in place of its code (WhatsApp, Viber)
    #[arg(long, value_name = "NAME", conflicts_with = "code")]
    pub template_name: Option<String>,

    /// Channel of the template [default: sms for SMS_…, else whatsapp]
    #[arg(long, visible_alias = "channel-type", value_enum)]
    pub channel: Option<Channel>,

    /// Language of the template; required for WhatsApp and Viber
    #[arg(long, visible_alias = "biz-language", value_name = "L")]
    pub language: Option<String>,

    /// Channel instance (WhatsApp, Viber)
    #[arg(long, value_name = "ID")]
    pub cust_space_id: Option<String>,
}

impl TemplateFlags {
    /// # Errors
    /// A flag that the channel does not support; no language.
    pub fn id(&self, context: &Context) -> Result<TemplateId> {
        let language = match self.channel() {
            Channel::Sms => None,
            channel => or_default(context, channel, "--language", self.language.clone()),
        };
        self.with_language(context, language.as_ref())
    }

    /// As [`Self::id`], for a change: the language has no default.
    ///
    /// # Errors
    /// As [`Self::id`].
    pub fn given_id(&self, context: &Context) -> Result<TemplateId> {
        self.with_language(context, self.language.as_ref())
    }

    /// The code, or the name if that is given in its place.
    fn code_or_name(&self) -> &str {
        self.code.as_ref().or(self.template_name.as_ref()).map_or("", String::as_str)
    }

    fn channel(&self) -> Channel {
        match self.channel {
            None if self.template_name.is_some() => Channel::Whatsapp,
            given => channel_of(given, self.code_or_name()),
        }
    }

    fn with_language(&self, context: &Context, language: Option<&String>) -> Result<TemplateId> {
        let (channel, code) = (self.channel(), self.code_or_name().to_string());
        if channel == Channel::Sms {
            refuse_flags(Channel::Sms, &given![self; language, cust_space_id, template_name])?;
            return Ok(TemplateId::Sms(code));
        }
        let by_name = self.template_name.is_some();
        let list = chat::list_command(channel, &code, by_name);
        Ok(TemplateId::Chat(chat::detail::TemplateId {
            channel,
            by_name,
            language: require_language(context, language, &list)?,
            cust_space_id: or_default(
                context,
                channel,
                "--cust-space-id",
                self.cust_space_id.clone(),
            ),
            code,
        }))
    }
}

/// The given channel, or the one that the form of a template's code shows: all SMS templates have
/// codes such as `SMS_100002`, and those of the other channels are numbers.
pub fn channel_of(given: Option<Channel>, code: &str) -> Channel {
    let is_sms = code.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SMS_"));
    given.unwrap_or(if is_sms { Channel::Sms } else { Channel::Whatsapp })
}

/// The language of a WhatsApp or Viber template. Asks for it at a terminal if it is missing: all
/// languages of a template have the same code.
///
/// # Errors
/// No language and no terminal; the failure names `list`, the command that lists the languages.
pub fn require_language(context: &Context, given: Option<&String>, list: &str) -> Result<String> {
    let mut inputs = Inputs::without_defaults(context);
    let language =
        inputs.need("--language", "Language of the template", given.cloned(), anything)?;
    inputs.complete(&[list])?;
    Ok(language)
}
