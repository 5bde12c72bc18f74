//! What the commands about one business number have in common.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::commands::{Inputs, anything};
use crate::failure::Result;
use crate::operations::Product;
use crate::phone;
use crate::reply::Reply;
use crate::report::Report;
use crate::run::Run;
use crate::service::{self, Service};

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
    pub fn checked(self, run: &Run) -> Result<(String, String)> {
        phone::check_chat_number("the number", &self.number)?;
        Ok((self.number, space(run, self.cust_space_id)?))
    }
}

/// Shows what one look-up says about a number; `settings` reads the reply.
///
/// # Errors
/// As [`NumberFlags::checked`]; whatever keeps the service from answering.
pub fn show(
    run: &Run,
    flags: NumberFlags,
    query: impl FnOnce(&str, &str) -> Call,
    settings: impl FnOnce(&Reply) -> Map<String, Value>,
) -> Result<Report> {
    let (number, space) = flags.checked(run)?;
    let call = query(&number, &space);
    if run.settings.dry_run {
        return service::dry_run(run, &[&call]);
    }
    let reply = Service::connect(run, Product::Cams)?.read(&call)?;
    let mut data = Map::new();
    data.insert("number".into(), json!(number));
    data.extend(settings(&reply));
    Ok(Report::Facts { data, raw: Value::Object(reply.0) })
}

/// The channel instance, which is asked for at a terminal.
///
/// # Errors
/// There is none and nobody to ask.
pub fn space(run: &Run, given: Option<String>) -> Result<String> {
    let mut inputs = Inputs::new(run);
    let space = inputs.need("--cust-space-id", "Channel instance", given, anything)?;
    inputs.complete(&["alimsg whatsapp accounts list"])?;
    Ok(space)
}
