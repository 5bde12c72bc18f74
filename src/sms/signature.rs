//! SMS signatures: the name in brackets in front of a text, approved by the service and registered
//! with each carrier.

use serde_json::{Value, json};

use crate::aliyun::client::Client;
use crate::aliyun::listing::{Item, Listing};
use crate::aliyun::pages::{self, PageRange, Termination};
use crate::api::audit_status;
use crate::api::call::{Call, ReadCall};
use crate::api::operations::{GET_SMS_SIGN, QUERY_SMS_SIGN_LIST};
use crate::api::reply::{self, Reply, fields};
use crate::error::Result;

/// The command that lists what can be sent with.
pub const LIST_APPROVED: &str = "alimsg sms signs list --audit-status approved";

/// A signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub name: String,
    /// alimsg's word; `unknown` where the service names none.
    pub status: String,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// The order that the service's support asks for.
    pub order_id: Option<String>,
    /// What it may be used for, in the service's words; only lists name it.
    pub business_type: Option<String>,
}

impl Signature {
    pub fn is_approved(&self) -> bool {
        self.status == "approved"
    }

    fn of_entry(entry: &Value) -> Self {
        let text = |names: &[&str]| fields::text(entry, names);
        Self {
            name: text(&["SignName", "Name"]).unwrap_or_default(),
            status: audit_status::status_in(entry, &["AuditStatus", "SignStatus"]),
            reason: rejection(entry),
            created_at: fields::time(entry, &["CreateDate"]),
            order_id: text(&["OrderId"]),
            business_type: text(&["BusinessType"]),
        }
    }
}

/// A signature with everything that the service tells of one.
#[derive(Debug, Clone)]
pub struct Detail {
    pub signature: Signature,
    /// The service's object, for what has no field here.
    pub object: Value,
    /// RFC 3339.
    pub audited_at: Option<String>,
    pub carriers: Vec<Registration>,
    /// The service's reply.
    pub raw: Value,
}

/// How far a carrier has come with a signature. Texts of a signature that the recipient's carrier
/// has not registered are often not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// `mobile`, `unicom` or `telecom`.
    pub carrier: String,
    /// `not registered`, `in progress`, `registered, unproven`, `registered`, `failed`, `lapsed`.
    pub status: String,
    /// RFC 3339: when the carrier answered.
    pub answered_at: Option<String>,
    pub reasons: Vec<String>,
}

impl Registration {
    fn of(entry: &Value) -> Self {
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

    pub fn to_json(&self) -> Value {
        json!({
            "carrier": self.carrier,
            "status": self.status,
            "answered_at": self.answered_at,
            "reasons": self.reasons,
        })
    }
}

/// The service's documented numbers; one that is new stays a number.
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

/// Why something was rejected, wherever the calls put it: `AuditInfo` in look-ups, `Reason` in
/// lists.
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

/// Reads pages of the account's signatures into a listing; `item` makes a row, or none.
///
/// # Errors
/// Whatever keeps the service from answering.
pub fn list(
    service: &Client<'_>,
    extent: PageRange,
    listing: &mut Listing<'_>,
    item: impl Fn(&Signature) -> Option<Item>,
) -> Result<Termination> {
    let item = |entry: &Value| item(&Signature::of_entry(entry));
    listing.read(service, extent, list_call, (&LISTS, &TOTALS), item)
}

/// The names of all signatures that can be sent with.
///
/// # Errors
/// As [`list`].
pub fn approved_names(service: &Client<'_>) -> Result<Vec<String>> {
    let extent = PageRange::All { size: pages::MAX_BYTES };
    let pages = pages::read(service, extent, list_call, &LISTS, &TOTALS)?;
    let signatures = pages.entries.iter().map(Signature::of_entry);
    let approved = signatures.filter(Signature::is_approved);
    Ok(approved.map(|signature| signature.name).filter(|name| !name.is_empty()).collect())
}

/// The call for one signature.
pub fn detail_call(name: &str) -> ReadCall {
    Call::to(&GET_SMS_SIGN).text("--sign-name", name)
}

/// One signature, as the service describes it.
///
/// # Errors
/// The service does not know it, or does not answer.
pub fn detail(service: &Client<'_>, name: &str) -> Result<Detail> {
    Detail::of(service.read(&detail_call(name))?, name)
}

/// One signature.
///
/// # Errors
/// As [`detail`].
pub fn get(service: &Client<'_>, name: &str) -> Result<Signature> {
    detail(service, name).map(|detail| detail.signature)
}

impl Detail {
    fn of(reply: Reply, name: &str) -> Result<Self> {
        let raw = Value::Object(reply.0);
        let object = match raw.get("Data") {
            Some(data) if data.is_object() => data.clone(),
            _ => raw.clone(),
        };
        let text = |names: &[&str]| fields::text(&object, names);
        if text(&["SignName", "SignStatus", "AuditStatus"]).is_none() {
            let list = "alimsg sms signs list --all";
            return Err(reply::missing_from_reply(&format!("signature {name}"), list, raw));
        }
        let mut signature = Signature::of_entry(&object);
        if signature.name.is_empty() {
            name.clone_into(&mut signature.name);
        }
        let audit = object.get("AuditInfo").unwrap_or(&Value::Null);
        let carriers = object.get("SignIspRegisterDetailList").and_then(Value::as_array);
        let carriers = carriers.into_iter().flatten().filter(|entry| entry.is_object());
        Ok(Self {
            signature,
            audited_at: fields::time(audit, &["AuditDate"]),
            carriers: carriers.map(Registration::of).collect(),
            object,
            raw,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn reply(value: &Value) -> Reply {
        Reply(value.as_object().expect("object").clone())
    }

    #[test]
    fn entries_are_read_in_both_shapes_and_in_none() {
        let listed = Signature::of_entry(&json!({
            "SignName": "Acme", "AuditStatus": "AUDIT_STATE_NOT_PASS", "OrderId": 7,
            "CreateDate": "2026-03-26 10:00:00",
            "Reason": {"RejectInfo": "not readable", "RejectSubInfo": "page 2"},
        }));
        assert_eq!((listed.status.as_str(), listed.order_id.as_deref()), ("rejected", Some("7")));
        assert_eq!(listed.reason.as_deref(), Some("not readable; page 2"));
        assert_eq!(listed.created_at.as_deref(), Some("2026-03-26T10:00:00+08:00"));
        let seeds = Signature::of_entry(&json!({"Name": "Acme", "SignStatus": "1", "Reason": "x"}));
        assert_eq!((seeds.name.as_str(), seeds.status.as_str()), ("Acme", "approved"));
        for odd in [json!({}), json!({"SignName": [1], "Reason": 3, "AuditStatus": {}}), json!(5)] {
            let signature = Signature::of_entry(&odd);
            assert_eq!((signature.status.as_str(), signature.reason), ("unknown", None));
        }
    }

    #[test]
    fn what_each_carrier_says_is_in_words() {
        let detail = Detail::of(
            reply(&json!({"Code": "OK", "SignName": "Acme", "SignStatus": 1,
            "SignIspRegisterDetailList": [
                {"OperatorCode": "mobile", "RegisterStatus": 3,
                 "OperatorCompleteTime": "2026-03-26 10:00:00"},
                {"OperatorCode": "unicom", "RegisterStatus": "0", "RegisterStatusReasons":
                    [{"ReasonCode": "1", "ReasonDescList": ["a", "b"]}, {"ReasonCode": "2"}]},
                {"RegisterStatus": 9, "RegisterStatusReasons": "none"},
                "odd",
            ]})),
            "Acme",
        )
        .expect("detail");
        let said: Vec<_> = detail.carriers.iter().map(|one| one.status.as_str()).collect();
        assert_eq!(said, ["registered", "failed", "9"]);
        assert_eq!(detail.carriers[1].reasons, ["a; b", "2"]);
        assert_eq!(detail.carriers[2].carrier, "unknown");
    }

    #[test]
    fn a_reply_without_a_signature_is_a_failure() {
        for odd in [json!({"Code": "OK"}), json!({"Data": {}}), json!({"Data": [1]})] {
            let failure = Detail::of(reply(&odd), "Acme").expect_err("nothing");
            assert_eq!(failure.kind, Kind::Rejected);
        }
        let nested = json!({"Data": {"SignStatus": "10"}});
        let detail = Detail::of(reply(&nested), "Acme").expect("nested");
        assert_eq!((detail.signature.name.as_str(), detail.carriers.len()), ("Acme", 0));
        assert_eq!(detail.signature.status, "cancelled");
    }
}
