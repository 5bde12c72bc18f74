//! SMS qualifications: the company documents that a signature needs, with the people responsible.

use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::aliyun::listing::Listing;
use crate::aliyun::pages::{self, ListEnd, PageRange};
use crate::api::audit_status;
use crate::api::call::{Call, ReadCall};
use crate::api::operations::{QUERY_SINGLE_SMS_QUALIFICATION, QUERY_SMS_QUALIFICATION_RECORD};
use crate::api::reply::{self, fields};
use crate::error::Result;
use crate::output::report;
use crate::sms::redaction::Redaction;

/// The qualifications that a list is limited to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub company_name: Option<String>,
    pub legal_person_name: Option<String>,
    pub name: Option<String>,
    /// The review status, in alimsg's words.
    pub status: Option<&'static str>,
    pub use_by_self: Option<bool>,
    pub work_order_id: Option<u64>,
}

impl Filter {
    /// The call for one page.
    pub fn call(&self, index: u64, size: u64) -> ReadCall {
        Call::to(&QUERY_SMS_QUALIFICATION_RECORD)
            .optional_text("--company-name", self.company_name.as_deref())
            .optional_text("--legal-person-name", self.legal_person_name.as_deref())
            .optional_text("--qualification-group-name", self.name.as_deref())
            .optional_text("--state", self.status.map(state))
            .optional_boolean("--use-by-self", self.use_by_self)
            .optional_integer("--work-order-id", self.work_order_id)
            .optional_integer("--page-no", Some(index))
            .optional_integer("--page-size", Some(size))
    }
}

/// The word that the service's filter takes for one of alimsg's.
fn state(status: &str) -> &'static str {
    match status {
        "approved" => "PASS",
        "rejected" => "NOT_PASS",
        "cancelled" => "CANCEL",
        "suspended" => "NOT_FINISH",
        _ => "INIT",
    }
}

/// A qualification, as `sms qualifications list` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Qualification {
    /// The ID that `sms qualifications show` takes.
    pub id: Option<String>,
    /// The name that the account gave it.
    pub name: Option<String>,
    /// The state of its review, in alimsg's words; `unknown` if the service gives none.
    pub status: String,
    /// What the reviewer wrote.
    pub reason: Option<String>,
    /// The company that it is about.
    pub company_name: Option<String>,
    /// The company's legal representative; masked by default.
    pub legal_person_name: Option<String>,
    /// Whether it is for the account's own use, and not for another company.
    pub use_by_self: Option<bool>,
    /// When it was created, in RFC 3339.
    pub created_at: Option<String>,
    /// When it was reviewed, in RFC 3339.
    pub audited_at: Option<String>,
    /// The ID of the work order; Alibaba Cloud's support asks for it.
    pub work_order_id: Option<String>,
}

impl Qualification {
    fn from_entry(entry: &Value) -> Self {
        let text = |names: &[&str]| fields::text(entry, names);
        Self {
            id: text(&["GroupId", "QualificationGroupId"]),
            name: text(&["QualificationGroupName", "QualificationName"]),
            status: audit_status::status_in(entry, &["StateName", "State"]),
            reason: text(&["AuditRemark"]),
            company_name: text(&["CompanyName"]),
            legal_person_name: text(&["LegalPersonName"]),
            use_by_self: boolean(entry, "UseBySelf"),
            created_at: fields::time(entry, &["CreateDate"]),
            audited_at: fields::time(entry, &["AuditTime"]),
            work_order_id: text(&["WorkOrderId"]),
        }
    }
}

/// A boolean, which the service writes as text in some places; nothing for any other word.
fn boolean(entry: &Value, name: &str) -> Option<bool> {
    fields::text(entry, &[name])?.to_lowercase().parse().ok()
}

/// Fetches pages of the list into a listing. Rows and replies are redacted alike.
///
/// # Errors
/// The failure of the first page that cannot be fetched, redacted too.
pub fn fetch(
    client: &Client<'_>,
    filter: &Filter,
    range: PageRange,
    redaction: Redaction,
    listing: &mut Listing<'_>,
) -> Result<ListEnd> {
    let call = |index, size| filter.call(index, size);
    let (lists, totals) = (["Data.List", "List"], ["Data.Total", "Total"]);
    pages::each(client, range, call, &lists, &totals, |entries, raw| {
        let rows = entries.iter().map(|entry| Qualification::from_entry(&redaction.apply(entry)));
        listing.take(rows.map(|row| report::fields(&row)).collect(), &redaction.apply(&raw))
    })
    .map_err(|failure| redaction.apply_to_failure(failure))
}

/// The call for one qualification.
pub fn detail_call(id: u64, work_order_id: Option<u64>) -> ReadCall {
    Call::to(&QUERY_SINGLE_SMS_QUALIFICATION)
        .optional_integer("--qualification-group-id", Some(id))
        .optional_integer("--order-id", work_order_id)
}

/// Fetches one qualification, and the reply; both are redacted.
///
/// # Errors
/// A failed call; a reply without a qualification.
pub fn fetch_detail(
    client: &Client<'_>,
    id: u64,
    work_order_id: Option<u64>,
    redaction: Redaction,
) -> Result<(Detail, Value)> {
    let reply = client
        .read(&detail_call(id, work_order_id))
        .map_err(|failure| redaction.apply_to_failure(failure))?;
    let raw = redaction.apply(&Value::Object(reply.0));
    match raw.get("Data") {
        Some(data @ Value::Object(fields)) if !fields.is_empty() => {
            Ok((Detail::from_data(data, id), raw))
        }
        _ => {
            let list = "alimsg sms qualifications list --all";
            Err(reply::missing_from_reply(&format!("qualification {id}"), list, raw))
        }
    }
}

/// Everything that the service knows about one qualification, as `sms qualifications show` shows
/// it. Names, numbers, dates of documents and links are masked by default.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detail {
    /// The ID that `sms qualifications show` takes.
    pub id: String,
    /// The name that the account gave it.
    pub name: Option<String>,
    /// The state of its review, in alimsg's words; `unknown` if the service gives none.
    pub status: String,
    /// What the applicant or the reviewer wrote.
    pub reason: Option<String>,
    /// The company that it is about.
    pub company_name: Option<String>,
    /// The kind of company, in the service's words.
    pub company_type: Option<String>,
    /// The line of business, in the service's words.
    pub business_type: Option<String>,
    /// The company's registration number.
    pub organization_code: Option<String>,
    /// Until when the business licence is valid, as the service writes it.
    pub valid_until: Option<String>,
    /// The legal representative.
    pub legal_person_name: Option<String>,
    /// The kind of the representative's identity document.
    pub legal_person_id_card_type: Option<String>,
    /// The number of the representative's identity document.
    pub legal_person_id_card_no: Option<String>,
    /// Until when that document is valid.
    pub legal_person_id_card_valid_until: Option<String>,
    /// The person who manages the account's messages.
    pub admin_name: Option<String>,
    /// The manager's phone number.
    pub admin_phone_no: Option<String>,
    /// The kind of the manager's identity document.
    pub admin_id_card_type: Option<String>,
    /// The number of the manager's identity document.
    pub admin_id_card_no: Option<String>,
    /// Until when that document is valid.
    pub admin_id_card_valid_until: Option<String>,
    /// A link to a picture of its front.
    pub admin_id_card_front_face: Option<String>,
    /// A link to a picture of it.
    pub admin_id_card_pic: Option<String>,
    /// The ID of the work order; Alibaba Cloud's support asks for it.
    pub work_order_id: Option<String>,
    /// Whether it is for the account's own use, and not for another company.
    pub use_by_self: Option<bool>,
    /// Whether it is shared with other accounts.
    pub shared: Option<bool>,
    /// Business licences, as the service describes them, the names of the fields in snake case.
    pub business_license_pics: Vec<Value>,
    /// Other documents, in the same form.
    pub other_files: Vec<Value>,
}

impl Detail {
    fn from_data(data: &Value, id: u64) -> Self {
        let text = |name: &str| fields::text(data, &[name]);
        let files = |name: &str| {
            let files = data.get(name).and_then(Value::as_array);
            files.into_iter().flatten().map(fields::snake_case).collect()
        };
        Self {
            id: text("QualificationGroupId").unwrap_or_else(|| id.to_string()),
            name: text("QualificationName"),
            status: audit_status::status_in(data, &["State", "StateName"]),
            reason: text("Remark"),
            company_name: text("CompanyName"),
            company_type: text("CompanyType"),
            business_type: text("BusinessType"),
            organization_code: text("OrganizationCode"),
            valid_until: text("EffTimeStr"),
            legal_person_name: text("LegalPersonName"),
            legal_person_id_card_type: text("LegalPersonIDCardType"),
            legal_person_id_card_no: text("LegalPersonIDCardNo"),
            legal_person_id_card_valid_until: text("LegalPersonIdCardEffTime"),
            admin_name: text("AdminName"),
            admin_phone_no: text("AdminPhoneNo"),
            admin_id_card_type: text("AdminIDCardType"),
            admin_id_card_no: text("AdminIDCardNo"),
            admin_id_card_valid_until: text("AdminIDCardExpDate"),
            admin_id_card_front_face: text("AdminIDCardFrontFace"),
            admin_id_card_pic: text("AdminIDCardPic"),
            work_order_id: text("WorkOrderId"),
            use_by_self: boolean(data, "UseBySelf"),
            shared: boolean(data, "WhetherShare"),
            business_license_pics: files("BusinessLicensePics"),
            other_files: files("OtherFiles"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::report;
    use serde_json::json;

    #[test]
    fn every_status_has_a_word_for_the_filter() {
        for ours in audit_status::statuses() {
            assert_eq!(audit_status::status(state(ours)), ours);
        }
    }

    #[test]
    fn odd_entries_are_parsed_without_a_panic() {
        for odd in [json!({}), json!({"GroupId": [1], "StateName": 5}), json!("x"), json!(null)] {
            assert_eq!(report::fields(&Qualification::from_entry(&odd)).len(), 10);
        }
        let odd = json!({"State": "INT", "OtherFiles": "none", "UseBySelf": true});
        let detail = Detail::from_data(&odd, 7);
        assert_eq!((detail.status.as_str(), detail.id.as_str()), ("reviewing", "7"));
        assert_eq!((detail.other_files.len(), detail.use_by_self), (0, Some(true)));
        for (given, parsed) in [
            (json!("false"), Some(false)),
            (json!("TRUE"), Some(true)),
            (json!("?"), None),
            (json!([1]), None),
        ] {
            let entry = json!({ "UseBySelf": given });
            assert_eq!(Qualification::from_entry(&entry).use_by_self, parsed);
        }
    }
}
