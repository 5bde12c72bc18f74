//! `templates show` and `templates preview` for WhatsApp and Viber.

use serde_json::{Map, json};

use crate::aliyun::client::{self, Client};
use crate::api::call::shell_line;
use crate::api::operations::Product;
use crate::chat::template::preview::render_preview;
use crate::cli::templates::chat::detail::{Template, TemplateId};
use crate::cli::templates::chat::language;
use crate::cli::templates::{Channel, PreviewFlags, TemplateFlags};
use crate::context::Context;
use crate::error::Result;
use crate::message::placeholder::{compare, listed};
use crate::output::report::Report;

fn wanted(context: &Context, flags: &TemplateFlags) -> Result<TemplateId> {
    Ok(TemplateId {
        channel: flags.channel,
        code: flags.code.clone(),
        language: language(context, flags.channel, &flags.code, flags.language.as_ref())?,
        cust_space_id: flags.cust_space_id.clone(),
    })
}

/// Shows one template.
///
/// # Errors
/// No language; whatever keeps the service from answering.
pub fn show(context: &Context, flags: &TemplateFlags) -> Result<Report> {
    let wanted = wanted(context, flags)?;
    if context.settings.dry_run {
        return client::dry_run(context, &[&wanted.call()]);
    }
    let template = wanted.read(&Client::connect(context, Product::Cams)?)?;
    let mut data = Map::new();
    data.insert("code".into(), json!(template.code));
    data.insert("name".into(), json!(template.name));
    data.insert("language".into(), json!(template.language));
    data.insert("status".into(), json!(template.status));
    data.insert("category".into(), json!(template.category));
    data.insert("reason".into(), json!(template.reason));
    data.insert("components".into(), template.components.clone());
    data.insert("variables".into(), listed(&template.message.variables()));
    data.insert(
        "send".into(),
        json!(context.settings.rerun_command(&send_command(&template, flags))),
    );
    let drawing = render_preview(&template.message);
    Ok(Report::RunStatus { data, raw: template.raw }.drawn(drawing))
}

/// The command that sends the template, with the words in capitals to be replaced.
fn send_command(template: &Template, flags: &TemplateFlags) -> String {
    let mut words: Vec<String> = ["whatsapp", "send", "template"].map(String::from).to_vec();
    if flags.channel == Channel::Viber {
        words.extend(["--channel-type", "viber", "--label", "LABEL"].map(String::from));
    }
    words.extend(["--from", "FROM", "--to", "TO", "--template-code"].map(String::from));
    words.extend([template.code.clone(), "--language".into(), template.language.clone()]);
    if let Some(space) = &flags.cust_space_id {
        words.extend(["--cust-space-id".into(), space.clone()]);
    }
    for variable in template.message.variables() {
        words.extend(["--param".into(), format!("{}=VALUE", variable.name)]);
    }
    shell_line("alimsg", &words)
}

/// Renders one template.
///
/// # Errors
/// No language, values that cannot be read; whatever keeps the service from answering.
pub fn preview(context: &Context, flags: &PreviewFlags) -> Result<Report> {
    let wanted = wanted(context, &flags.template)?;
    let values = flags.values()?;
    if context.settings.dry_run {
        return client::dry_run(context, &[&wanted.call()]);
    }
    let template = wanted.read(&Client::connect(context, Product::Cams)?)?;
    let comparison = compare(&template.message.variables(), &values);
    let text = render_preview(&template.message.rendered(&values));
    let mut data = Map::new();
    data.insert("text".into(), json!(text));
    data.insert("missing".into(), json!(comparison.missing));
    data.insert("superfluous".into(), json!(comparison.superfluous));
    Ok(Report::RunStatus { data, raw: template.raw }.drawn(text))
}
