//! SMS signatures: the name in brackets in front of a text, approved by the service and registered
//! with each carrier.

use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::aliyun::listing::Listing;
use crate::aliyun::pages::{self, ListEnd, PageRange};
use crate::api::audit_status;
use crate::api::call::{Call, ReadCall};
use crate::api::operations::{GET_SMS_SIGN, QUERY_SMS_SIGN_LIST};
use crate::api::reply::{self, fields};
use crate::error::Result;
use crate::output::report;

/// The command that lists the signatures that a message can be sent with.
pub const LIST_APPROVED: &str = "alimsg sms signs list --audit-status approved";

/// A signature, as `sms signs list` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// The text in brackets.
    pub name: String,
    /// The state of its review, in alimsg's words; `unknown` if the service gives none.
    pub status: String,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// What it may be used for, in the service's words.
    pub business_type: Option<String>,
    /// When it was created, in RFC 3339.
    pub created_at: Option<String>,
    /// The ID of the work order; Alibaba Cloud's support asks for it.
    pub order_id: Option<String>,
}

impl Signature {
    pub fn is_approved(&self) -> bool {
        self.status == "approved"
    }

    fn from_entry(entry: &Value) -> Self {
        let text = |names: &[&str]| fields::text(entry, names);
        Self {
            name: text(&["SignName", "Name"]).unwrap_or_default(),
            status: audit_status::status_in(entry, &["AuditStatus", "SignStatus"]),
            reason: rejection(entry),
            business_type: text(&["BusinessType"]),
            created_at: fields::time(entry, &["CreateDate"]),
            order_id: text(&["OrderId"]),
        }
    }
}

/// Everything that the service knows about one signature, as `sms signs show` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// The text in brackets.
    pub name: String,
    /// The state of its review, in alimsg's words; `unknown` if the service gives none.
    pub status: String,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// The service's ID of the signature.
    pub code: Option<String>,
    /// When it was created, in RFC 3339.
    pub created_at: Option<String>,
    /// When it was reviewed, in RFC 3339.
    pub audited_at: Option<String>,
    /// The ID of the work order; Alibaba Cloud's support asks for it.
    pub order_id: Option<String>,
    /// The qualification that it was requested with.
    pub qualification_id: Option<String>,
    /// The message or scenario that it was requested for, as the applicant described it.
    pub apply_scene: Option<String>,
    /// What kind of name it is, in the service's words.
    pub usage: Option<String>,
    /// What the applicant wrote to the reviewer.
    pub remark: Option<String>,
    /// Whether the name belongs to another company.
    pub third_party: Option<bool>,
    /// Whether the letter in which that company agrees was accepted.
    pub authorization_letter_passed: Option<bool>,
    /// The registration with each carrier.
    pub carriers: Vec<Registration>,
}

/// The registration of a signature with one carrier. Messages whose signature the recipient's
/// carrier has not registered are often not delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Registration {
    /// `mobile`, `unicom` or `telecom`; `unknown` if the service gives none.
    pub carrier: String,
    /// `not registered`, `in progress`, `registered, unproven`, `registered`, `failed`, `lapsed`.
    pub status: String,
    /// When the carrier answered, in RFC 3339.
    pub answered_at: Option<String>,
    /// Why the registration failed, in the carrier's words.
    pub reasons: Vec<String>,
}

impl Registration {
    fn from_entry(entry: &Value) -> Self {
        let text = |names: &[&str]| fields::text(entry, names);
        let reasons = entry.get("RegisterStatusReasons").and_then(Value::as_array);
        Self {
            carrier: text(&["OperatorCode"]).unwrap_or_else(|| audit_status::UNKNOWN.into()),
            status: text(&["RegisterStatus"])
                .map_or_else(|| audit_status::UNKNOWN.into(), |number| registration(&number)),
            answered_at: fields::time(entry, &["OperatorCompleteTime"]),
            reasons: reasons.into_iter().flatten().filter_map(registration_reason).collect(),
        }
    }
}

/// The word for one of the service's documented numbers; an unknown number stays a number.
fn registration(number: &str) -> String {
    let word = match number {
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

fn registration_reason(entry: &Value) -> Option<String> {
    let listed = entry.get("ReasonDescList").and_then(Value::as_array);
    let described: Vec<&str> = listed.into_iter().flatten().filter_map(Value::as_str).collect();
    if described.is_empty() {
        return fields::text(entry, &["ReasonCode"]);
    }
    Some(described.join("; "))
}

/// Why a signature or a template was rejected: `AuditInfo` in the reply about one of them, `Reason`
/// in lists.
pub fn rejection(object: &Value) -> Option<String> {
    let info = object.get("AuditInfo").or_else(|| object.get("Reason"))?;
    if let Value::String(text) = info {
        return (!text.is_empty()).then(|| text.clone());
    }
    let parts: Vec<String> = ["RejectInfo", "RejectSubInfo"]
        .iter()
        .filter_map(|name| fields::text(info, &[name]))
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
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
        let signature = Signature::from_entry(entry);
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
    let signatures = pages.entries.iter().map(Signature::from_entry);
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
    match Detail::from_reply(&raw, name) {
        Some(detail) => Ok((detail, raw)),
        None => {
            let list = "alimsg sms signs list --all";
            Err(reply::missing_from_reply(&format!("signature {name}"), list, raw))
        }
    }
}

impl Detail {
    fn from_reply(reply: &Value, name: &str) -> Option<Self> {
        let object = reply.get("Data").filter(|data| data.is_object()).unwrap_or(reply);
        let text = |name: &str| fields::text(object, &[name]);
        fields::text(object, &["SignName", "SignStatus", "AuditStatus"])?;
        let signature = Signature::from_entry(object);
        let audited_at =
            object.get("AuditInfo").and_then(|audit| fields::time(audit, &["AuditDate"]));
        let carriers = object.get("SignIspRegisterDetailList").and_then(Value::as_array);
        let carriers = carriers.into_iter().flatten().filter(|entry| entry.is_object());
        Some(Self {
            name: if signature.name.is_empty() { name.to_string() } else { signature.name },
            status: signature.status,
            reason: signature.reason,
            code: text("SignCode"),
            created_at: signature.created_at,
            audited_at,
            order_id: signature.order_id,
            qualification_id: text("QualificationId"),
            apply_scene: text("ApplyScene"),
            usage: text("SignUsage"),
            remark: text("Remark"),
            third_party: object.get("ThirdParty").and_then(Value::as_bool),
            authorization_letter_passed: object
                .get("AuthorizationLetterAuditPass")
                .and_then(Value::as_bool),
            carriers: carriers.map(Registration::from_entry).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn entries_of_both_shapes_are_parsed_and_odd_ones_are_unknown() {
        let listed = Signature::from_entry(&json!({
            "SignName": "Acme", "AuditStatus": "AUDIT_STATE_NOT_PASS", "OrderId": 7,
            "CreateDate": "2026-03-26 10:00:00",
            "Reason": {"RejectInfo": "not readable", "RejectSubInfo": "page 2"},
        }));
        assert_eq!((listed.status.as_str(), listed.order_id.as_deref()), ("rejected", Some("7")));
        assert_eq!(listed.reason.as_deref(), Some("not readable; page 2"));
        assert_eq!(listed.created_at.as_deref(), Some("2026-03-26T10:00:00+08:00"));
        let entry = json!({"Name": "Acme", "SignStatus": "1", "Reason": "x"});
        let other_shape = Signature::from_entry(&entry);
        assert_eq!((other_shape.name.as_str(), other_shape.status.as_str()), ("Acme", "approved"));
        for odd in [json!({}), json!({"SignName": [1], "Reason": 3, "AuditStatus": {}}), json!(5)] {
            let signature = Signature::from_entry(&odd);
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
        let detail = Detail::from_reply(&reply, "Acme").expect("a signature");
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
            assert_eq!(Detail::from_reply(&odd, "Acme"), None);
        }
        let nested = json!({"Data": {"SignStatus": "10"}});
        let detail = Detail::from_reply(&nested, "Acme").expect("a signature in Data");
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
