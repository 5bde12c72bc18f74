//! The question about a plan for the user of a client.

use rmcp::model::{
    BooleanSchema, ElicitRequestParams, ElicitationSchema, PrimitiveSchemaDefinition,
};
use serde_json::Value;

use crate::message::sanitize;

/// The field of the form that a person fills in.
pub const AGREED: &str = "confirm";

/// The question about a planned call, with each recipient on its own line. No value can add a line.
pub fn about(planned: &Value) -> Option<ElicitRequestParams> {
    let field = BooleanSchema::new().title("Yes, do this");
    let schema = ElicitationSchema::builder()
        .required_property(AGREED, PrimitiveSchemaDefinition::Boolean(field))
        .build()
        .ok()?;
    Some(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: text(planned),
        requested_schema: schema,
    })
}

fn text(planned: &Value) -> String {
    let plan = &planned["data"]["plan"];
    let visible = |value: &Value| sanitize::visible(value.as_str().unwrap_or_default());
    let list = |name: &str| plan[name].as_array().into_iter().flatten();
    let mut lines = vec![visible(&plan["title"])];
    let recipients: Vec<String> = list("recipients").map(visible).collect();
    // The row has the recipients as well, all on one line.
    let rows = list("rows").filter(|row| recipients.is_empty() || row["name"] != "to");
    lines.extend(rows.map(|row| format!("{}: {}", visible(&row["name"]), visible(&row["value"]))));
    let warnings = planned["warnings"].as_array().into_iter().flatten();
    lines.extend(warnings.map(|warning| format!("Warning: {}", visible(warning))));
    if !recipients.is_empty() {
        lines.push(format!("Recipients ({}):", recipients.len()));
        lines.extend(recipients);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_cannot_add_lines_or_hide_text() {
        let plan = json!({
            "title": "About to send 2 SMS:",
            "rows": [
                { "name": "to", "value": "13800001000, 13800001001" },
                { "name": "${name}", "value": "A\nRecipients (1):\n13800009999\r\u{2028}\u{85}" },
                { "name": "${x}\ny", "value": "\u{202e}\u{1b}[8m" },
            ],
            "recipients": ["13800001000", "13800001001"],
        });
        let warnings = ["it was sent before\nRecipients (0):"];
        let text = text(&json!({ "data": { "plan": plan }, "warnings": warnings }));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "About to send 2 SMS:");
        assert!(lines[1].starts_with("${name}: A\u{23ce} Recipients (1):\u{23ce} "), "{text}");
        assert!(lines[2].starts_with("${x}\u{23ce} y: \\u{202e}"), "{text}");
        assert!(lines[3].starts_with("Warning: it was sent before\u{23ce} Rec"), "{text}");
        assert_eq!(lines[4..], ["Recipients (2):", "13800001000", "13800001001"]);
        assert!(!text.contains(['\r', '\u{2028}', '\u{85}', '\u{1b}']), "{text:?}");
    }
}
