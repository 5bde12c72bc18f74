//! The flags that say which template is meant, and what is asked about it.

use clap::Args;

use crate::cli::templates::Channel;
use crate::error::{Failure, Result};

pub const LIST_EXAMPLES: &str = "\
Examples:
  alimsg templates list --audit-status approved --all
  alimsg templates list --channel sms --audit-status reviewing
  alimsg --sandbox templates list --language en

WhatsApp and Viber: the service itself finds approved and rejected templates; for reviewing
(waiting or under review), cancelled and suspended (paused or disabled) every page is read.";

#[derive(Debug, Args)]
pub struct ListFlags {
    /// Channel of the templates
    #[arg(long, value_enum, default_value = "whatsapp")]
    pub channel: Channel,

    /// Only these: approved, rejected, reviewing, cancelled, suspended, or the service's own word
    #[arg(long, value_name = "STATUS")]
    pub audit_status: Option<String>,

    /// Only templates in this language, for example en or zh_CN
    #[arg(long, visible_alias = "biz-language", value_name = "L")]
    pub language: Option<String>,

    /// Only templates whose name contains this
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Only templates of this category, for example UTILITY or, on Viber, text_image
    #[arg(long, value_name = "CATEGORY")]
    pub category: Option<String>,

    /// Only this template, in all its languages (WhatsApp, Viber)
    #[arg(long, visible_alias = "template-code", value_name = "CODE")]
    pub code: Option<String>,

    /// Page, counted from 1
    #[arg(long, value_name = "N", default_value = "1", conflicts_with = "all",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub page_index: u64,

    /// Templates a page [default: 20; with --all as many as a page can hold]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100))]
    pub page_size: Option<u64>,

    /// All pages, at most 50,000 rows; in a pipe rows are printed page by page, at most 10,000 pages
    #[arg(long)]
    pub all: bool,

    /// Channel instance (WhatsApp, Viber)
    #[arg(long, value_name = "ID")]
    pub cust_space_id: Option<String>,
}

pub const SHOW_EXAMPLES: &str = "\
Examples:
  alimsg templates show SMS_100002 --channel sms
  alimsg --sandbox templates show 100000000000001 --language en";

/// One template: its code, and what it takes beside to find it.
#[derive(Debug, Args)]
pub struct TemplateFlags {
    /// Code of the template
    #[arg(value_name = "CODE")]
    pub code: String,

    /// Channel of the template
    #[arg(long, value_enum, default_value = "whatsapp")]
    pub channel: Channel,

    /// Language of the template; WhatsApp and Viber need it
    #[arg(long, visible_alias = "biz-language", value_name = "L")]
    pub language: Option<String>,

    /// Channel instance (WhatsApp, Viber)
    #[arg(long, value_name = "ID")]
    pub cust_space_id: Option<String>,
}

pub const PREVIEW_EXAMPLES: &str = "\
Examples:
  alimsg templates preview SMS_100002 --channel sms --template-param '{\"name\":\"Alice\"}'
  alimsg --sandbox templates preview 100000000000001 --language en \\
      --param name=Alice --param order=42";

#[derive(Debug, Args)]
pub struct PreviewFlags {
    #[command(flatten)]
    pub template: TemplateFlags,

    /// Variables of the template
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    pub template_params: Vec<String>,

    /// One variable of the template; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,

    /// Variables as a JSON object of strings
    #[arg(long, value_name = "JSON")]
    pub template_param: Option<String>,
}

impl PreviewFlags {
    /// The values of all three flags, in the order in which they are documented.
    ///
    /// # Errors
    /// A value that cannot be read, a name that stands twice.
    pub fn values(&self) -> Result<Vec<(String, String)>> {
        let pairs: Vec<String> = self.template_params.iter().chain(&self.param).cloned().collect();
        let mut values = crate::message::params::from_pairs("--param", &pairs)?;
        if let Some(json) = &self.template_param {
            for (name, value) in crate::message::params::from_json("--template-param", json)? {
                if values.iter().any(|(given, _)| *given == name) {
                    return Err(Failure::usage(format!("the variable {name} is given twice"))
                        .hint("give each variable once"));
                }
                values.push((name, value));
            }
        }
        Ok(values)
    }
}

pub const DELETE_EXAMPLES: &str = "\
Examples:
  alimsg templates delete SMS_100005 --channel sms
  alimsg --sandbox templates delete 100000000000003 --language en --yes";

pub const STATS_EXAMPLES: &str = "\
Examples:
  alimsg templates stats 100000000000001 --start 2026-03-01 --end 2026-03-31
  alimsg --sandbox templates stats 100000000000001 --last 7d";

#[derive(Debug, Args)]
pub struct StatsFlags {
    /// Code of the template
    #[arg(value_name = "CODE")]
    pub code: String,

    /// Channel of the template
    #[arg(long, value_enum, default_value = "whatsapp")]
    pub channel: Channel,

    /// Only messages in this language
    #[arg(long, visible_alias = "biz-language", value_name = "L")]
    pub language: Option<String>,

    /// First day or time: 2026-03-01, 20260301, 7d ago, 2026-03-01T10:00 or RFC 3339
    #[arg(long, value_name = "WHEN", conflicts_with = "last")]
    pub start: Option<String>,

    /// Last day or time, in the same forms [default: now]
    #[arg(long, value_name = "WHEN", conflicts_with = "last")]
    pub end: Option<String>,

    /// The last days or hours, for example 7d [default: 7d]
    #[arg(long, value_name = "DURATION")]
    pub last: Option<String>,

    /// Channel instance (WhatsApp, Viber)
    #[arg(long, value_name = "ID")]
    pub cust_space_id: Option<String>,
}
