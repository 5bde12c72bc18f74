//! The channel instance (cust-space-id) of a command that needs one.

use crate::aliyun::guard::Guard;
use crate::api::operations::Product;
use crate::cli::defaults::or_default;
use crate::cli::prelude::*;
use crate::cli::whatsapp::pick;
use crate::os::signals;
use crate::send::receipt_lookup::{UNKNOWN_SPACE, space};

/// What is known about the channel instance that a command needs.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    /// `None` if the channel is not known.
    pub channel: Option<Channel>,
    /// The sending number or service ID, if the command is about one.
    pub sender: Option<&'a str>,
}

impl Sought<'_> {
    /// The channel instance: the given one, the default of the configuration, or [`Self::find`].
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn given_or_found(self, context: &Context, given: Option<String>) -> Result<String> {
        let channel = self.channel.unwrap_or(Channel::Whatsapp);
        match or_default(context, channel, "--cust-space-id", given) {
            Some(space) => Ok(space),
            None => self.find(context, None),
        }
    }

    /// As [`Self::given_or_found`], for a command that can do without: lists and asks nothing.
    pub fn given_or_remembered(self, context: &Context, given: Option<String>) -> Option<String> {
        let channel = self.channel.unwrap_or(Channel::Whatsapp);
        or_default(context, channel, "--cust-space-id", given).or_else(|| self.remembered(context))
    }

    fn remembered(self, context: &Context) -> Option<String> {
        let (channel, from) = (self.channel?, self.sender?);
        space::remembered(&context.settings, channel.name(), from)
    }

    /// The channel instance that the sender was used with before, the only one of the account, or the
    /// one that the user picks at a terminal. In a dry run that would list the instances it is a
    /// placeholder, and the plan begins with the call that lists them.
    ///
    /// # Errors
    /// There is none, or more than one and no terminal; `aliyun` cannot be used; a signal.
    pub fn find(self, context: &Context, guard: Option<&Guard<'_>>) -> Result<String> {
        if let Some(space) = self.remembered(context) {
            return Ok(space);
        }
        let channel = self.channel;
        let name = channel.map(Channel::name);
        if context.settings.dry_run {
            context.status.listed_first.replace(Some(space::list_call(name)));
            return Ok(UNKNOWN_SPACE.to_string());
        }
        let only = match guard {
            Some(guard) => {
                guard.account()?;
                space::only(context, guard, name)
            }
            None => space::only(context, &Guard::prepare(context, Product::Cams)?, name),
        };
        if signals::count() > 0 {
            return Err(Failure::interrupted());
        }
        let (flag, question) = ("--cust-space-id", "Channel instance (cust-space-id)");
        let mut inputs = Inputs::for_channel(context, channel.unwrap_or(Channel::Whatsapp));
        let pick = |context: &Context| pick::space(context, channel);
        let space = inputs.need_from_list(flag, question, only, anything, pick)?;
        let list = match channel {
            Some(Channel::Viber) => "alimsg whatsapp accounts list --channel viber",
            _ => "alimsg whatsapp accounts list",
        };
        inputs.complete(&[list])?;
        Ok(space)
    }
}
