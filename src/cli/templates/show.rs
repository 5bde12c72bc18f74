//! `alimsg templates show`

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::prelude::*;
use crate::cli::templates::channel::Template;
use crate::cli::templates::template_flags::TemplateFlags;
use crate::message::placeholder::Variable;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg templates show SMS_100002 --channel sms
  alimsg --sandbox templates show 100000000000001 --language en")]
pub struct Flags {
    #[command(flatten)]
    template: TemplateFlags,
}

/// The JSON output.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TemplateRecord<'t> {
    #[serde(flatten)]
    template: &'t Template,
    variables: Vec<Variable>,
    /// The command that sends it, with placeholders in capitals.
    send: String,
}

/// Shows a template.
///
/// # Errors
/// Invalid input; an unknown template; a failed call.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let id = flags.template.id(context)?;
    read_only::run(
        context,
        &[&id.fetch_call()],
        |client| id.fetch(client),
        |template| {
            let record = TemplateRecord {
                template: &template,
                variables: template.variables(),
                send: template.send_command(),
            };
            Report::from_record(&record, template.raw().clone()).drawn(template.render(&[]))
        },
    )
}
