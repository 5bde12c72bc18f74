//! `alimsg templates create`

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::aliyun::client::{self, Client};
use crate::api::call::shell_line;
use crate::chat::template::draft::Draft as ChatDraft;
use crate::chat::template::{limits, normalize_category};
use crate::cli::prelude::*;
use crate::cli::templates::channel::{Draft, TemplateId};
use crate::cli::templates::draft::{DraftFlags, warn_of_missing_code, warn_of_missing_examples};
use crate::error::Kind;
use crate::send::change::{Change, Preview, Question, apply};

/// The first pauses between two polls of a review, in seconds.
const REVIEW_PAUSES: [u64; 7] = [1, 2, 3, 5, 10, 20, 30];

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg templates create --file order_update.toml
  alimsg templates create --channel sms --name 'Order shipped' --template-type notification \\
      --content 'Hello ${name}, your order is on its way.' --remark 'order status for customers'
  alimsg --sandbox templates create --name order_ready --category UTILITY --language en \\
      --body 'Hello $(name), your order is ready.' --example name=Alice \\
      --button url=Track=https://example.com/orders --yes
  alimsg --sandbox templates create --channel viber --name 'Spring sale' --language en \\
      --category text_button --body 'Our sale has begun.' \\
      --button url=Look=https://example.com/sale --yes

The file of --file (JSON or TOML) has the same fields as the flags:
  name = \"order_ready\"          category = \"UTILITY\"     language = \"en\"
  header = \"Your order\"         body = \"Hello $(name)\"   footer = \"Acme\"
  buttons = [\"reply=OK\"]        example = { name = \"Alice\" }
Instead of header, body, footer and buttons it can have `components` as the service takes them.
A carousel is a component with 2 to 10 cards:
  {\"Type\": \"CAROUSEL\", \"Cards\": [{\"CardComponents\": [{\"Type\": \"HEADER\", …}, …]}, …]}

On Viber the category lists the parts: text, image, video, document, text_image, text_video,
text_button, text_image_button or text_video_button.

The sandbox approves a template after two seconds, and rejects one whose text contains
\"spam\", \"prize\" or \"winner\".")]
pub struct Flags {
    #[command(flatten)]
    draft: DraftFlags,

    /// Afterwards poll, with growing pauses, until the review is over or the time is up
    #[arg(long, value_name = "SECS", num_args = 0..=1, require_equals = true,
          default_missing_value = "3600", value_parser = clap::value_parser!(u64).range(1..=604_800))]
    wait: Option<u64>,
}

/// Creates a template.
///
/// # Errors
/// Invalid or missing input; no confirmation; the service rejects the template.
pub fn run(context: &Context, flags: Box<Flags>) -> Result<Report> {
    let (draft, list) = if flags.draft.channel() == Channel::Sms {
        let draft = flags.draft.sms_draft("templates create", None)?;
        let list = "alimsg templates list --channel sms --audit-status reviewing".to_string();
        (Draft::Sms(draft), list)
    } else {
        let mut draft = flags.draft.chat_draft()?;
        complete(context, &mut draft)?;
        limits::check(&draft)?;
        warn_of_missing_examples(context, &draft.missing_examples());
        let list = list_command(&draft);
        (Draft::Chat(draft), list)
    };
    let change = Change {
        call: draft.create_call(),
        title: "About to create this template and submit it for review:".into(),
        rows: draft.rows(),
        preview: Preview::Nothing,
        question: Question::Yes("create the template"),
        check: list,
    };
    if context.settings.dry_run && flags.wait.is_some() {
        let poll = draft.id("CODE".into()).fetch_call();
        let when = "after the template is created, with its code as CODE, until its review is over";
        return client::plan(context, &[(&change.call, None), (&poll, Some(when))]);
    }
    let mut code = None;
    let report = apply(context, &change, |reply| {
        let submitted = draft.submitted(&reply, None);
        warn_of_missing_code(context, &submitted);
        code.clone_from(&submitted.code);
        Report::from_record(&submitted, Value::Object(reply.0))
    })?;
    match (flags.wait, code) {
        (Some(seconds), Some(code)) => {
            let limit = Duration::from_secs(seconds);
            Ok(wait_for_review(context, report, &draft.id(code), limit))
        }
        _ => Ok(report),
    }
}

/// Polls until the review of the new template is over, and adds its status to the report. The
/// template exists, so a failure here is only a warning.
fn wait_for_review(
    context: &Context,
    mut report: Report,
    id: &TemplateId,
    limit: Duration,
) -> Report {
    let screen = &context.screen;
    let later = format!("see `{}` later", id.show_command());
    screen.note("waiting for the review");
    let deadline = Instant::now() + limit;
    let mut pauses = REVIEW_PAUSES.into_iter().chain(std::iter::repeat(60));
    let (status, reason) = loop {
        let fetch = || -> Result<_> {
            let client = Client::connect(context, id.fetch_call().operation.product)?;
            Ok(id.fetch(&client)?.review())
        };
        match fetch() {
            Ok((status, reason)) if status != "reviewing" => break (status, reason),
            Err(failure) if failure.kind == Kind::Cancelled => return report,
            // A new template can be missing for some seconds.
            Err(failure) if !failure.retryable && failure.kind != Kind::Rejected => {
                screen.warn(format!("cannot see the review: {}; {later}", failure.message));
                return report;
            }
            Ok(_) | Err(_) => {}
        }
        let remaining = deadline.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            screen.warn(format!("the review is not over after {} s; {later}", limit.as_secs()));
            return report;
        }
        let pause = Duration::from_secs(pauses.next().unwrap_or(60)).min(remaining);
        if client::sleep(pause).is_err() {
            return report;
        }
    };
    if status != "approved" {
        let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        screen.warn(format!("the template was created, but its review ended as {status}{reason}"));
    }
    if let Report::Record { data, .. } = &mut report {
        data.insert("status".into(), status.into());
        data.insert("reason".into(), reason.into());
    }
    report
}

/// The command that shows whether the template was created.
fn list_command(draft: &ChatDraft) -> String {
    let name = draft.name.as_deref().unwrap_or_default();
    let words = ["templates", "list", "--channel", draft.channel.name(), "--name", name];
    shell_line("alimsg", &words.map(String::from))
}

/// Asks for missing values that a new WhatsApp or Viber template requires.
///
/// # Errors
/// Values are missing and there is no terminal; the failure names all of them.
fn complete(context: &Context, draft: &mut ChatDraft) -> Result<()> {
    let channel = draft.channel;
    let mut inputs = Inputs::new(context);
    // Only answers are checked here. Given values are checked later, so that all violations are
    // reported at once.
    let mut need = |flag, question, given: &Option<String>, check: &dyn Fn(&str) -> Result<()>| {
        given.clone().map_or_else(|| inputs.need(flag, question, None, check), Ok)
    };
    let name = need("--name", "Name of the template", &draft.name, &|name| {
        limits::check_name(channel, name)
    })?;
    let question = "Category, such as UTILITY or, on Viber, text";
    let category = need("--category", question, &draft.category, &|category| {
        limits::check_category(channel, &normalize_category(channel, category))
    })?;
    let category = normalize_category(channel, &category);
    let question = "Language, such as en or zh_CN";
    let language = need("--language", question, &draft.language, &limits::check_language)?;
    // WhatsApp writes the texts of an authentication template itself.
    if draft.has_no_parts() && category != "AUTHENTICATION" {
        let body = need("--body", "Text of the body", &None, &anything)?;
        draft.components = json!([{"Type": "BODY", "Text": body}]);
    }
    inputs.complete(&["alimsg templates create --help"])?;
    draft.name = Some(name);
    draft.category = Some(category);
    draft.language = Some(language);
    Ok(())
}
