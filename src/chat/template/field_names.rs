//! The field names of components.
//!
//! Calls take `HasExpiration`, replies return `hasExpiration`; an old example in the documentation
//! and Meta's API write `text` and `phone_number`. The service silently ignores a field with
//! another name.

use serde_json::Value;

/// The fields of components, of their buttons and of the components of cards
/// ("CreateChatappTemplate" and "GetChatappTemplateDetail").
const FIELDS: &[&str] = &[
    "AddSecretRecommendation",
    "AutofillText",
    "Buttons",
    "Caption",
    "CardComponents",
    "Cards",
    "CodeExpirationMinutes",
    "CouponCode",
    "Duration",
    "FileName",
    "FileType",
    "FlowAction",
    "FlowId",
    "Format",
    "HasExpiration",
    "IsOptOut",
    "Latitude",
    "LocationAddress",
    "LocationName",
    "Longitude",
    "NavigateScreen",
    "OfferExpirationTimeMs",
    "PackageName",
    "PhoneNumber",
    "SignatureHash",
    "SupportedApps",
    "Text",
    "ThumbUrl",
    "Type",
    "Url",
    "UrlType",
];

/// Renames every known field to the name that calls take; unknown fields stay.
pub fn normalize(components: &Value) -> Value {
    match components {
        Value::Array(items) => items.iter().map(normalize).collect(),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| {
                    (field_name(name).unwrap_or(name).to_string(), normalize(value))
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Known fields with another name than calls take, each with the right one.
pub fn misnamed(components: &Value) -> Vec<(String, &'static str)> {
    match components {
        Value::Array(items) => items.iter().flat_map(misnamed).collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| {
                let right = field_name(name).filter(|right| right != name);
                let own = right.map(|right| (name.clone(), right));
                own.into_iter().chain(misnamed(value))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The field with the same letters, ignoring case and underscores.
fn field_name(name: &str) -> Option<&'static str> {
    let bare = name.replace('_', "");
    FIELDS.iter().find(|field| field.eq_ignore_ascii_case(&bare)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_recognized_by_their_letters_at_any_depth() {
        let given = json!([{"type": "BUTTONS", "Buttons": [
            {"Type": "URL", "phone_number": "1", "hasExpiration": true, "example": {"text": "x"}},
        ]}, 5, null]);
        assert_eq!(
            normalize(&given),
            json!([{"Type": "BUTTONS", "Buttons": [
                {"Type": "URL", "PhoneNumber": "1", "HasExpiration": true,
                 "example": {"Text": "x"}},
            ]}, 5, null])
        );
        let mut wrong = misnamed(&given);
        wrong.sort();
        assert_eq!(
            wrong,
            [
                ("hasExpiration".to_string(), "HasExpiration"),
                ("phone_number".to_string(), "PhoneNumber"),
                ("text".to_string(), "Text"),
                ("type".to_string(), "Type"),
            ]
        );
        assert!(misnamed(&normalize(&given)).is_empty());
    }
}
