//! The flags that say what a template is to be: those of `create` and `update`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::templates::Channel;

pub const CREATE_EXAMPLES: &str = "\
Examples:
  alimsg templates create --file order_update.toml
  alimsg templates create --channel sms --name 'Order shipped' --template-type notification \\
      --content 'Hello ${name}, your order is on its way.' --remark 'tells customers'
  alimsg --sandbox templates create --name order_ready --category UTILITY --language en \\
      --body 'Hello $(name), your order is ready.' --example name=Alice \\
      --button url=Track=https://example.com/orders --yes
  alimsg --sandbox templates create --channel viber --name 'Spring sale' --language en \\
      --category text_button --body 'Our sale has begun.' \\
      --button url=Look=https://example.com/sale --yes

The file of --file (JSON or TOML) has the fields of the flags:
  name = \"order_ready\"          category = \"UTILITY\"     language = \"en\"
  header = \"Your order\"         body = \"Hello $(name)\"   footer = \"Acme\"
  buttons = [\"reply=OK\"]        example = { name = \"Alice\" }
or `components` as the service takes them, in the place of header, body, footer and buttons;
so it is with a carousel, which is a component with 2 to 10 cards:
  {\"Type\": \"CAROUSEL\", \"Cards\": [{\"CardComponents\": [{\"Type\": \"HEADER\", …}, …]}, …]}

On Viber the category names the parts: text, image, video, document, text_image, text_video,
text_button, text_image_button or text_video_button.

The sandbox approves a template after two seconds, and rejects one whose text contains
\"spam\", \"prize\" or \"winner\".";

pub const UPDATE_EXAMPLES: &str = "\
Examples:
  alimsg templates update 100000000000001 --file order_update.toml
  alimsg --sandbox templates update 100000000000003 --language en --category MARKETING \\
      --body 'Dear $(name), our sale has begun.' --example name=Alice --yes

WhatsApp and Viber: the parts that are not given stay as they are, but `components` in a file
replace the whole message. SMS: name, content and type are always given.";

#[derive(Debug, Args)]
pub struct CreateFlags {
    #[command(flatten)]
    pub definition: Definition,
}

#[derive(Debug, Args)]
pub struct UpdateFlags {
    /// Code of the template
    #[arg(value_name = "CODE")]
    pub code: String,

    #[command(flatten)]
    pub definition: Definition,
}

/// What a template is to be. A flag wins over the same field of the file.
#[derive(Debug, Args)]
pub struct Definition {
    /// Channel of the template
    #[arg(long, value_enum, default_value = "whatsapp")]
    pub channel: Channel,

    /// Definition as JSON or TOML, by the file's ending
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Name of the template
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// UTILITY, MARKETING or AUTHENTICATION; on Viber the parts: text, text_image_button …
    #[arg(long, value_name = "CATEGORY", help_heading = "WhatsApp and Viber")]
    pub category: Option<String>,

    /// Language, for example en or zh_CN
    #[arg(
        long,
        visible_alias = "biz-language",
        value_name = "L",
        help_heading = "WhatsApp and Viber"
    )]
    pub language: Option<String>,

    /// Text of the body; variables as $(name)
    #[arg(long, value_name = "TEXT", help_heading = "WhatsApp and Viber")]
    pub body: Option<String>,

    /// Text of the header (WhatsApp)
    #[arg(long, value_name = "TEXT", help_heading = "WhatsApp and Viber")]
    pub header: Option<String>,

    /// Image, video or document in the place of a header text
    #[arg(
        long,
        value_name = "FORMAT=URL",
        conflicts_with = "header",
        help_heading = "WhatsApp and Viber"
    )]
    pub header_media: Option<String>,

    /// Text of the footer (WhatsApp)
    #[arg(long, value_name = "TEXT", help_heading = "WhatsApp and Viber")]
    pub footer: Option<String>,

    /// reply=TEXT, url=TEXT=URL, phone=TEXT=NUMBER or code=EXAMPLE; repeatable (Viber: one url)
    #[arg(long, value_name = "KIND=TEXT", help_heading = "WhatsApp and Viber")]
    pub button: Vec<String>,

    /// Example of a variable, for the review; repeatable
    #[arg(long, value_name = "NAME=VALUE", help_heading = "WhatsApp and Viber")]
    pub example: Vec<String>,

    /// Channel instance
    #[arg(long, value_name = "ID", help_heading = "WhatsApp and Viber")]
    pub cust_space_id: Option<String>,

    /// Text of the template; variables as ${name}
    #[arg(long, visible_alias = "template-content", value_name = "TEXT", help_heading = "SMS")]
    pub content: Option<String>,

    /// verification, notification, promotion or international
    #[arg(long, value_name = "TYPE", help_heading = "SMS")]
    pub template_type: Option<String>,

    /// What the template is for, for the review
    #[arg(long, value_name = "TEXT", help_heading = "SMS")]
    pub remark: Option<String>,

    /// Signature that the template is used with
    #[arg(long, value_name = "NAME", help_heading = "SMS")]
    pub related_sign_name: Option<String>,

    /// Rules of the variables, as JSON
    #[arg(long, value_name = "JSON", help_heading = "SMS")]
    pub template_rule: Option<String>,

    /// Where the template is used: a website, an app
    #[arg(long, value_name = "TEXT", help_heading = "SMS")]
    pub apply_scene_content: Option<String>,

    /// Kind of an international template: 0, 1, 2 or 3
    #[arg(long, value_name = "N", help_heading = "SMS")]
    pub intl_type: Option<u64>,
}
