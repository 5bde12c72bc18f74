//! The flags of commands about one business number.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::api::call::ReadCall;
use crate::api::reply::Reply;
use crate::cli::prelude::*;
use crate::cli::whatsapp::pick;
use crate::message::phone;

/// A business number and its channel instance.
#[derive(Debug, Args)]
pub struct NumberFlags {
    /// Business number: digits only, country code first
    #[arg(value_name = "N")]
    number: String,

    /// Channel instance
    #[arg(long, value_name = "ID")]
    cust_space_id: Option<String>,
}

impl NumberFlags {
    /// Number and channel instance, checked. Asks for a missing channel instance at a terminal.
    ///
    /// # Errors
    /// An invalid number; no channel instance and no terminal.
    pub fn checked(self, context: &Context) -> Result<(String, String)> {
        phone::check_chat_number("the number", &self.number)?;
        Ok((self.number, need_space(context, self.cust_space_id)?))
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

/// The channel instance. Asks for a missing one at a terminal.
///
/// # Errors
/// It is missing and there is no terminal.
pub fn need_space(context: &Context, given: Option<String>) -> Result<String> {
    let mut inputs = Inputs::new(context);
    let (flag, question) = ("--cust-space-id", "Channel instance");
    let pick = |context: &Context| pick::space(context, None);
    let space = inputs.need_from_list(flag, question, given, anything, pick)?;
    inputs.complete(&["alimsg whatsapp accounts list"])?;
    Ok(space)
}
