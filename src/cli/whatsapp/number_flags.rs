//! The flags of commands about one business number.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::api::call::ReadCall;
use crate::api::reply::Reply;
use crate::cli::prelude::*;
use crate::cli::whatsapp::space::Sought;
use crate::message::phone;
use crate::send::require_consent;

/// A business number and its channel instance.
#[derive(Debug, Args)]
pub struct NumberFlags {
    /// Business number: digits only, country code first
    #[arg(value_name = "N")]
    number: String,

    /// Channel instance [default: that of an earlier message, or the only one of the account]
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,
}

impl NumberFlags {
    /// The number, checked, and its channel instance, which is found if it is not given.
    ///
    /// # Errors
    /// An invalid number; the channel instance cannot be found.
    pub fn checked(self, context: &Context) -> Result<(String, String)> {
        phone::check_chat_number("the number", &self.number)?;
        let sought = Sought { channel: Some(Channel::Whatsapp), sender: Some(&self.number) };
        let space = sought.given_or_found(context, self.cust_space_id)?;
        Ok((self.number, space))
    }

    /// As [`Self::checked`], for a change: without consent, no process starts.
    ///
    /// # Errors
    /// As [`Self::checked`]; neither `--yes` nor a terminal is there.
    pub fn checked_for_change(self, context: &Context) -> Result<(String, String)> {
        if !context.settings.dry_run {
            require_consent(context)?;
        }
        self.checked(context)
    }
}

/// A number and its settings.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NumberSettings<T> {
    /// Digits only, country code first.
    number: String,
    #[serde(flatten)]
    settings: T,
}

/// Shows settings of a number: makes one call and parses its reply.
///
/// # Errors
/// As [`NumberFlags::checked`]; a failed call.
pub fn show<T: Serialize>(
    context: &Context,
    flags: NumberFlags,
    call: impl FnOnce(&str, &str) -> ReadCall,
    parse: impl FnOnce(&Reply) -> T,
) -> Result<Report> {
    let (number, space) = flags.checked(context)?;
    read_only::run_one(context, &call(&number, &space), |reply| {
        let settings = NumberSettings { number, settings: parse(&reply) };
        Report::from_record(&settings, Value::Object(reply.0))
    })
}
