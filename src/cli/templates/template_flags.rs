//! The flags that identify one template.

use crate::chat::template as chat;
use crate::cli::defaults::or_default;
use crate::cli::prelude::*;
use crate::cli::templates::channel::TemplateId;
use crate::cli::templates::refuse_flags;

#[derive(Debug, Args)]
pub struct TemplateFlags {
    /// Code of the template
    #[arg(value_name = "CODE")]
    pub code: String,

    /// Channel of the template
    #[arg(long, value_enum, default_value = "whatsapp")]
    pub channel: Channel,

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
        let language = match self.channel {
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

    fn with_language(&self, context: &Context, language: Option<&String>) -> Result<TemplateId> {
        if self.channel == Channel::Sms {
            refuse_flags(Channel::Sms, &given![self; language, cust_space_id])?;
            return Ok(TemplateId::Sms(self.code.clone()));
        }
        Ok(TemplateId::Chat(chat::detail::TemplateId {
            channel: self.channel,
            code: self.code.clone(),
            language: require_language(context, self.channel, &self.code, language)?,
            cust_space_id: or_default(
                context,
                self.channel,
                "--cust-space-id",
                self.cust_space_id.clone(),
            ),
        }))
    }
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
    let mut inputs = Inputs::without_defaults(context);
    let language =
        inputs.need("--language", "Language of the template", given.cloned(), anything)?;
    inputs.complete(&[&chat::list_command(channel, code)])?;
    Ok(language)
}
