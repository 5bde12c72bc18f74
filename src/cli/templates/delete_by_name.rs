//! `alimsg templates delete --name`: deletes a template in all its languages, one call for each.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::{self, Client};
use crate::aliyun::guard::Guard;
use crate::aliyun::pages::{self, PageRange};
use crate::api::call::{AnyCall, shell_line};
use crate::api::operations::DELETE_CHATAPP_TEMPLATE;
use crate::chat::template::detail::TemplateId;
use crate::chat::template::list::{LISTS, ListQuery, MAX_PAGE_SIZE, StatusFilter, TOTALS};
use crate::cli::prelude::*;
use crate::error::{Kind, Outcome};
use crate::message::template::{DeletedTemplate, TemplateRow};
use crate::output::report::{Phase, fields};
use crate::send::change::{Rows, confirm_by_typing};
use crate::send::require_consent;

/// A template in all its languages.
pub struct NamedTemplate {
    /// WhatsApp or Viber.
    pub channel: Channel,
    pub name: String,
    pub cust_space_id: Option<String>,
}

/// The result: what was deleted before the first failure.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Deleted<'d> {
    name: &'d str,
    templates: &'d [DeletedTemplate],
}

/// Lists the languages of the template, asks, and deletes one after the other until one fails.
///
/// # Errors
/// No such template; no confirmation; a failed call, with what was deleted before it.
pub fn run(context: &Context, template: &NamedTemplate) -> Result<Report> {
    let query = template.query();
    if context.settings.dry_run {
        return plan(context, template, &query);
    }
    require_consent(context)?;
    let guard = Guard::for_call(context, &DELETE_CHATAPP_TEMPLATE);
    guard.require_allowed()?;
    // Dropping this client switches ai-mode off before the prompt.
    let found = template.find(&Client::open(context, &guard)?, &query)?;
    if !context.settings.yes {
        let mut rows: Rows = vec![("name".into(), template.name.clone())];
        rows.extend(found.iter().map(row));
        rows.push(("channel".into(), template.channel.name().into()));
        rows.push(("account".into(), guard.account()?.describe()));
        let title = format!("About to delete {} templates permanently:", found.len());
        context.screen.plan(&title, &rows);
        confirm_by_typing(context, "name", &template.name)?;
    }
    let client = Client::open(context, &guard)?;
    let mut deleted = Vec::new();
    let mut raw = Vec::new();
    for (id, _) in &found {
        let reply = client
            .change(&id.delete_call())
            .map_err(|failure| template.partial(failure, id, &deleted, found.len()))?;
        deleted.push(DeletedTemplate {
            code: id.code.clone(),
            language: Some(id.language.clone()),
            deleted: true,
            request_id: reply.text(&["RequestId"]),
        });
        raw.push(Value::Object(reply.0));
    }
    drop(client);
    let name = serde_json::json!({ "name": template.name });
    Ok(Report::from_rows("templates", deleted, &name, Value::Array(raw)))
}

/// The calls: the list, and a deletion for each of its languages.
fn plan(context: &Context, template: &NamedTemplate, query: &ListQuery) -> Result<Report> {
    let list = query.call(1, MAX_PAGE_SIZE);
    let delete = template.id("CODE", "LANGUAGE").delete_call();
    let mut report = client::dry_run(context, &[&list as &dyn AnyCall, &delete])?;
    if let Report::DryRun(commands) = &mut report
        && let Some(command) = commands.iter_mut().rfind(|one| one.phase == Phase::Call)
    {
        command.when = Some("once for each code and language of the list");
    }
    Ok(report)
}

fn row((id, status): &(TemplateId, Option<String>)) -> (String, String) {
    let status = status.as_deref().unwrap_or("unknown");
    ("template".into(), format!("{} ({}) · {status}", id.code, id.language))
}

impl NamedTemplate {
    fn query(&self) -> ListQuery {
        ListQuery {
            channel: self.channel,
            status: StatusFilter::Service(None),
            code: None,
            language: None,
            name: Some(self.name.clone()),
            category: None,
            cust_space_id: self.cust_space_id.clone(),
        }
    }

    fn id(&self, code: &str, language: &str) -> TemplateId {
        TemplateId {
            channel: self.channel,
            code: code.into(),
            language: language.into(),
            cust_space_id: self.cust_space_id.clone(),
        }
    }

    /// The templates with exactly this name; the service also lists names that contain it.
    fn find(
        &self,
        client: &Client<'_>,
        query: &ListQuery,
    ) -> Result<Vec<(TemplateId, Option<String>)>> {
        let range = PageRange::All { size: MAX_PAGE_SIZE };
        let pages =
            pages::read(client, range, |index, size| query.call(index, size), LISTS, TOTALS)?;
        let rows = pages.entries.iter().filter_map(|entry| query.row(entry));
        let found: Vec<_> = rows
            .filter(|row| row.name.as_ref() == Some(&self.name))
            .filter_map(|TemplateRow { code, language, status, .. }| {
                Some((self.id(&code?, &language?), status))
            })
            .collect();
        if found.is_empty() {
            let message = format!("no template has the name {}", self.name);
            return Err(Failure::new(Kind::Rejected, message)
                .hint("check the name, --channel and --cust-space-id")
                .next(self.list_command(false)));
        }
        Ok(found)
    }

    /// The failure of one deletion. Those before it are done, and those after it are not tried.
    fn partial(
        &self,
        mut failure: Box<Failure>,
        id: &TemplateId,
        deleted: &[DeletedTemplate],
        count: usize,
    ) -> Box<Failure> {
        failure.about_a_change = true;
        failure.message = format!(
            "deleted {} of {count} templates; {} ({}) failed: {}",
            deleted.len(),
            id.code,
            id.language,
            failure.message
        );
        if !deleted.is_empty() {
            failure.data = Some(fields(&Deleted { name: &self.name, templates: deleted }));
            if failure.outcome == Outcome::NotSent {
                failure.kind = Kind::Partial;
                failure.outcome = Outcome::Sent;
                failure.retryable = false;
            }
        }
        failure.next(self.list_command(true))
    }

    /// The command that shows what is there, with or without the filter by name.
    fn list_command(&self, by_name: bool) -> String {
        let mut words = vec!["templates", "list"];
        if self.channel == Channel::Viber {
            words.extend(["--channel", "viber"]);
        }
        if by_name {
            words.extend(["--name", &self.name]);
        }
        if let Some(space) = &self.cust_space_id {
            words.extend(["--cust-space-id", space]);
        }
        shell_line("alimsg", &words)
    }
}
