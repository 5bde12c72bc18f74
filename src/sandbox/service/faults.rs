//! Faults that hit every n-th send call, for all recipients.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sandbox::scenarios::Scenario;

/// Which send calls fail, and how. Several faults may be set; of those that hit the same call, the
/// one declared first decides.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Faults {
    /// Every n-th call is throttled before it is accepted.
    pub throttle_every: Option<u64>,
    /// Every n-th call times out and is not accepted.
    pub lose_request_every: Option<u64>,
    /// Every n-th call is accepted, and its reply times out.
    pub lose_reply_every: Option<u64>,
    /// The number of send calls since the faults were set.
    #[serde(default)]
    pub calls: u64,
}

impl Faults {
    pub const fn is_set(&self) -> bool {
        self.throttle_every.is_some()
            || self.lose_request_every.is_some()
            || self.lose_reply_every.is_some()
    }

    /// Counts a send call; returns what happens to it, or `None` if its recipients decide.
    pub fn count_call(&mut self) -> Option<Scenario> {
        self.calls += 1;
        [
            (self.throttle_every, Scenario::Throttled),
            (self.lose_request_every, Scenario::RequestLost),
            (self.lose_reply_every, Scenario::ReplyLost),
        ]
        .into_iter()
        .find(|(every, _)| every.is_some_and(|every| self.calls.is_multiple_of(every)))
        .map(|(_, scenario)| scenario)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fault_declared_first_decides() {
        let mut faults = Faults {
            throttle_every: Some(6),
            lose_request_every: Some(3),
            lose_reply_every: Some(2),
            calls: 0,
        };
        let (throttled, request, reply) =
            (Scenario::Throttled, Scenario::RequestLost, Scenario::ReplyLost);
        let expected = [None, Some(reply), Some(request), Some(reply), None, Some(throttled)];
        for expected in expected.into_iter().chain(expected) {
            assert_eq!(faults.count_call(), expected);
        }
    }
}
