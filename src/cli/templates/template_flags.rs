//! The flags that identify one template.

use crate::chat::template as chat;
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
        let code = self.code.as_ref().or(self.template_name.as_ref()).cloned().unwrap_or_default();
        let by_name = self.template_name.is_some();
        let given = self.channel.or_else(|| by_name.then_some(Channel::Whatsapp));
        let channel = channel_of(given, &code);
        if channel == Channel::Sms {
            refuse_flags(Channel::Sms, &given![self; language, cust_space_id, template_name])?;
            return Ok(TemplateId::Sms(code));
        }
        let given = self.language.clone();
        let language = match given {
            None if by_name => {
                let mut inputs = Inputs::new(context);
                let question = "Language of the template";
                let language = inputs.need("--language", question, None, anything)?;
                inputs.complete(&[])?;
                language
            }
            given => require_language(context, channel, &code, given.as_ref())?,
        };
        let cust_space_id = self.cust_space_id.clone();
        let id = chat::detail::TemplateId { channel, code, by_name, language, cust_space_id };
        Ok(TemplateId::Chat(id))
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
/// No language and no terminal; the failure names the command that lists the languages.
pub fn require_language(
    context: &Context,
    channel: Channel,
    code: &str,
    given: Option<&String>,
) -> Result<String> {
    let mut inputs = Inputs::new(context);
    let language =
        inputs.need("--language", "Language of the template", given.cloned(), anything)?;
    inputs.complete(&[&chat::list_command(channel, code)])?;
    Ok(language)
}
