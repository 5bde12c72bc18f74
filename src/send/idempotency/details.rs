//! What is kept of a message while its key is not accepted: enough to look for its receipt and to
//! show a person which message it is. Numbers and IDs, never a text or a variable.

use serde::{Deserialize, Serialize};

use crate::send::receipt_lookup::ReceiptQuery;
use crate::storage::KeyRecord;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Details {
    /// Where its receipt would be; of many recipients only those that a look-up asks about.
    pub receipt_query: ReceiptQuery,
    /// How many recipients the message has.
    pub recipients: usize,
}

impl Details {
    pub fn new(receipt_query: &ReceiptQuery, recipients: usize) -> Self {
        Self { receipt_query: receipt_query.without_content(), recipients }
    }

    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The details of a record; none if there are none, or if they cannot be read.
    pub fn from_record(record: &KeyRecord) -> Option<Self> {
        serde_json::from_str(record.details.as_deref()?).ok()
    }
}
