//! Hides personal data in replies about qualifications: names, phone numbers, identity documents
//! and links to their pictures.
//!
//! Known fields are hidden by name. All other text is searched for phone numbers, numbers of
//! documents, addresses, and the people that the known fields name. In doubt it hides too much.

use serde_json::Value;

use crate::error::Failure;

const HIDDEN: &str = "***";

/// Whether personal data is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redaction {
    Masked,
    /// The user agreed to see everything.
    Off,
}

impl Redaction {
    pub fn apply(self, value: &Value) -> Value {
        match self {
            Self::Masked => masked(value),
            Self::Off => value.clone(),
        }
    }

    /// Hides it in a failure too: the service may repeat the parameters of the call.
    pub fn apply_to_failure(self, mut failure: Box<Failure>) -> Box<Failure> {
        if self == Self::Masked {
            failure.message = search(&failure.message, &[]);
            failure.raw = failure.raw.as_ref().map(masked);
        }
        failure
    }
}

/// How the value of a field is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// A person's name: the first letter is kept, to tell two people apart.
    Name,
    /// The number of a phone or a document: the last two characters are kept.
    Number,
    /// Nothing is kept.
    All,
    /// A number or a word of the service: kept as it is.
    Nothing,
    /// Searched for personal data.
    Text,
}

/// The fields of both calls. Any other field is judged by its name and its value.
const RULES: &[(&str, Rule)] = &[
    ("AdminName", Rule::Name),
    ("LegalPersonName", Rule::Name),
    ("AdminPhoneNo", Rule::Number),
    ("AdminIDCardNo", Rule::Number),
    ("LegalPersonIDCardNo", Rule::Number),
    ("OrganizationCode", Rule::Number),
    ("AdminIDCardExpDate", Rule::All),
    ("LegalPersonIdCardEffTime", Rule::All),
    ("AdminIDCardFrontFace", Rule::All),
    ("AdminIDCardPic", Rule::All),
    ("LicensePic", Rule::All),
    ("PicUrl", Rule::All),
    ("AdminIDCardType", Rule::Text),
    ("LegalPersonIDCardType", Rule::Text),
    ("CompanyName", Rule::Text),
    ("QualificationName", Rule::Text),
    ("QualificationGroupName", Rule::Text),
    ("AuditRemark", Rule::Text),
    ("Remark", Rule::Text),
    ("StateName", Rule::Nothing),
    ("State", Rule::Nothing),
    ("AuditTime", Rule::Nothing),
    ("CreateDate", Rule::Nothing),
    ("EffTimeStr", Rule::Nothing),
    ("GroupId", Rule::Nothing),
    ("QualificationGroupId", Rule::Nothing),
    ("WorkOrderId", Rule::Nothing),
    ("RequestId", Rule::Nothing),
    ("Code", Rule::Nothing),
    ("Total", Rule::Nothing),
    ("PageNo", Rule::Nothing),
    ("PageSize", Rule::Nothing),
];

/// Parts of the names of fields with personal data, in lower case.
const NAME_PARTS: &[(&str, Rule)] = &[
    ("idcard", Rule::All),
    ("certificate", Rule::All),
    ("pic", Rule::All),
    ("url", Rule::All),
    ("file", Rule::All),
    ("address", Rule::All),
    ("mail", Rule::All),
    ("phone", Rule::Number),
    ("mobile", Rule::Number),
    ("name", Rule::Name),
];

/// The fewest digits that a phone number or the number of a document has.
const MIN_DIGITS: usize = 7;

/// The value without personal data, at any depth.
fn masked(value: &Value) -> Value {
    let mut people = Vec::new();
    collect_people(value, Rule::Text, &mut people);
    // The longest first: one name may start with another.
    people.sort_by_key(|name: &String| std::cmp::Reverse(name.len()));
    mask(value, Rule::Text, &people)
}

/// The rule for an element of a list: that of the field, except in a list within a list.
fn element_rule(element: &Value, field_rule: Rule) -> Rule {
    if element.is_array() { Rule::Text } else { field_rule }
}

/// Collects the values of the known fields: a remark or the name of a company may repeat them.
fn collect_people(value: &Value, own_rule: Rule, people: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| collect_people(value, rule(name), people));
        }
        Value::Array(items) => {
            items
                .iter()
                .for_each(|item| collect_people(item, element_rule(item, own_rule), people));
        }
        // A single letter would match everywhere.
        Value::String(text)
            if matches!(own_rule, Rule::Name | Rule::Number)
                && text.trim().chars().count() > 1
                && !people.contains(text) =>
        {
            people.push(text.clone());
        }
        _ => {}
    }
}

fn rule(name: &str) -> Rule {
    if let Some((_, rule)) = RULES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return *rule;
    }
    let lower = name.to_lowercase();
    NAME_PARTS.iter().find(|(part, _)| lower.contains(part)).map_or(Rule::Text, |(_, rule)| *rule)
}

/// The value without personal data; `own_rule` is the rule of its field.
fn mask(value: &Value, own_rule: Rule, people: &[String]) -> Value {
    let text = match value {
        Value::Object(fields) => {
            let fields = fields.iter();
            return fields
                .map(|(name, value)| (name.clone(), mask(value, rule(name), people)))
                .collect();
        }
        Value::Array(items) => {
            let items = items.iter();
            return items.map(|item| mask(item, element_rule(item, own_rule), people)).collect();
        }
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::Number(number) => number.to_string(),
        other => return other.clone(),
    };
    let shown = match own_rule {
        Rule::Nothing => return value.clone(),
        Rule::All => HIDDEN.to_string(),
        Rule::Name => first_letter(&text),
        Rule::Number => last_two(&text),
        Rule::Text => search(&text, people),
    };
    // A number stays a number if nothing in it is hidden.
    if shown == text { value.clone() } else { Value::String(shown) }
}

fn first_letter(text: &str) -> String {
    let mut letters = text.trim().chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(_)) => format!("{first}{HIDDEN}"),
        _ => HIDDEN.to_string(),
    }
}

fn last_two(text: &str) -> String {
    let letters: Vec<char> = text.trim().chars().collect();
    if letters.len() < MIN_DIGITS {
        return HIDDEN.to_string();
    }
    format!("{HIDDEN}{}", letters[letters.len() - 2..].iter().collect::<String>())
}

/// Hides people, addresses and numbers in a text, and nothing else.
fn search(text: &str, people: &[String]) -> String {
    let mut text = text.to_string();
    for name in people {
        text = text.replace(name.as_str(), HIDDEN);
    }
    let words: Vec<String> = text.split(' ').map(hide_address).collect();
    hide_numbers(&words.join(" "))
}

/// Hides a word that is a link or an e-mail address.
fn hide_address(word: &str) -> String {
    let is_boundary = |c: char| !c.is_ascii() || matches!(c, '"' | '\'' | '(' | '<' | ',' | ';');
    if let Some(at) = word.find("://").or_else(|| word.find("//")).or_else(|| word.find("www.")) {
        let before = word[..at].rfind(is_boundary);
        let start = before.map_or(0, |at| at + word[at..].chars().next().map_or(1, char::len_utf8));
        return format!("{}{HIDDEN}", &word[..start]);
    }
    if word.contains('@') { HIDDEN.to_string() } else { word.to_string() }
}

/// Hides long runs of digits, also with blanks, dashes and the like between them.
fn hide_numbers(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut shown = String::new();
    let mut at = 0;
    while at < letters.len() {
        if !letters[at].is_numeric() {
            shown.push(letters[at]);
            at += 1;
            continue;
        }
        let (mut end, mut digits, mut gap) = (at, 0, 0);
        for (index, letter) in letters.iter().enumerate().skip(at) {
            if letter.is_numeric() {
                (end, digits, gap) = (index + 1, digits + 1, 0);
            } else if !letter.is_alphanumeric() && gap < 2 {
                gap += 1;
            } else {
                break;
            }
        }
        // The last character of an identity card can be an X.
        if digits >= MIN_DIGITS && matches!(letters.get(end), Some('x' | 'X')) {
            end += 1;
        }
        if digits >= MIN_DIGITS {
            shown.push_str(HIDDEN);
        } else {
            shown.extend(&letters[at..end]);
        }
        at = end;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn every_personal_field_of_the_replies_is_hidden() {
        for name in [
            "AdminIDCardExpDate",
            "AdminIDCardFrontFace",
            "AdminIDCardNo",
            "AdminIDCardPic",
            "AdminName",
            "AdminPhoneNo",
            "LegalPersonIDCardNo",
            "LegalPersonIdCardEffTime",
            "LegalPersonName",
            "OrganizationCode",
            "LicensePic",
            "PicUrl",
        ] {
            let secret = "Zbigniew 11010519491231002X";
            let reply = json!({"Data": {name: secret, "OtherFiles": [{name: secret}]}});
            let shown = masked(&reply).to_string();
            assert!(shown.contains(HIDDEN), "{name}: {shown}");
            for part in ["Zbigniew", "1101", "1949", "1002"] {
                assert!(!shown.contains(part), "{name}: {shown}");
            }
        }
    }

    #[test]
    fn fields_that_distinguish_two_entries_are_kept() {
        let entry = json!({"GroupId": 1_000_009_001, "WorkOrderId": 20_044_000_001_u64,
            "StateName": "PASS", "CompanyName": "Acme Ltd", "UseBySelf": "true",
            "AuditTime": "2026-03-26 10:00:00", "AdminName": "", "Total": 3, "Success": true});
        assert_eq!(masked(&entry), entry);
        let shown = masked(&json!({"LegalPersonName": "张三丰", "AdminPhoneNo": "13800001234"}));
        assert_eq!(shown, json!({"LegalPersonName": "张***", "AdminPhoneNo": "***34"}));
        assert_eq!(masked(&json!({"AdminName": "李"}))["AdminName"], HIDDEN);
    }

    #[test]
    fn people_are_hidden_in_other_fields_too() {
        let shown = masked(&json!({"Data": {"List": [
            {"LegalPersonName": "张三", "CompanyName": "张三百货店", "AuditRemark": "请张三补充"},
        ]}}));
        assert!(!shown.to_string().contains("张三"), "{shown}");
        assert!(shown.to_string().contains("百货店"), "{shown}");
    }

    #[test]
    fn personal_data_is_hidden_in_unknown_fields() {
        for (value, secret) in [
            (json!("call 138 0000 1234 now"), "1234"),
            (json!("+86-138-0000-1234"), "1234"),
            (json!("138·0000·1234"), "1234"),
            (json!("(0571) 8888-6666"), "8888"),
            (json!("11010519491231002X"), "1002X"),
            (json!("passport E12345678"), "12345678"),
            (json!("see https://example.com/id.png?x=1 now"), "example"),
            (json!("见https://example.com/id.png"), "example"),
            (json!("oss://bucket/key"), "bucket"),
            (json!("//cdn.example.com/a"), "example"),
            (json!("www.example.com/a"), "example"),
            (json!("write to a@example.com"), "example"),
            (json!("１３８００００１２３４"), "１２"),
            (json!(13_800_001_234_u64), "1234"),
            (json!([13_800_001_234_u64, "13800001234"]), "1234"),
            (json!({"Deep": [["13800001234"]]}), "1234"),
        ] {
            let shown = masked(&json!({ "Extra": value })).to_string();
            assert!(!shown.contains(secret) && shown.contains(HIDDEN), "{value}: {shown}");
        }
        for (name, value) in [
            ("OwnerName", "Alice"),
            ("ContactAddress", "1 Main Street"),
            ("LicenseFileKey", "acme/licence"),
            ("ContactMobile", "110"),
            ("CertificateNo", "AB-1"),
        ] {
            let shown = masked(&json!({ name: value })).to_string();
            assert!(!shown.contains(value), "{name}: {shown}");
        }
        let plain = json!({"Extra": "step 2 of 3, page 17", "Kind": 5, "Flag": null});
        assert_eq!(masked(&plain), plain);
        assert_eq!(search("no number 13800001234", &[]), "no number ***");
    }

    proptest! {
        #[test]
        fn no_text_panics_and_every_long_number_is_hidden(text in ".{0,60}", number in "[0-9]{11}") {
            let shown = search(&format!("{text}{number}{text}"), &[]);
            prop_assert!(!shown.contains(&number));
        }
    }
}
