//! What the commands about one business number have in common.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::aliyun::client::{self, Client};
use crate::api::call::ReadCall;
use crate::api::operations::Product;
use crate::api::reply::Reply;
use crate::cli::{Inputs, anything};
use crate::context::Context;
use crate::error::Result;
use crate::message::phone;
use crate::output::report::Report;

/// A business number and the channel instance that it belongs to.
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
    /// Number and channel instance, checked; what is missing is asked for.
    ///
    /// # Errors
    /// A number of another form, no channel instance and nobody to ask.
    pub fn checked(self, context: &Context) -> Result<(String, String)> {
        phone::check_chat_number("the number", &self.number)?;
        Ok((self.number, space(context, self.cust_space_id)?))
    }
}

/// Shows what one look-up says about a number; `settings` reads the reply.
///
/// # Errors
/// As [`NumberFlags::checked`]; whatever keeps the service from answering.
pub fn show(
    context: &Context,
    flags: NumberFlags,
    query: impl FnOnce(&str, &str) -> ReadCall,
    settings: impl FnOnce(&Reply) -> Map<String, Value>,
) -> Result<Report> {
    let (number, space) = flags.checked(context)?;
    let call = query(&number, &space);
    if context.settings.dry_run {
        return client::dry_run(context, &[&call]);
    }
    let reply = Client::connect(context, Product::Cams)?.read(&call)?;
    let mut data = Map::new();
    data.insert("number".into(), json!(number));
    data.extend(settings(&reply));
    Ok(Report::RunStatus { data, raw: Value::Object(reply.0) })
}

/// The channel instance, which is asked for at a terminal.
///
/// # Errors
/// There is none and nobody to ask.
pub fn space(context: &Context, given: Option<String>) -> Result<String> {
    let mut inputs = Inputs::new(context);
    let space = inputs.need("--cust-space-id", "Channel instance", given, anything)?;
    inputs.complete(&["alimsg whatsapp accounts list"])?;
    Ok(space)
}
