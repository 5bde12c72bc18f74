//! The list of WhatsApp and Viber templates.

use serde_json::Value;

use crate::aliyun::client::Client;
use crate::aliyun::pages::{self, PageRange};
use crate::api::audit_status::{status, statuses};
use crate::api::call::{Call, ReadCall};
use crate::api::operations::LIST_CHATAPP_TEMPLATE;
use crate::api::reply::fields;
use crate::chat::template::template_type;
use crate::error::{Failure, Result};
use crate::message::channel::Channel;
use crate::message::template::TemplateRow;

/// The most templates that a page holds.
pub const MAX_PAGE_SIZE: u64 = 100;

/// Paths of the list in the replies.
pub const LISTS: &[&str] = &["ListTemplate", "Data.List", "Data.ListTemplate"];

/// Paths of the length of the whole list.
pub const TOTALS: &[&str] = &["Total", "Data.Total", "TotalCount"];

/// Which templates are listed.
#[derive(Debug, Clone)]
pub struct ListQuery {
    /// WhatsApp or Viber.
    pub channel: Channel,
    pub status: StatusFilter,
    pub code: Option<String>,
    pub language: Option<String>,
    /// A part of the name.
    pub name: Option<String>,
    pub category: Option<String>,
    pub cust_space_id: Option<String>,
}

/// How templates of a state are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusFilter {
    /// By the service, with its own word; or not at all.
    Service(Option<&'static str>),
    /// The service has no word for our state, or two: all pages are read and filtered here.
    Local(&'static str),
}

impl StatusFilter {
    /// Takes our words and those of the service's documentation.
    ///
    /// # Errors
    /// An unknown word.
    pub fn parse(word: Option<&str>) -> Result<Self> {
        let Some(word) = word else { return Ok(Self::Service(None)) };
        let lower = word.to_lowercase();
        let service_word = match lower.as_str() {
            "approved" => "pass",
            "rejected" => "fail",
            other => other,
        };
        const SERVICE: [&str; 4] = ["pass", "fail", "auditing", "unaudit"];
        if let Some(known) = SERVICE.into_iter().find(|known| *known == service_word) {
            return Ok(Self::Service(Some(known)));
        }
        statuses().into_iter().find(|known| *known == lower).map(Self::Local).ok_or_else(|| {
            Failure::usage(format!("unknown value {word:?} for --audit-status")).hint(format!(
                "expected {}, or the service's {}",
                statuses().join(", "),
                SERVICE.join(", ")
            ))
        })
    }
}

impl ListQuery {
    /// Whether the templates are filtered here, so that all pages have to be read.
    pub const fn filters_locally(&self) -> bool {
        matches!(self.status, StatusFilter::Local(_))
    }

    pub fn call(&self, index: u64, size: u64) -> ReadCall {
        let status = match self.status {
            StatusFilter::Service(word) => word,
            StatusFilter::Local(_) => None,
        };
        Call::to(&LIST_CHATAPP_TEMPLATE)
            .text("--template-type", template_type(self.channel))
            .optional_text("--audit-status", status)
            .optional_text("--biz-language", self.language.as_deref())
            .optional_text("--name", self.name.as_deref())
            .optional_text("--code", self.code.as_deref())
            .optional_text("--category", self.category.as_deref())
            .optional_text("--cust-space-id", self.cust_space_id.as_deref())
            .fields("--page", &[("Index", index), ("Size", size)])
    }

    /// The row of an entry; `None` if the entry is filtered out.
    pub fn row(&self, entry: &Value) -> Option<TemplateRow> {
        let row = row(entry, self.channel);
        match self.status {
            StatusFilter::Local(status) if row.status.as_deref() != Some(status) => None,
            StatusFilter::Local(_) | StatusFilter::Service(_) => Some(row),
        }
    }
}

/// All templates that can be sent, only those of a code or a language if one is given.
///
/// # Errors
/// The service does not answer.
pub fn approved(
    client: &Client<'_>,
    channel: Channel,
    code: Option<&str>,
    language: Option<&str>,
    cust_space_id: Option<&str>,
) -> Result<Vec<TemplateRow>> {
    let query = ListQuery {
        channel,
        status: StatusFilter::Service(Some("pass")),
        code: code.map(str::to_string),
        language: language.map(str::to_string),
        name: None,
        category: None,
        cust_space_id: cust_space_id.map(str::to_string),
    };
    let range = PageRange::All { size: MAX_PAGE_SIZE };
    let call = |index, size| query.call(index, size);
    let pages = pages::read(client, range, call, LISTS, TOTALS)?;
    // Filtered again, in case the service ignores a filter: others cannot be sent.
    let approved = pages.entries.iter().filter_map(|entry| query.row(entry)).filter(|row| {
        row.status.as_deref() == Some("approved")
            && (language.is_none() || row.language.as_deref() == language)
            && row.code.as_deref().is_some_and(|own| code.is_none_or(|code| own == code))
    });
    Ok(approved.collect())
}

fn row(entry: &Value, channel: Channel) -> TemplateRow {
    let text = |names: &[&str]| fields::text(entry, names);
    let kind = text(&["TemplateType"]).unwrap_or_else(|| template_type(channel).to_string());
    TemplateRow {
        code: text(&["TemplateCode", "Code"]),
        name: text(&["TemplateName", "Name"]),
        language: text(&["Language", "LanguageCode"]),
        status: text(&["AuditStatus"]).map(|word| status(&word)),
        category: text(&["Category"]),
        kind: Some(kind.to_lowercase()),
        sms: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_words_and_the_service_words_for_a_status_are_accepted() {
        let parse = |word| StatusFilter::parse(word).expect("a status");
        assert_eq!(parse(None), StatusFilter::Service(None));
        for (given, expected) in
            [("approved", "pass"), ("PASS", "pass"), ("rejected", "fail"), ("auditing", "auditing")]
        {
            assert_eq!(parse(Some(given)), StatusFilter::Service(Some(expected)));
        }
        for local in ["reviewing", "cancelled", "suspended"] {
            assert_eq!(parse(Some(local)), StatusFilter::Local(local));
        }
        StatusFilter::parse(Some("done")).expect_err("unknown");
    }
}
