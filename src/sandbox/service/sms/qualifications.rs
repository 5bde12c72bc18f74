//! Dysmsapi: qualifications. All persons are fictitious. List and single queries use different names
//! for the same state.

use serde_json::{Value, json};

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::request::{Request, page, reply};
use crate::sandbox::service::sms::call::{invalid, parse_page};
use crate::sandbox::service::sms::receipts::local_time;

/// A qualification and its legal representative.
struct Qualification {
    id: i64,
    name: &'static str,
    company: &'static str,
    /// State in the list, and in the single query.
    state: (&'static str, &'static str),
    remark: &'static str,
    person: &'static str,
    phone: &'static str,
    card: &'static str,
    own_use: bool,
}

impl Qualification {
    const fn order(&self) -> i64 {
        self.id + 19_000_000_000
    }
}

const QUALIFICATIONS: &[Qualification] = &[
    Qualification {
        id: 1_000_009_001,
        name: "Acme main",
        company: "Acme Trading Ltd",
        state: ("PASS", "PASSED"),
        remark: "",
        person: "Alice Sample",
        phone: "13800000011",
        card: "110101190001010011",
        own_use: true,
    },
    Qualification {
        id: 1_000_009_002,
        name: "Acme partner",
        company: "Bob Sample Bakery",
        state: ("NOT_PASS", "FAILED"),
        remark: "the card of Bob Sample (call 13800000022) is not readable",
        person: "Bob Sample",
        phone: "13800000022",
        card: "11010119000101002X",
        own_use: false,
    },
    Qualification {
        id: 1_000_009_003,
        name: "Acme outlet",
        company: "Acme Outlet Ltd",
        state: ("INIT", "INT"),
        remark: "",
        person: "Carol Sample",
        phone: "13800000033",
        card: "110101190001010033",
        own_use: true,
    },
    Qualification {
        id: 1_000_009_004,
        name: "Acme draft",
        company: "Acme Draft Ltd",
        state: ("NOT_FINISH", "NOT_FINISH"),
        remark: "the letter is missing",
        person: "Dan Sample",
        phone: "13800000044",
        card: "110101190001010044",
        own_use: true,
    },
];

pub fn list(request: Request<'_>) -> Result<Value, Rejection> {
    let call = request.call;
    let (index, size) = parse_page(call, "--page-no")?;
    let state = call.text("--state");
    let states = ["INIT", "PASS", "NOT_PASS", "NOT_FINISH", "CANCEL"];
    if state.is_some_and(|state| !states.contains(&state)) {
        return invalid("the state must be INIT, PASS, NOT_PASS, NOT_FINISH or CANCEL");
    }
    let contains =
        |flag: &str, value: &str| call.text(flag).is_none_or(|part| value.contains(part));
    let date = local_time(request.state.first_use);
    let entries: Vec<Value> = QUALIFICATIONS
        .iter()
        .filter(|entry| state.is_none_or(|state| state == entry.state.0))
        .filter(|entry| contains("--company-name", entry.company))
        .filter(|entry| contains("--legal-person-name", entry.person))
        .filter(|entry| contains("--qualification-group-name", entry.name))
        .filter(|entry| call.boolean("--use-by-self").is_none_or(|own| own == entry.own_use))
        .filter(|entry| call.integer("--work-order-id").is_none_or(|id| id == entry.order()))
        .map(|entry| {
            json!({
                "GroupId": entry.id,
                "QualificationGroupName": entry.name,
                "CompanyName": entry.company,
                "LegalPersonName": entry.person,
                "StateName": entry.state.0,
                "AuditRemark": entry.remark,
                "AuditTime": date,
                "CreateDate": date,
                // A string here, a boolean in the single query.
                "UseBySelf": entry.own_use.to_string(),
                "WorkOrderId": entry.order(),
            })
        })
        .collect();
    let data = json!({
        "Total": entries.len(),
        "PageNo": index,
        "PageSize": size,
        "List": page(entries, index, size),
    });
    reply(json!({ "Success": true, "Data": data }))
}

pub fn show(request: Request<'_>) -> Result<Value, Rejection> {
    let call = request.call;
    let id = call.integer("--qualification-group-id").unwrap_or_default();
    let found = QUALIFICATIONS
        .iter()
        .filter(|entry| call.integer("--order-id").is_none_or(|order| order == entry.order()))
        .find(|entry| entry.id == id);
    let Some(entry) = found else {
        return invalid(format!("qualification {id} does not exist"));
    };
    let document =
        |what: &str| format!("https://documents.example.com/{id}/{what}.png?Signature=s");
    let data = json!({
        "QualificationGroupId": entry.id,
        "QualificationName": entry.name,
        "CompanyName": entry.company,
        "CompanyType": "COMPANY",
        "BusinessType": "enterprise",
        "OrganizationCode": format!("91110101{id}"),
        "EffTimeStr": "2020-01-01~9999-12-31",
        "LegalPersonName": entry.person,
        "LegalPersonIDCardNo": entry.card,
        "LegalPersonIDCardType": "identityCard",
        "LegalPersonIdCardEffTime": "2020-01-01~2040-01-01",
        "AdminName": entry.person,
        "AdminPhoneNo": entry.phone,
        "AdminIDCardNo": entry.card,
        "AdminIDCardType": "identityCard",
        "AdminIDCardExpDate": "2020-01-01~2040-01-01",
        "AdminIDCardFrontFace": document("front"),
        "AdminIDCardPic": document("back"),
        "BusinessLicensePics": [{
            "LicensePic": format!("{id}/license.png"), "PicUrl": document("license"),
            "Type": "businessLicense",
        }],
        "OtherFiles": [{ "LicensePic": format!("{id}/letter.png"), "PicUrl": document("letter") }],
        "Remark": entry.remark,
        "State": entry.state.1,
        "UseBySelf": entry.own_use,
        "WhetherShare": false,
        "WorkOrderId": entry.order(),
    });
    reply(json!({ "Success": true, "Data": data }))
}
