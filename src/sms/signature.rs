//! SMS signatures: the name in brackets in front of a text, approved by the service and registered
//! with each carrier.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::aliyun::listing::Listing;
use crate::aliyun::pages::{self, ListEnd, PageRange};
use crate::api::audit_status::{UNKNOWN, status_in};
use crate::api::call::{Call, ReadCall};
use crate::api::operations::{GET_SMS_SIGN, QUERY_SMS_SIGN_LIST};
use crate::api::reply::fields::{self, text, time};
use crate::api::reply::{self, reply_struct};
use crate::error::Result;
use crate::output::report;

/// The command that lists the signatures that a message can be sent with.
pub const LIST_APPROVED: &str = "alimsg sms signs list --audit-status approved";

reply_struct! {
    /// A signature, as `sms signs list` shows it.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    pub struct Signature {
        /// The text in brackets.
        pub name: String = text_or_empty["SignName", "Name"],
        /// The state of its review, in alimsg's words; `unknown` if the service gives none.
        pub status: String = status_in["AuditStatus", "SignStatus"],
        /// Why it was rejected.
        pub reason: Option<String> = rejection["AuditInfo", "Reason"],
        /// What it may be used for, in the service's words.
        pub business_type: Option<String> = text["BusinessType"],
        /// When it was created, in RFC 3339.
        pub created_at: Option<String> = time["CreateDate"],
        /// The ID of the work order; Alibaba Cloud's support asks for it.
        pub order_id: Option<String> = text["OrderId"],
    }
}

impl Signature {
    pub fn is_approved(&self) -> bool {
        self.status == "approved"
    }
}

reply_struct! {
    /// Everything that the service knows about one signature, as `sms signs show` shows it.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    pub struct Detail {
        /// The text in brackets.
        pub name: String = text_or_empty["SignName", "Name"],
        /// The state of its review, in alimsg's words; `unknown` if the service gives none.
        pub status: String = status_in["AuditStatus", "SignStatus"],
        /// Why it was rejected.
        pub reason: Option<String> = rejection["AuditInfo", "Reason"],
        /// The service's ID of the signature.
        pub code: Option<String> = text["SignCode"],
        /// When it was created, in RFC 3339.
        pub created_at: Option<String> = time["CreateDate"],
        /// When it was reviewed, in RFC 3339.
        pub audited_at: Option<String> = audit_time["AuditInfo"],
        /// The ID of the work order; Alibaba Cloud's support asks for it.
        pub order_id: Option<String> = text["OrderId"],
        /// The qualification that it was requested with.
        pub qualification_id: Option<String> = text["QualificationId"],
        /// The message or scenario that it was requested for, as the applicant described it.
        pub apply_scene: Option<String> = text["ApplyScene"],
        /// What kind of name it is, in the service's words.
        pub usage: Option<String> = text["SignUsage"],
        /// What the applicant wrote to the reviewer.
        pub remark: Option<String> = text["Remark"],
        /// Whether the name belongs to another company.
        pub third_party: Option<bool> = json_boolean["ThirdParty"],
        /// Whether the letter in which that company agrees was accepted.
        pub authorization_letter_passed: Option<bool> = json_boolean["AuthorizationLetterAuditPass"],
        /// The registration with each carrier.
        pub carriers: Vec<Registration> = registrations["SignIspRegisterDetailList"],
    }
}

reply_struct! {
    /// The registration of a signature with one carrier. Messages whose signature the recipient's
    /// carrier has not registered are often not delivered.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    pub struct Registration {
        /// `mobile`, `unicom` or `telecom`; `unknown` if the service gives none.
        pub carrier: String = text_or_unknown["OperatorCode"],
        /// `not registered`, `in progress`, `registered, unproven`, `registered`, `failed`, `lapsed`.
        pub status: String = registration_status["RegisterStatus"],
        /// When the carrier answered, in RFC 3339.
        pub answered_at: Option<String> = time["OperatorCompleteTime"],
        /// Why the registration failed, in the carrier's words.
        pub reasons: Vec<String> = registration_reasons["RegisterStatusReasons"],
    }
}

/// A text, empty if it is missing.
pub fn text_or_empty(object: &Value, names: &[&str]) -> String {
    text(object, names).unwrap_or_default()
}

fn text_or_unknown(object: &Value, names: &[&str]) -> String {
    text(object, names).unwrap_or_else(|| UNKNOWN.into())
}

fn json_boolean(object: &Value, names: &[&str]) -> Option<bool> {
    names.iter().find_map(|name| object.get(name)?.as_bool())
}

/// When the review ended, from the object that describes it.
pub fn audit_time(object: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| time(object.get(name)?, &["AuditDate"]))
}

fn registrations(object: &Value, names: &[&str]) -> Vec<Registration> {
    let entries = fields::list(object, names).filter(|entry| entry.is_object());
    entries.map(Registration::from_object).collect()
}

/// The word for one of the service's documented numbers; an unknown number stays a number.
fn registration_status(object: &Value, names: &[&str]) -> String {
    let number = text_or_unknown(object, names);
    let word = match number.as_str() {
        "-2" => "not registered",
        "-1" => "in progress",
        "0" => "failed",
        "1" => "registered, unproven",
        "2" => "lapsed",
        "3" => "registered",
        other => other,
    };
    word.to_string()
}

fn registration_reasons(object: &Value, names: &[&str]) -> Vec<String> {
    let reason = |entry: &Value| {
        let texts = fields::list(entry, &["ReasonDescList"]).filter_map(Value::as_str);
        let texts: Vec<&str> = texts.collect();
        if texts.is_empty() { text(entry, &["ReasonCode"]) } else { Some(texts.join("; ")) }
    };
    fields::list(object, names).filter_map(reason).collect()
}

/// Why a signature or a template was rejected: `AuditInfo` in the reply about one of them, `Reason`
/// in lists.
pub fn rejection(object: &Value, names: &[&str]) -> Option<String> {
    let info = names.iter().find_map(|name| object.get(name))?;
    if let Value::String(text) = info {
        return (!text.is_empty()).then(|| text.clone());
    }
    let parts = ["RejectInfo", "RejectSubInfo"].iter().filter_map(|name| text(info, &[name]));
    Some(parts.collect::<Vec<_>>().join("; ")).filter(|reason| !reason.is_empty())
}

/// The call for one page of the list.
pub fn list_call(index: u64, size: u64) -> ReadCall {
    Call::to(&QUERY_SMS_SIGN_LIST)
        .optional_integer("--page-index", Some(index))
        .optional_integer("--page-size", Some(size))
}

/// Where the replies have the list and its length.
const LISTS: [&str; 3] = ["SmsSignList", "Data.SmsSignList", "Data.List"];
const TOTALS: [&str; 2] = ["TotalCount", "Data.Total"];

/// Fetches pages of the account's signatures, in the service's order, and puts those that `wanted`
/// accepts into a listing.
///
/// # Errors
/// The failure of the first page that cannot be fetched.
pub fn fetch(
    client: &Client<'_>,
    range: PageRange,
    listing: &mut Listing<'_>,
    wanted: impl Fn(&Signature) -> bool,
) -> Result<ListEnd> {
    listing.read(client, range, list_call, (&LISTS, &TOTALS), |entry| {
        let signature = Signature::from_object(entry);
        wanted(&signature).then(|| report::fields(&signature))
    })
}

/// Fetches the names of all approved signatures.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_approved_names(client: &Client<'_>) -> Result<Vec<String>> {
    let range = PageRange::All { size: pages::MAX_PAGE_SIZE };
    let pages = pages::read(client, range, list_call, &LISTS, &TOTALS)?;
    let signatures = pages.entries.iter().map(Signature::from_object);
    let approved = signatures.filter(Signature::is_approved);
    Ok(approved.map(|signature| signature.name).filter(|name| !name.is_empty()).collect())
}

/// The call for one signature.
pub fn detail_call(name: &str) -> ReadCall {
    Call::to(&GET_SMS_SIGN).text("--sign-name", name)
}

/// Fetches one signature, and the reply as it came.
///
/// # Errors
/// A failed call; a reply without a signature.
pub fn fetch_detail(client: &Client<'_>, name: &str) -> Result<(Detail, Value)> {
    let raw = Value::Object(client.read(&detail_call(name))?.0);
    match find_detail(&raw, name) {
        Some(detail) => Ok((detail, raw)),
        None => {
            let list = "alimsg sms signs list --all";
            Err(reply::missing_from_reply(&format!("signature {name}"), list, raw))
        }
    }
}

fn find_detail(reply: &Value, name: &str) -> Option<Detail> {
    let object = reply.get("Data").filter(|data| data.is_object()).unwrap_or(reply);
    text(object, &["SignName", "SignStatus", "AuditStatus"])?;
    let mut detail = Detail::from_object(object);
    if detail.name.is_empty() {
        detail.name = name.to_string();
    }
    Some(detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn entries_of_both_shapes_are_parsed_and_odd_ones_are_unknown() {
        let listed = Signature::from_object(&json!({
            "SignName": "Acme", "AuditStatus": "AUDIT_STATE_NOT_PASS", "OrderId": 7,
            "CreateDate": "2026-03-26 10:00:00",
            "Reason": {"RejectInfo": "not readable", "RejectSubInfo": "page 2"},
        }));
        assert_eq!((listed.status.as_str(), listed.order_id.as_deref()), ("rejected", Some("7")));
        assert_eq!(listed.reason.as_deref(), Some("not readable; page 2"));
        assert_eq!(listed.created_at.as_deref(), Some("2026-03-26T10:00:00+08:00"));
        let entry = json!({"Name": "Acme", "SignStatus": "1", "Reason": "x"});
        let other_shape = Signature::from_object(&entry);
        assert_eq!((other_shape.name.as_str(), other_shape.status.as_str()), ("Acme", "approved"));
        for odd in [json!({}), json!({"SignName": [1], "Reason": 3, "AuditStatus": {}}), json!(5)] {
            let signature = Signature::from_object(&odd);
            assert_eq!((signature.status.as_str(), signature.reason), ("unknown", None));
        }
    }

    #[test]
    fn the_registration_with_each_carrier_is_shown_in_words() {
        let reply = json!({"Code": "OK", "SignName": "Acme", "SignStatus": 1,
        "SignIspRegisterDetailList": [
            {"OperatorCode": "mobile", "RegisterStatus": 3,
             "OperatorCompleteTime": "2026-03-26 10:00:00"},
            {"OperatorCode": "unicom", "RegisterStatus": "0", "RegisterStatusReasons":
                [{"ReasonCode": "1", "ReasonDescList": ["a", "b"]}, {"ReasonCode": "2"}]},
            {"RegisterStatus": 9, "RegisterStatusReasons": "none"},
            "odd",
        ]});
        let detail = find_detail(&reply, "Acme").expect("a signature");
        let statuses: Vec<_> = detail.carriers.iter().map(|one| one.status.as_str()).collect();
        assert_eq!(statuses, ["registered", "failed", "9"]);
        assert_eq!(detail.carriers[1].reasons, ["a; b", "2"]);
        assert_eq!(detail.carriers[2].carrier, "unknown");
        assert_eq!(
            json!(detail.carriers[0]),
            json!({"carrier": "mobile", "status": "registered",
                   "answered_at": "2026-03-26T10:00:00+08:00", "reasons": []})
        );
    }

    #[test]
    fn a_reply_without_a_signature_gives_none() {
        for odd in [json!({"Code": "OK"}), json!({"Data": {}}), json!({"Data": [1]})] {
            assert_eq!(find_detail(&odd, "Acme"), None);
        }
        let nested = json!({"Data": {"SignStatus": "10"}});
        let detail = find_detail(&nested, "Acme").expect("a signature in Data");
        assert_eq!((detail.name.as_str(), detail.carriers.len()), ("Acme", 0));
        assert_eq!(detail.status, "cancelled");
        let fields: Vec<String> =
            crate::output::report::fields(&detail).into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            fields,
            [
                "name",
                "status",
                "reason",
                "code",
                "created_at",
                "audited_at",
                "order_id",
                "qualification_id",
                "apply_scene",
                "usage",
                "remark",
                "third_party",
                "authorization_letter_passed",
                "carriers",
            ]
        );
    }
}
