//! `alimsg templates`: WhatsApp, Viber and SMS templates behind one set of flags.
//!
//! The channels differ in their calls, so each has a folder of its own; the flags, the words for
//! states and the fields of the answers are the same.

pub(crate) mod chat;
mod definition;
mod file;
mod sms;

use clap::{Args, Subcommand, ValueEnum};

use crate::failure::{Failure, Result};
use crate::report::Report;
use crate::run::Run;
use definition::{CREATE_EXAMPLES, UPDATE_EXAMPLES};
pub use definition::{CreateFlags, Definition, UpdateFlags};

/// Where a template is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Channel {
    Whatsapp,
    Viber,
    Sms,
}

impl Channel {
    /// As the command line spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Viber => "viber",
            Self::Sms => "sms",
        }
    }
}

pub const EXAMPLES: &str = "\
Examples:
  alimsg templates list --channel sms --audit-status approved
  alimsg --sandbox templates show 100000000000001 --language en
  alimsg --sandbox templates preview SMS_100002 --channel sms --param name=Alice --param order=42";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List templates
    #[command(after_help = LIST_EXAMPLES)]
    List(ListFlags),
    /// Show a template: components, variables, and the command that sends it
    #[command(after_help = SHOW_EXAMPLES)]
    Show(TemplateFlags),
    /// Render a template with variables, as the phone shows it; nothing is sent
    #[command(after_help = PREVIEW_EXAMPLES)]
    Preview(PreviewFlags),
    /// Create a template; it is then reviewed
    #[command(after_help = CREATE_EXAMPLES)]
    Create(Box<CreateFlags>),
    /// Change a template; it is then reviewed again
    #[command(after_help = UPDATE_EXAMPLES)]
    Update(Box<UpdateFlags>),
    /// Delete a template; asks for its name
    #[command(after_help = DELETE_EXAMPLES)]
    Delete(TemplateFlags),
    /// Messages sent, delivered and read with a template
    #[command(after_help = STATS_EXAMPLES)]
    Stats(StatsFlags),
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "templates list",
            Self::Show(_) => "templates show",
            Self::Preview(_) => "templates preview",
            Self::Create(_) => "templates create",
            Self::Update(_) => "templates update",
            Self::Delete(_) => "templates delete",
            Self::Stats(_) => "templates stats",
        }
    }

    pub fn run(self, run: &Run) -> Result<Report> {
        use Channel::Sms;
        match self {
            Self::List(flags) => match flags.channel {
                Sms => sms::list(run, &flags),
                _ => chat::list(run, &flags),
            },
            Self::Show(flags) => match flags.channel {
                Sms => sms::show(run, &flags),
                _ => chat::show(run, &flags),
            },
            Self::Preview(flags) => match flags.template.channel {
                Sms => sms::preview(run, &flags),
                _ => chat::preview(run, &flags),
            },
            Self::Create(flags) => match flags.definition.channel {
                Sms => sms::create(run, &flags),
                _ => chat::create(run, &flags),
            },
            Self::Update(flags) => match flags.definition.channel {
                Sms => sms::update(run, &flags),
                _ => chat::update(run, &flags),
            },
            Self::Delete(flags) => match flags.channel {
                Sms => sms::delete(run, &flags),
                _ => chat::delete(run, &flags),
            },
            Self::Stats(flags) => match flags.channel {
                Sms => sms::stats(run, &flags),
                _ => chat::stats(run, &flags),
            },
        }
    }
}

/// The state of a template that was just handed in. The reply names none; a code in it is all that
/// says that there is something to review.
pub(crate) fn status_after(run: &Run, code: Option<&String>) -> &'static str {
    if code.is_some() {
        return "reviewing";
    }
    run.screen.warn(
        "the service said OK and named no template: `alimsg templates list` tells whether it is \
         there",
    );
    "unknown"
}

const LIST_EXAMPLES: &str = "\
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

    /// Only templates of this category, for example UTILITY
    #[arg(long, value_name = "CATEGORY")]
    pub category: Option<String>,

    /// Page, counted from 1
    #[arg(long, value_name = "N", default_value = "1", conflicts_with = "all",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub page_index: u64,

    /// Templates a page [default: 20; with --all as many as a page can hold]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100))]
    pub page_size: Option<u64>,

    /// All pages
    #[arg(long)]
    pub all: bool,

    /// Channel instance (WhatsApp, Viber)
    #[arg(long, value_name = "ID")]
    pub cust_space_id: Option<String>,
}

const SHOW_EXAMPLES: &str = "\
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

const PREVIEW_EXAMPLES: &str = "\
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
        let mut values = crate::variables::from_pairs("--param", &pairs)?;
        if let Some(json) = &self.template_param {
            for (name, value) in crate::variables::from_json("--template-param", json)? {
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

const DELETE_EXAMPLES: &str = "\
Examples:
  alimsg templates delete SMS_100005 --channel sms
  alimsg --sandbox templates delete 100000000000003 --language en --yes";

const STATS_EXAMPLES: &str = "\
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

    /// First day or moment, for example 2026-03-01, 7d or RFC 3339
    #[arg(long, value_name = "WHEN", conflicts_with = "last")]
    pub start: Option<String>,

    /// Last day or moment, in the same forms [default: now]
    #[arg(long, value_name = "WHEN", conflicts_with = "last")]
    pub end: Option<String>,

    /// The last days or hours, for example 7d [default: 7d]
    #[arg(long, value_name = "DURATION")]
    pub last: Option<String>,

    /// Channel instance (WhatsApp, Viber)
    #[arg(long, value_name = "ID")]
    pub cust_space_id: Option<String>,
}
