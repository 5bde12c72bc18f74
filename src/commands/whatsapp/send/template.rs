//! An approved template with its variables.

use clap::Args;

use super::Content;
use crate::call::Call;
use crate::commands::{Inputs, anything};
use crate::failure::Result;
use crate::variables;

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send template --from 8613800000001 --to 8613800001000 \\
      --template-code 100000000000001 --language en --param name=Alice --param order=42
  alimsg --sandbox whatsapp send template --from 8613800000001 --to 8613800001000 \\
      --template-code 100000000000002 --language en --yes";

#[derive(Debug, Args)]
pub struct Template {
    /// Code of the template
    #[arg(long, value_name = "C")]
    template_code: Option<String>,

    /// Language of the template, for example en or zh_CN
    #[arg(long, visible_alias = "biz-language", value_name = "L")]
    language: Option<String>,

    /// Variables of the template
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    template_params: Vec<String>,

    /// One variable of the template; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    param: Vec<String>,

    /// Payload of a quick-reply button; repeatable, in the order of the buttons
    #[arg(long, value_name = "TEXT")]
    payload: Vec<String>,
}

impl Content for Template {
    const CANDIDATES: &'static [&'static str] = &["aliyun cams list-chatapp-template"];

    fn put_into(
        self,
        call: Call,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Call> {
        let pairs: Vec<String> = self.template_params.into_iter().chain(self.param).collect();
        let variables = variables::from_pairs("--param", &pairs)?;
        let code = inputs.need("--template-code", "Template code", self.template_code, anything)?;
        let language = inputs.need("--language", "Language", self.language, anything)?;
        plan.push(("template".to_string(), format!("{code} ({language})")));
        plan.extend(variables.iter().map(|(name, value)| (format!("$({name})"), value.clone())));
        plan.extend(self.payload.iter().map(|payload| ("payload".to_string(), payload.clone())));
        Ok(call
            .text("--type", "template")
            .text("--template-code", code)
            .text("--biz-language", language)
            .map("--template-params", &variables)
            .list("--payload", &self.payload))
    }
}
