//! The columns of lists on a terminal. Pipes and JSON have all fields.

/// Each list with its columns, the most useful one first: on a narrow terminal the last ones are
/// left out.
const PREFERRED: [(&str, &[&str]); 11] = [
    ("templates", &["code", "name", "language", "status", "category", "type", "text"]),
    ("signatures", &["name", "status", "reason", "business_type", "created_at"]),
    ("qualifications", &["id", "name", "status", "company_name", "reason", "created_at"]),
    (
        "numbers",
        &[
            "number",
            "verified_name",
            "status",
            "quality_rating",
            "messaging_limit_tier",
            "name_status",
        ],
    ),
    ("accounts", &["cust_space_id", "channel", "name", "state", "waba_name", "waba_state"]),
    ("receipts", &["phone", "status", "sent_at", "meaning", "code", "received_at", "out_id"]),
    (
        "days",
        &[
            "date",
            "start",
            "total",
            "sent",
            "delivered",
            "failed",
            "pending",
            "read",
            "delivery_rate",
            "language",
        ],
    ),
    ("keys", &["key", "state", "since_at", "channel", "to", "recipients", "tracking_id"]),
    (
        "batches",
        &[
            "id",
            "name",
            "status",
            "total",
            "accepted",
            "failed",
            "unknown",
            "remaining",
            "created_at",
            "command",
        ],
    ),
    ("messages", &["sent_at", "channel", "from", "to", "text", "template", "tracking_id"]),
    ("counts", &["channel", "to", "messages", "same_text"]),
];

/// The columns of this list; none if it shows all fields.
pub fn preferred(list: &str) -> &'static [&'static str] {
    PREFERRED.iter().find(|(name, _)| *name == list).map_or(&[], |(_, columns)| columns)
}
