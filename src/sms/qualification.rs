//! SMS qualifications: the company documents that a signature needs, with the people responsible.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::aliyun::listing::Listing;
use crate::aliyun::pages::{self, ListEnd, PageRange};
use crate::api::audit_status::status_in;
use crate::api::call::{Call, ReadCall};
use crate::api::operations::{QUERY_SINGLE_SMS_QUALIFICATION, QUERY_SMS_QUALIFICATION_RECORD};
use crate::api::reply::fields::{self, boolean, text, time};
use crate::api::reply::{self, reply_struct};
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

reply_struct! {
    /// A qualification, as `sms qualifications list` shows it.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    pub struct Qualification {
        /// The ID that `sms qualifications show` takes.
        pub id: Option<String> = text["GroupId", "QualificationGroupId"],
        /// The name that the account gave it.
        pub name: Option<String> = text["QualificationGroupName", "QualificationName"],
        /// The state of its review, in alimsg's words; `unknown` if the service gives none.
        pub status: String = status_in["StateName", "State"],
        /// What the reviewer wrote.
        pub reason: Option<String> = text["AuditRemark"],
        /// The company that it is about.
        pub company_name: Option<String> = text["CompanyName"],
        /// The company's legal representative; masked by default.
        pub legal_person_name: Option<String> = text["LegalPersonName"],
        /// Whether it is for the account's own use, and not for another company.
        pub use_by_self: Option<bool> = boolean["UseBySelf"],
        /// When it was created, in RFC 3339.
        pub created_at: Option<String> = time["CreateDate"],
        /// When it was reviewed, in RFC 3339.
        pub audited_at: Option<String> = time["AuditTime"],
        /// The ID of the work order; Alibaba Cloud's support asks for it.
        pub work_order_id: Option<String> = text["WorkOrderId"],
    }
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
        let rows = entries.iter().map(|entry| Qualification::from_object(&redaction.apply(entry)));
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
            let mut detail = Detail::from_object(data);
            detail.id.get_or_insert_with(|| id.to_string());
            Ok((detail, raw))
        }
        _ => {
            let list = "alimsg sms qualifications list --all";
            Err(reply::missing_from_reply(&format!("qualification {id}"), list, raw))
        }
    }
}

reply_struct! {
    /// Everything that the service knows about one qualification, as `sms qualifications show`
    /// shows it. Names, numbers, dates of documents and links are masked by default.
    #[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
    pub struct Detail {
        /// The ID that `sms qualifications show` takes.
        pub id: Option<String> = text["QualificationGroupId"],
        /// The name that the account gave it.
        pub name: Option<String> = text["QualificationName"],
        /// The state of its review, in alimsg's words; `unknown` if the service gives none.
        pub status: String = status_in["State", "StateName"],
        /// What the applicant or the reviewer wrote.
        pub reason: Option<String> = text["Remark"],
        /// The company that it is about.
        pub company_name: Option<String> = text["CompanyName"],
        /// The kind of company, in the service's words.
        pub company_type: Option<String> = text["CompanyType"],
        /// The line of business, in the service's words.
        pub business_type: Option<String> = text["BusinessType"],
        /// The company's registration number.
        pub organization_code: Option<String> = text["OrganizationCode"],
        /// Until when the business licence is valid, as the service writes it.
        pub valid_until: Option<String> = text["EffTimeStr"],
        /// The legal representative.
        pub legal_person_name: Option<String> = text["LegalPersonName"],
        /// The kind of the representative's identity document.
        pub legal_person_id_card_type: Option<String> = text["LegalPersonIDCardType"],
        /// The number of the representative's identity document.
        pub legal_person_id_card_no: Option<String> = text["LegalPersonIDCardNo"],
        /// Until when that document is valid.
        pub legal_person_id_card_valid_until: Option<String> = text["LegalPersonIdCardEffTime"],
        /// The person who manages the account's messages.
        pub admin_name: Option<String> = text["AdminName"],
        /// The manager's phone number.
        pub admin_phone_no: Option<String> = text["AdminPhoneNo"],
        /// The kind of the manager's identity document.
        pub admin_id_card_type: Option<String> = text["AdminIDCardType"],
        /// The number of the manager's identity document.
        pub admin_id_card_no: Option<String> = text["AdminIDCardNo"],
        /// Until when that document is valid.
        pub admin_id_card_valid_until: Option<String> = text["AdminIDCardExpDate"],
        /// A link to a picture of its front.
        pub admin_id_card_front_face: Option<String> = text["AdminIDCardFrontFace"],
        /// A link to a picture of it.
        pub admin_id_card_pic: Option<String> = text["AdminIDCardPic"],
        /// The ID of the work order; Alibaba Cloud's support asks for it.
        pub work_order_id: Option<String> = text["WorkOrderId"],
        /// Whether it is for the account's own use, and not for another company.
        pub use_by_self: Option<bool> = boolean["UseBySelf"],
        /// Whether it is shared with other accounts.
        pub shared: Option<bool> = boolean["WhetherShare"],
        /// Business licences, as the service describes them, the names of the fields in snake case.
        pub business_license_pics: Vec<Value> = files["BusinessLicensePics"],
        /// Other documents, in the same form.
        pub other_files: Vec<Value> = files["OtherFiles"],
    }
}

fn files(object: &Value, names: &[&str]) -> Vec<Value> {
    fields::list(object, names).map(fields::snake_case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::audit_status;
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
            assert_eq!(report::fields(&Qualification::from_object(&odd)).len(), 10);
        }
        let odd = json!({"State": "INT", "OtherFiles": "none", "UseBySelf": true});
        let detail = Detail::from_object(&odd);
        assert_eq!((detail.status.as_str(), detail.id), ("reviewing", None));
        assert_eq!((detail.other_files.len(), detail.use_by_self), (0, Some(true)));
        for (given, parsed) in [
            (json!("false"), Some(false)),
            (json!("TRUE"), Some(true)),
            (json!("?"), None),
            (json!([1]), None),
        ] {
            let entry = json!({ "UseBySelf": given });
            assert_eq!(Qualification::from_object(&entry).use_by_self, parsed);
        }
    }
}
