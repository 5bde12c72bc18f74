//! What the commands about one business number have in common.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::commands::{Inputs, anything};
use crate::failure::{Failure, Result};
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
        phone::check_chat_number("N", &self.number)?;
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

/// An address that the service can call or fetch.
///
/// # Errors
/// It begins with neither https:// nor http://, names no host, or holds blanks.
pub fn check_url(flag: &str, url: &str) -> Result<()> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    let sound = host.is_some_and(|host| !host.is_empty())
        && !url.chars().any(|c| c.is_whitespace() || c.is_control());
    if sound {
        return Ok(());
    }
    Err(Failure::usage(format!("{flag} {url:?} is not an address of the web"))
        .hint(format!("write the whole address: {flag} https://example.com/path")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_scheme_and_host() {
        check_url("--url", "https://example.com/a?b=c").expect("sound");
        check_url("--url", "http://localhost:8080").expect("sound");
        for wrong in
            ["", "example.com", "ftp://example.com", "https://", "https:///a", "https://a b"]
        {
            check_url("--url", wrong).expect_err(wrong);
        }
    }
}
