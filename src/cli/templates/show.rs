//! `alimsg templates show`

use clap::Args;

use crate::aliyun::client::{self, Client};
use crate::cli::templates::channel::product;
use crate::cli::templates::template_flags::TemplateFlags;
use crate::context::Context;
use crate::error::Result;
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

impl ShowFlags {
    /// # Errors
    /// Wrong input; the service does not know the template, or does not answer.
    pub fn run(self, context: &Context) -> Result<Report> {
        let id = self.template.id(context)?;
        if context.settings.dry_run {
            return client::dry_run(context, &[&id.fetch_call()]);
        }
        let template = id.fetch(&Client::connect(context, product(id.channel()))?)?;
        let (record, drawing) = (template.to_record(context), template.render(&[]));
        Ok(Report::from_record(&record, template.into_raw()).drawn(drawing))
    }
}
