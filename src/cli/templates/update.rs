//! `alimsg templates update`

use std::cell::RefCell;

use serde_json::{Value, json};

use crate::aliyun::client::Client;
use crate::api::audit_status::TemplateType;
use crate::api::call::ChangeCall;
use crate::api::reply::Reply;
use crate::chat::template::detail::TemplateId;
use crate::chat::template::revision::{name_is_fixed, revise};
use crate::chat::template::{limits, list_command};
use crate::cli::prelude::*;
use crate::cli::templates::channel::Draft;
use crate::cli::templates::draft::{DraftFlags, warn_of_missing_code, warn_of_missing_examples};
use crate::cli::templates::template_flags::{channel_of, require_language};
use crate::send::change::{Change, Preview, Question, Rows, apply};
use crate::sms::template as sms;

const COMMAND: &str = "templates update";
const TITLE: &str = "About to update this template and submit it for review:";
const QUESTION: Question = Question::Yes("update the template");

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg templates update 100000000000001 --file order_update.toml
  alimsg --sandbox templates update 100000000000003 --language en --category MARKETING \\
      --body 'Dear $(name), our sale has begun.' --example name=Alice --yes

Parts that you do not give stay unchanged; `components` in a file replace the whole message.")]
pub struct Flags {
    /// Code of the template
    #[arg(value_name = "CODE")]
    code: String,

    #[command(flatten)]
    draft: DraftFlags,
}

/// Updates a template.
///
/// # Errors
/// Invalid or missing input; no confirmation; the service rejects the update.
pub fn run(context: &Context, mut flags: Box<Flags>) -> Result<Report> {
    let channel = channel_of(flags.draft.channel, &flags.code);
    flags.draft.channel = Some(channel);
    if channel == Channel::Sms { update_sms(context, &flags) } else { update_chat(context, &flags) }
}

/// Updates an SMS template. The call replaces name, content and type, so those that are not given
/// are taken from the template.
fn update_sms(context: &Context, flags: &Flags) -> Result<Report> {
    let draft = match flags.draft.sms_draft(COMMAND, None) {
        Ok(draft) => draft,
        Err(failure) if failure.missing.is_empty() => return Err(failure),
        Err(_) if flags.draft.has_sms_parts() => return complete_sms(context, flags),
        Err(_) => {
            return Err(Failure::usage("nothing to update")
                .hint("give what changes, such as --content; name, content and type stay")
                .next("alimsg templates update --help"));
        }
    };
    let fetch_call = sms::get_call(&flags.code);
    let current = |client: &Client<'_>| -> Result<Rows> {
        let old = sms::get(client, &flags.code)?;
        Ok(vec![
            ("code".into(), old.code),
            ("state".into(), old.status),
            ("old name".into(), old.name.unwrap_or_default()),
            ("old type".into(), old.kind.unwrap_or_default()),
            ("old content".into(), old.text),
        ])
    };
    let change = Change {
        call: draft.update_call(&flags.code),
        title: TITLE.into(),
        rows: draft.rows(),
        preview: Preview::Shown { call: &fetch_call, rows: &current },
        question: QUESTION,
        check: sms::show_command(&flags.code),
    };
    submit(context, &change, &Draft::Sms(draft), &flags.code)
}

/// Updates an SMS template whose name, content or type are not given.
fn complete_sms(context: &Context, flags: &Flags) -> Result<Report> {
    let fetch_call = sms::get_call(&flags.code);
    let completed = RefCell::new(None);
    let complete = |client: &Client<'_>| -> Result<(ChangeCall, Rows)> {
        let old = sms::get(client, &flags.code)?;
        let draft = flags.draft.sms_draft(COMMAND, Some(&old))?;
        let mut rows: Rows = vec![("code".into(), old.code.clone()), ("state".into(), old.status)];
        rows.extend(draft.rows());
        let call = draft.update_call(&flags.code);
        completed.replace(Some(draft));
        Ok((call, rows))
    };
    // `complete` builds the call that is made in place of this one, which a dry run shows.
    let unknown = sms::draft::Draft {
        name: "NAME".into(),
        content: "CONTENT".into(),
        kind: TemplateType::Notification,
        remark: None,
        related_sign_name: None,
        rule: None,
        apply_scene_content: None,
        intl_type: None,
    };
    let old = json!({ "TemplateName": unknown.name, "TemplateContent": unknown.content });
    let kind = Some(unknown.kind.word().to_string());
    let old = sms::SmsTemplate { kind, ..sms::SmsTemplate::from_object(&old) };
    // It cannot be built if the given parts do not match the placeholders.
    let planned = flags.draft.sms_draft(COMMAND, Some(&old)).unwrap_or(unknown);
    let note = "with the name, content and type of the template in place of NAME, CONTENT and type \
                1, unless they are given";
    let change = Change {
        call: planned.update_call(&flags.code),
        title: TITLE.into(),
        rows: Rows::new(),
        preview: Preview::Decisive { call: &fetch_call, change: &complete, completed: Some(note) },
        question: QUESTION,
        check: sms::show_command(&flags.code),
    };
    apply(context, &change, |reply| {
        let draft = Draft::Sms(completed.take().unwrap_or_else(|| planned.clone()));
        report(context, &draft, reply, &flags.code)
    })
}

/// Updates a WhatsApp or Viber template. The call replaces the whole template, so the draft is
/// completed with the parts that do not change.
fn update_chat(context: &Context, flags: &Flags) -> Result<Report> {
    let mut draft = flags.draft.chat_draft()?;
    if flags.draft.name.is_some() {
        return Err(name_is_fixed());
    }
    let list = list_command(draft.channel, &flags.code, false);
    let language = require_language(context, draft.language.as_ref(), &list)?;
    if draft.allow_category_change.take().is_some() {
        context.screen.warn("allow_category_change is for new templates and has no effect here");
    }
    let has_no_values = draft.category.is_none() && draft.message_lifetime.is_none();
    if draft.has_no_parts() && has_no_values && draft.examples.is_empty() {
        return Err(Failure::usage("nothing to update")
            .hint("give what changes, such as --body, or a file with --file; the rest stays")
            .next("alimsg templates update --help"));
    }
    draft.language = Some(language.clone());
    if draft.is_whole {
        limits::check(&draft)?;
    } else {
        limits::check_parts(&draft, draft.category.as_deref())?;
    }
    let id = TemplateId {
        channel: draft.channel,
        code: flags.code.clone(),
        by_name: false,
        language,
        cust_space_id: draft.cust_space_id.clone(),
    };
    let completed = |client: &Client<'_>| -> Result<(ChangeCall, Rows)> {
        let revision = revise(&draft, id.fetch(client)?, &id)?;
        warn_of_missing_examples(context, &revision.missing_examples);
        Ok((revision.call, revision.rows))
    };
    let note = "completed with the parts of the template that are not given here";
    let change = Change {
        call: draft.update_call(&id),
        title: TITLE.into(),
        rows: draft.frame_rows(),
        preview: Preview::Decisive {
            call: &id.fetch_call(),
            change: &completed,
            completed: (!draft.is_whole).then_some(note),
        },
        question: QUESTION,
        check: id.show_command(),
    };
    submit(context, &change, &Draft::Chat(draft.clone()), &flags.code)
}

fn submit(context: &Context, change: &Change<'_>, draft: &Draft, code: &str) -> Result<Report> {
    apply(context, change, |reply| report(context, draft, reply, code))
}

fn report(context: &Context, draft: &Draft, reply: Reply, code: &str) -> Report {
    let submitted = draft.submitted(&reply, Some(code));
    warn_of_missing_code(context, &submitted);
    Report::from_record(&submitted, Value::Object(reply.0))
}
