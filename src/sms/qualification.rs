//! SMS qualifications: the papers with which a company and the people behind it answer for their
//! signatures.

use serde_json::{Map, Value, json};

use crate::aliyun::client::Client;
use crate::aliyun::listing::Listing;
use crate::aliyun::pages::{self, PageRange, Termination};
use crate::api::audit_status;
use crate::api::call::{Call, ReadCall};
use crate::api::operations::{QUERY_SINGLE_SMS_QUALIFICATION, QUERY_SMS_QUALIFICATION_RECORD};
use crate::api::reply::{self, fields};
use crate::error::{Failure, Result};
use crate::sms::redaction;

/// Which qualifications are listed.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub company_name: Option<String>,
    pub legal_person_name: Option<String>,
    pub name: Option<String>,
    /// alimsg's word.
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

/// The word of the list's filter for one of ours.
fn state(status: &str) -> &'static str {
    match status {
        "approved" => "PASS",
        "rejected" => "NOT_PASS",
        "cancelled" => "CANCEL",
        "suspended" => "NOT_FINISH",
        _ => "INIT",
    }
}

/// Whether what is personal may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    Masked,
    Full,
}

impl Sight {
    fn of(self, value: &Value) -> Value {
        match self {
            Self::Masked => redaction::masked(value),
            Self::Full => value.clone(),
        }
    }

    /// The service may repeat in its refusal what it was asked for.
    fn of_failure(self, mut failure: Box<Failure>) -> Box<Failure> {
        if self == Self::Masked {
            failure.message = redaction::masked_text(&failure.message);
            failure.raw = failure.raw.as_ref().map(redaction::masked);
        }
        failure
    }
}

/// Reads pages of the list into a listing; items and replies are masked alike.
///
/// # Errors
/// Whatever keeps the service from answering.
pub fn list(
    service: &Client<'_>,
    filter: &Filter,
    extent: PageRange,
    sight: Sight,
    listing: &mut Listing<'_>,
) -> Result<Termination> {
    let call = |index, size| filter.call(index, size);
    let (lists, totals) = (["Data.List", "List"], ["Data.Total", "Total"]);
    pages::each(service, extent, call, &lists, &totals, |entries, raw| {
        let items = entries.iter().map(|entry| item(&sight.of(entry))).collect();
        listing.take(items, &sight.of(&raw))
    })
    .map_err(|failure| sight.of_failure(failure))
}

fn item(entry: &Value) -> Map<String, Value> {
    let text = |names: &[&str]| json!(fields::text(entry, names));
    let mut item = Map::new();
    item.insert("id".into(), text(&["GroupId", "QualificationGroupId"]));
    item.insert("name".into(), text(&["QualificationGroupName", "QualificationName"]));
    item.insert("status".into(), json!(audit_status::status_in(entry, &["StateName", "State"])));
    item.insert("reason".into(), text(&["AuditRemark"]));
    item.insert("company_name".into(), text(&["CompanyName"]));
    item.insert("legal_person_name".into(), text(&["LegalPersonName"]));
    item.insert("use_by_self".into(), truth(entry, "UseBySelf"));
    item.insert("created_at".into(), time(entry, "CreateDate"));
    item.insert("audited_at".into(), time(entry, "AuditTime"));
    item.insert("work_order_id".into(), text(&["WorkOrderId"]));
    item
}

/// A truth value, which the service writes as a text in some places; `null` for any other word.
fn truth(entry: &Value, name: &str) -> Value {
    let word = fields::text(entry, &[name]).unwrap_or_default();
    json!(word.to_lowercase().parse::<bool>().ok())
}

fn time(entry: &Value, name: &str) -> Value {
    json!(fields::time(entry, &[name]))
}

/// The call for one qualification.
pub fn detail_call(id: u64, work_order_id: Option<u64>) -> ReadCall {
    Call::to(&QUERY_SINGLE_SMS_QUALIFICATION)
        .optional_integer("--qualification-group-id", Some(id))
        .optional_integer("--order-id", work_order_id)
}

/// One qualification: its fields in snake case, and the reply.
///
/// # Errors
/// The service does not know it, or does not answer.
pub fn detail(
    service: &Client<'_>,
    id: u64,
    work_order_id: Option<u64>,
    sight: Sight,
) -> Result<(Map<String, Value>, Value)> {
    let reply = service
        .read(&detail_call(id, work_order_id))
        .map_err(|failure| sight.of_failure(failure))?;
    let raw = sight.of(&Value::Object(reply.0));
    match raw.get("Data") {
        Some(data @ Value::Object(fields)) if !fields.is_empty() => Ok((facts(data, id), raw)),
        _ => {
            let list = "alimsg sms qualifications list --all";
            Err(reply::missing_from_reply(&format!("qualification {id}"), list, raw))
        }
    }
}

/// The fields with a text, by our name and the service's.
const TEXTS: &[(&str, &str)] = &[
    ("reason", "Remark"),
    ("company_name", "CompanyName"),
    ("company_type", "CompanyType"),
    ("business_type", "BusinessType"),
    ("organization_code", "OrganizationCode"),
    ("valid_until", "EffTimeStr"),
    ("legal_person_name", "LegalPersonName"),
    ("legal_person_id_card_type", "LegalPersonIDCardType"),
    ("legal_person_id_card_no", "LegalPersonIDCardNo"),
    ("legal_person_id_card_valid_until", "LegalPersonIdCardEffTime"),
    ("admin_name", "AdminName"),
    ("admin_phone_no", "AdminPhoneNo"),
    ("admin_id_card_type", "AdminIDCardType"),
    ("admin_id_card_no", "AdminIDCardNo"),
    ("admin_id_card_valid_until", "AdminIDCardExpDate"),
    ("admin_id_card_front_face", "AdminIDCardFrontFace"),
    ("admin_id_card_pic", "AdminIDCardPic"),
    ("work_order_id", "WorkOrderId"),
];

fn facts(data: &Value, id: u64) -> Map<String, Value> {
    let text = |name: &str| fields::text(data, &[name]);
    let mut facts = Map::new();
    let own_id = text("QualificationGroupId").unwrap_or_else(|| id.to_string());
    facts.insert("id".into(), json!(own_id));
    facts.insert("name".into(), json!(text("QualificationName")));
    facts.insert("status".into(), json!(audit_status::status_in(data, &["State", "StateName"])));
    for (ours, theirs) in TEXTS {
        facts.insert((*ours).into(), json!(text(theirs)));
    }
    facts.insert("use_by_self".into(), truth(data, "UseBySelf"));
    facts.insert("shared".into(), truth(data, "WhetherShare"));
    for (ours, theirs) in
        [("business_license_pics", "BusinessLicensePics"), ("other_files", "OtherFiles")]
    {
        let files = data.get(theirs).and_then(Value::as_array);
        let files = files.into_iter().flatten().map(fields::snake_case);
        facts.insert(ours.into(), files.collect());
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_ours_has_one_for_the_filter() {
        for ours in audit_status::statuses() {
            assert_eq!(audit_status::status(state(ours)), ours);
        }
    }

    #[test]
    fn odd_entries_are_read_without_a_panic() {
        for odd in [json!({}), json!({"GroupId": [1], "StateName": 5}), json!("x"), json!(null)] {
            assert_eq!(item(&odd).len(), 10);
        }
        let facts = facts(&json!({"State": "INT", "OtherFiles": "none", "UseBySelf": true}), 7);
        assert_eq!((&facts["status"], &facts["id"]), (&json!("reviewing"), &json!("7")));
        assert_eq!((&facts["other_files"], &facts["use_by_self"]), (&json!([]), &json!(true)));
        for (given, read) in [
            (json!("false"), json!(false)),
            (json!("TRUE"), json!(true)),
            (json!("?"), Value::Null),
            (json!([1]), Value::Null),
        ] {
            assert_eq!(item(&json!({ "UseBySelf": given }))["use_by_self"], read);
        }
    }
}
