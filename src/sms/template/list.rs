//! The list of SMS templates. The call has no filter: all pages are read and filtered here.

use serde_json::Value;

use crate::aliyun::client::Client;
use crate::aliyun::pages::{self, PageRange};
use crate::api::call::{Call, ReadCall};
use crate::api::operations::QUERY_SMS_TEMPLATE_LIST;
use crate::error::Result;
use crate::message::template::{SmsColumns, TemplateRow};
use crate::sms::template::SmsTemplate;

/// Paths of the list in the replies.
pub const LISTS: &[&str] = &["SmsTemplateList", "Data.SmsTemplateList", "Data.List"];

/// Paths of the length of the whole list.
pub const TOTALS: &[&str] = &["TotalCount", "Data.Total"];

/// Which templates are listed.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// Our word for a state.
    pub status: Option<&'static str>,
    /// A part of the name.
    pub name: Option<String>,
}

impl ListQuery {
    /// Whether all pages have to be read.
    pub const fn filters_locally(&self) -> bool {
        self.status.is_some() || self.name.is_some()
    }

    fn matches(&self, template: &SmsTemplate) -> bool {
        let name = template.name.as_deref().unwrap_or_default();
        self.status.is_none_or(|status| template.status == status)
            && self.name.as_ref().is_none_or(|part| name.contains(part.as_str()))
    }

    /// The row of an entry; `None` if the entry is filtered out.
    pub fn row(&self, entry: &Value) -> Option<TemplateRow> {
        let template = SmsTemplate::from_object(entry);
        self.matches(&template).then(|| row(template))
    }
}

fn row(template: SmsTemplate) -> TemplateRow {
    TemplateRow {
        code: Some(template.code),
        name: template.name,
        language: None,
        status: Some(template.status),
        category: None,
        kind: template.kind,
        sms: Some(SmsColumns {
            text: template.text,
            reason: template.reason,
            created_at: template.created_at,
        }),
    }
}

/// The call for one page.
pub fn list_call(index: u64, size: u64) -> ReadCall {
    Call::to(&QUERY_SMS_TEMPLATE_LIST)
        .optional_integer("--page-index", Some(index))
        .optional_integer("--page-size", Some(size))
}

/// All templates that can be sent.
///
/// # Errors
/// The failure of the first page that cannot be read.
pub fn approved(client: &Client<'_>) -> Result<Vec<SmsTemplate>> {
    let range = PageRange::All { size: pages::MAX_PAGE_SIZE };
    let pages = pages::read(client, range, list_call, LISTS, TOTALS)?;
    let mut templates: Vec<_> = pages.entries.iter().map(SmsTemplate::from_object).collect();
    templates.retain(|template| template.is_approved() && !template.code.is_empty());
    Ok(templates)
}
