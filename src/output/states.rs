//! Colours of states, for a reader at a terminal.

use anstyle::{AnsiColor, Style};

/// Whether a field with this name has a state.
pub fn is_state(name: &str) -> bool {
    ["status", "state"].iter().any(|word| name == *word || name.ends_with(&format!("_{word}")))
}

/// Green for a good end, red for a bad one, yellow for what needs attention or is not final.
pub fn style(state: &str) -> Style {
    let color = match state.to_lowercase().as_str() {
        "approved" | "delivered" | "read" | "sent" | "connected" | "normal" | "registered"
        | "verified" | "finished" => AnsiColor::Green,
        "rejected" | "failed" | "cancelled" | "banned" | "disconnected" | "restricted" => {
            AnsiColor::Red
        }
        "reviewing" | "suspended" | "unknown" | "unresolved" | "accepted" | "in_flight"
        | "in_progress" | "open" | "queued" | "pending_review" | "unverified" | "flagged"
        | "not_verified" => AnsiColor::Yellow,
        _ => return Style::new(),
    };
    color.on_default()
}
