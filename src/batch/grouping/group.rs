//! Rows that share a call.

use serde::{Deserialize, Serialize};

use crate::api::operations::{
    SEND_BATCH_SMS, SEND_CHATAPP_MASS_MESSAGE, SEND_SMS, Sends, TypedOperation,
};
use crate::batch::row::Row;
use crate::storage::Tracking;
use crate::storage::batches::RowIndex;

/// The call that a group of rows uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// SendSms: one signature and equal values for all numbers.
    Same,
    /// SendBatchSms: each number has its own signature and values.
    Each,
    /// SendChatappMassMessage: each recipient has its own values.
    Chat,
}

impl Shape {
    pub fn operation(self) -> &'static TypedOperation<Sends> {
        match self {
            Self::Same => &SEND_SMS,
            Self::Each => &SEND_BATCH_SMS,
            Self::Chat => &SEND_CHATAPP_MASS_MESSAGE,
        }
    }

    /// The documented limit of the service.
    pub(super) fn max_rows(self) -> usize {
        self.operation().limits.map_or(1, |limits| limits.recipients as usize)
    }
}

/// Rows that share a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub shape: Shape,
    /// Ascending by index.
    pub rows: Vec<Row>,
}

impl Group {
    /// The tracking ID for a call of this group: the `out_id` of its rows, or a new one.
    pub fn tracking(&self) -> Tracking {
        Tracking::given_or_new(self.rows.first().and_then(|row| row.content.out_id.clone()))
    }

    /// The group without these rows, which ascend; `None` if no row is left.
    pub fn without(mut self, rows: &[RowIndex]) -> Option<Self> {
        self.rows.retain(|row| rows.binary_search(&row.index).is_err());
        (!self.rows.is_empty()).then_some(self)
    }
}
