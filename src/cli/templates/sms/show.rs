//! `templates show` and `templates preview` for SMS.

use serde_json::{Map, json};

use crate::aliyun::client::{self, Client};
use crate::api::call::shell_line;
use crate::api::operations::Product;
use crate::cli::templates::{Channel, PreviewFlags, TemplateFlags, refuse_foreign};
use crate::context::Context;
use crate::error::Result;
use crate::message::placeholder::{Style, compare, listed, render};
use crate::output::report::Report;
use crate::sms::template::{self, SmsTemplate};

fn check(flags: &TemplateFlags) -> Result<()> {
    refuse_foreign(
        Channel::Sms,
        &[
            ("--language", flags.language.is_some()),
            ("--cust-space-id", flags.cust_space_id.is_some()),
        ],
    )
}

/// Shows one template.
///
/// # Errors
/// A flag of another channel; whatever keeps the service from answering.
pub fn show(context: &Context, flags: &TemplateFlags) -> Result<Report> {
    check(flags)?;
    if context.settings.dry_run {
        return client::dry_run(context, &[&template::get_call(&flags.code)]);
    }
    let template = template::get(&Client::connect(context, Product::Dysmsapi)?, &flags.code)?;
    let mut data = Map::new();
    data.insert("code".into(), json!(template.code));
    data.insert("name".into(), json!(template.name));
    data.insert("status".into(), json!(template.status));
    data.insert("type".into(), json!(template.kind));
    data.insert("reason".into(), json!(template.reason));
    data.insert("components".into(), json!([{ "type": "BODY", "text": template.text }]));
    data.insert("variables".into(), listed(&template.variables()));
    data.insert("related_sign_name".into(), json!(template.related_sign_name));
    data.insert("remark".into(), json!(template.remark));
    data.insert("created_at".into(), json!(template.created_at));
    data.insert("audited_at".into(), json!(template.audited_at));
    data.insert("order_id".into(), json!(template.order_id));
    data.insert("send".into(), json!(send_command(&template)));
    Ok(Report::RunStatus { data, raw: template.raw.clone() }.drawn(template.text))
}

/// The command that sends the template, with the words in capitals to be replaced.
fn send_command(template: &SmsTemplate) -> String {
    let mut words: Vec<String> =
        ["sms", "send", "--phone-numbers", "NUMBER", "--sign-name", "SIGNATURE"]
            .map(String::from)
            .to_vec();
    words.extend(["--template-code".into(), template.code.clone()]);
    for variable in template.variables() {
        words.extend(["--param".into(), format!("{}=VALUE", variable.name)]);
    }
    shell_line("alimsg", &words)
}

/// Renders one template.
///
/// # Errors
/// Values that cannot be read; whatever keeps the service from answering.
pub fn preview(context: &Context, flags: &PreviewFlags) -> Result<Report> {
    check(&flags.template)?;
    let values = flags.values()?;
    let code = &flags.template.code;
    if context.settings.dry_run {
        return client::dry_run(context, &[&template::get_call(code)]);
    }
    let template = template::get(&Client::connect(context, Product::Dysmsapi)?, code)?;
    let comparison = compare(&template.variables(), &values);
    let text = render(&template.text, Style::Sms, &values);
    let mut data = Map::new();
    data.insert("text".into(), json!(text));
    data.insert("missing".into(), json!(comparison.missing));
    data.insert("superfluous".into(), json!(comparison.superfluous));
    Ok(Report::RunStatus { data, raw: template.raw }.drawn(text))
}
