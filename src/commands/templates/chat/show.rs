//! `templates show` and `templates preview` for WhatsApp and Viber.

use serde_json::{Map, json};

use super::super::{Channel, PreviewFlags, TemplateFlags};
use super::detail::{Template, Wanted};
use super::language;
use crate::call::shell_line;
use crate::failure::Result;
use crate::operations::Product;
use crate::report::Report;
use crate::run::Run;
use crate::service::{self, Service};
use crate::template::{compare, listed, picture};

fn wanted(run: &Run, flags: &TemplateFlags) -> Result<Wanted> {
    Ok(Wanted {
        channel: flags.channel,
        code: flags.code.clone(),
        language: language(run, flags.channel, &flags.code, flags.language.as_ref())?,
        cust_space_id: flags.cust_space_id.clone(),
    })
}

/// Shows one template.
///
/// # Errors
/// No language; whatever keeps the service from answering.
pub fn show(run: &Run, flags: &TemplateFlags) -> Result<Report> {
    let wanted = wanted(run, flags)?;
    if run.settings.dry_run {
        return service::dry_run(run, &[&wanted.call()]);
    }
    let template = wanted.read(&Service::connect(run, Product::Cams)?)?;
    let mut data = Map::new();
    data.insert("code".into(), json!(template.code));
    data.insert("name".into(), json!(template.name));
    data.insert("language".into(), json!(template.language));
    data.insert("status".into(), json!(template.status));
    data.insert("category".into(), json!(template.category));
    data.insert("reason".into(), json!(template.reason));
    data.insert("components".into(), template.components.clone());
    data.insert("variables".into(), listed(&template.message.variables()));
    data.insert("send".into(), json!(run.settings.again(&send_command(&template, flags))));
    let drawing = picture(&template.message);
    Ok(Report::Facts { data, raw: template.raw }.drawn(drawing))
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
pub fn preview(run: &Run, flags: &PreviewFlags) -> Result<Report> {
    let wanted = wanted(run, &flags.template)?;
    let values = flags.values()?;
    if run.settings.dry_run {
        return service::dry_run(run, &[&wanted.call()]);
    }
    let template = wanted.read(&Service::connect(run, Product::Cams)?)?;
    let comparison = compare(&template.message.variables(), &values);
    let text = picture(&template.message.rendered(&values));
    let mut data = Map::new();
    data.insert("text".into(), json!(text));
    data.insert("missing".into(), json!(comparison.missing));
    data.insert("superfluous".into(), json!(comparison.superfluous));
    Ok(Report::Facts { data, raw: template.raw }.drawn(text))
}
