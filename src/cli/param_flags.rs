//! The flags for the variables of a template, the same for all channels.

use crate::cli::prelude::*;
use crate::cli::source;
use crate::message::params;

#[derive(Debug, Args)]
pub struct ParamFlags {
    /// Variable of the template; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    param: Vec<String>,

    /// Variables of the template, several after one flag
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    template_params: Vec<String>,

    /// Variables of the template as a JSON object; all values are strings
    #[arg(long, value_name = "JSON", value_parser = source::parse)]
    template_param: Option<String>,
}

impl ParamFlags {
    /// The values of all flags.
    ///
    /// # Errors
    /// A value cannot be parsed; a variable is given twice.
    pub fn values(&self) -> Result<Vec<(String, String)>> {
        let pairs: Vec<String> = self.template_params.iter().chain(&self.param).cloned().collect();
        let mut values = params::from_pairs("--param", &pairs)?;
        let Some(json) = &self.template_param else { return Ok(values) };
        for (name, value) in params::from_json("--template-param", json)? {
            if values.iter().any(|(given, _)| *given == name) {
                return Err(Failure::usage(format!("the variable {name} is given twice"))
                    .hint("give each variable once"));
            }
            values.push((name, value));
        }
        Ok(values)
    }
}
