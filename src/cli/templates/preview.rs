//! `alimsg templates preview`

use crate::cli::prelude::*;
use crate::cli::source;
use crate::cli::templates::template_flags::TemplateFlags;
use crate::message::params;
use crate::message::placeholder::compare;
use crate::message::template::Preview;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg templates preview SMS_100002 --channel sms --template-param '{\"name\":\"Alice\"}'
  alimsg --sandbox templates preview 100000000000001 --language en \\
      --param name=Alice --param order=42")]
pub struct Flags {
    #[command(flatten)]
    template: TemplateFlags,

    /// Variables of the template
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    template_params: Vec<String>,

    /// One variable of the template; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    param: Vec<String>,

    /// Variables as a JSON object of strings
    #[arg(long, value_name = "JSON", value_parser = source::parse)]
    template_param: Option<String>,
}

/// Renders a template.
///
/// # Errors
/// Invalid input; an unknown template; a failed call.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let id = flags.template.id(context)?;
    let values = values(&flags)?;
    read_only::run(
        context,
        &[&id.fetch_call()],
        |client| id.fetch(client),
        |template| {
            let comparison = compare(&template.variables(), &values);
            let preview = Preview {
                text: template.render(&values),
                missing: comparison.missing,
                superfluous: comparison.superfluous,
            };
            Report::from_record(&preview, template.raw().clone()).drawn(preview.text)
        },
    )
}

/// The values of all three flags.
fn values(flags: &Flags) -> Result<Vec<(String, String)>> {
    let pairs: Vec<String> = flags.template_params.iter().chain(&flags.param).cloned().collect();
    let mut values = params::from_pairs("--param", &pairs)?;
    let Some(json) = &flags.template_param else { return Ok(values) };
    for (name, value) in params::from_json("--template-param", json)? {
        if values.iter().any(|(given, _)| *given == name) {
            return Err(Failure::usage(format!("the variable {name} is given twice"))
                .hint("give each variable once"));
        }
        values.push((name, value));
    }
    Ok(values)
}
