//! `alimsg templates update`

use clap::Args;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::api::call::ChangeCall;
use crate::chat::template::detail::TemplateId;
use crate::chat::template::limits;
use crate::chat::template::revision::{name_is_fixed, revise};
use crate::cli::templates::channel::Draft;
use crate::cli::templates::draft::{DraftFlags, warn_of_missing_code, warn_of_missing_examples};
use crate::cli::templates::template_flags::require_language;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::channel::Channel;
use crate::output::report::Report;
use crate::send::change::{Change, Preview, Question, Rows, apply};
use crate::sms::template as sms;

pub const EXAMPLES: &str = "\
Examples:
  alimsg templates update 100000000000001 --file order_update.toml
  alimsg --sandbox templates update 100000000000003 --language en --category MARKETING \\
      --body 'Dear $(name), our sale has begun.' --example name=Alice --yes

WhatsApp and Viber: parts that you do not give stay as they are; `components` in a file replace
the whole message. SMS: name, content and type are required.";

const TITLE: &str = "About to update this template and submit it for review:";
const QUESTION: Question = Question::Yes("update the template");

#[derive(Debug, Args)]
pub struct UpdateFlags {
    /// Code of the template
    #[arg(value_name = "CODE")]
    code: String,

    #[command(flatten)]
    draft: DraftFlags,
}

impl UpdateFlags {
    /// # Errors
    /// Wrong or missing input, no consent; the service does not take the update.
    pub fn run(self, context: &Context) -> Result<Report> {
        if self.draft.channel == Channel::Sms {
            self.update_sms(context)
        } else {
            self.update_chat(context)
        }
    }

    /// The call replaces name, content and type, so all three are required.
    fn update_sms(&self, context: &Context) -> Result<Report> {
        let draft = self.draft.sms_draft("templates update")?;
        let fetch_call = sms::get_call(&self.code);
        let current = |client: &Client<'_>| -> Result<Rows> {
            let old = sms::get(client, &self.code)?;
            Ok(vec![
                ("code".into(), old.code),
                ("state".into(), old.status),
                ("old name".into(), old.name.unwrap_or_default()),
                ("old type".into(), old.kind.unwrap_or_default()),
                ("old content".into(), old.text),
            ])
        };
        let change = Change {
            call: draft.update_call(&self.code),
            title: TITLE.into(),
            rows: draft.rows(),
            preview: Preview::Shown { call: &fetch_call, rows: &current },
            question: QUESTION,
            check: sms::show_command(&self.code),
        };
        self.submit(context, &change, Draft::Sms(draft))
    }

    /// The call replaces the whole template, so it is completed with the parts that stay.
    fn update_chat(&self, context: &Context) -> Result<Report> {
        let mut draft = self.draft.chat_draft()?;
        if self.draft.name.is_some() {
            return Err(name_is_fixed());
        }
        let language =
            require_language(context, draft.channel, &self.code, draft.language.as_ref())?;
        if draft.has_no_parts() && draft.category.is_none() && draft.examples.is_empty() {
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
            code: self.code.clone(),
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
        self.submit(context, &change, Draft::Chat(draft.clone()))
    }

    fn submit(&self, context: &Context, change: &Change<'_>, draft: Draft) -> Result<Report> {
        apply(context, change, |reply| {
            let submitted = draft.submitted(&reply, Some(&self.code));
            warn_of_missing_code(context, &submitted);
            Report::from_record(&submitted, Value::Object(reply.0))
        })
    }
}
