//! What is kept of a message while its key is not accepted: enough to look for its receipt and to
//! show a person which message it is. Numbers and IDs, never a text or a variable.

use serde::{Deserialize, Serialize};

use crate::lookup::Trail;
use crate::storage::KeyRecord;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Details {
    /// Where its receipt would be; of many recipients only those that a look-up asks about.
    pub trail: Trail,
    /// How many recipients the message has.
    pub recipients: usize,
}

impl Details {
    pub fn new(trail: &Trail, recipients: usize) -> Self {
        Self { trail: trail.without_content(), recipients }
    }

    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The details of a record; none if there are none, or if they cannot be read.
    pub fn of(record: &KeyRecord) -> Option<Self> {
        serde_json::from_str(record.details.as_deref()?).ok()
    }
}
