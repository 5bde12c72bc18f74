//! `alimsg templates show`

use clap::Args;
use serde::Serialize;

use crate::aliyun::client::{self, Client};
use crate::cli::templates::channel::{Template, product};
use crate::cli::templates::template_flags::TemplateFlags;
use crate::context::Context;
use crate::error::Result;
use crate::message::placeholder::Variable;
use crate::output::report::Report;

pub const EXAMPLES: &str = "\
Examples:
  alimsg templates show SMS_100002 --channel sms
  alimsg --sandbox templates show 100000000000001 --language en";

#[derive(Debug, Args)]
pub struct ShowFlags {
    #[command(flatten)]
    template: TemplateFlags,
}

/// The answer of `templates show`.
#[derive(Debug, Serialize)]
struct TemplateRecord<'t> {
    #[serde(flatten)]
    template: &'t Template,
    variables: Vec<Variable>,
    /// The command that sends it; the words in capitals have to be replaced.
    send: String,
}

impl ShowFlags {
    /// # Errors
    /// Wrong input; the service does not know the template, or does not answer.
    pub fn run(self, context: &Context) -> Result<Report> {
        let id = self.template.id(context)?;
        if context.settings.dry_run {
            return client::dry_run(context, &[&id.fetch_call()]);
        }
        let template = id.fetch(&Client::connect(context, product(id.channel()))?)?;
        let record = TemplateRecord {
            template: &template,
            variables: template.variables(),
            send: context.settings.rerun_command(&template.send_command()),
        };
        let report = Report::from_record(&record, template.raw().clone());
        Ok(report.drawn(template.render(&[])))
    }
}
