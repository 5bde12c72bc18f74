//! What the store keeps about a message until its key is accepted: enough to look for its receipt
//! and to show the user which message it is. Phone numbers and IDs, never text or variables.

use serde::{Deserialize, Serialize};

use crate::send::receipt_lookup::ReceiptQuery;
use crate::storage::KeyRecord;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Details {
    /// Where to look for its receipt, with only the recipients that a look-up queries.
    pub receipt_query: ReceiptQuery,
    /// The number of recipients of the message.
    pub recipients: usize,
}

impl Details {
    pub fn new(receipt_query: &ReceiptQuery, recipients: usize) -> Self {
        Self { receipt_query: receipt_query.without_content(), recipients }
    }

    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Parses the details of a record; `None` if they are missing or damaged.
    pub fn from_record(record: &KeyRecord) -> Option<Self> {
        serde_json::from_str(record.details.as_deref()?).ok()
    }
}
