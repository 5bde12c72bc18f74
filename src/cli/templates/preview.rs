//! `alimsg templates preview`

use crate::cli::param_flags::ParamFlags;
use crate::cli::prelude::*;
use crate::cli::templates::template_flags::TemplateFlags;
use crate::message::placeholder::compare;
use crate::message::template::Preview;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg templates preview SMS_100002 --template-param '{\"name\":\"Alice\"}'
  alimsg --sandbox templates preview 100000000000001 --language en \\
      --param name=Alice --param order=42")]
pub struct Flags {
    #[command(flatten)]
    template: TemplateFlags,

    #[command(flatten)]
    params: ParamFlags,
}

/// Renders a template.
///
/// # Errors
/// Invalid input; an unknown template; a failed call.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    let id = flags.template.id(context)?;
    let values = flags.params.values()?;
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
