//! How the service spells the fields of components.
//!
//! Calls take `HasExpiration` where replies give `hasExpiration`; an older example of the
//! documentation and WhatsApp's own API write `text` and `phone_number`. A field in another
//! spelling is lost without a word, on both sides.

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

/// The components with every field as the service spells it in a call; unknown fields stay.
pub fn normalize(components: &Value) -> Value {
    match components {
        Value::Array(items) => items.iter().map(normalize).collect(),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| (spelling(name).unwrap_or(name).to_string(), normalize(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// The fields in another spelling than the service's, each with the right one.
pub fn misnamed(components: &Value) -> Vec<(String, &'static str)> {
    match components {
        Value::Array(items) => items.iter().flat_map(misnamed).collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| {
                let right = spelling(name).filter(|right| right != name);
                let own = right.map(|right| (name.clone(), right));
                own.into_iter().chain(misnamed(value))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The field that has the same letters, whatever their case and the underscores between them.
fn spelling(name: &str) -> Option<&'static str> {
    let bare = name.replace('_', "");
    FIELDS.iter().find(|field| field.eq_ignore_ascii_case(&bare)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_known_by_their_letters_at_any_depth() {
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
