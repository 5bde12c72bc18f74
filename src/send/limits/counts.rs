//! The limits that count messages, and the record by which they are counted.

use std::time::Duration;

use jiff::SignedDuration;

use crate::context::Context;
use crate::error::Failure;
use crate::message::phone;
use crate::message::plural::count;
use crate::os::clock;
use crate::send::limits::refusal;
use crate::settings::limits::{CountRule, Rule};
use crate::storage::Store;
use crate::storage::sends::{CountLimit, NewSend, Reached, recipient_hash};

/// The rules of a run that count messages.
#[derive(Debug, Clone)]
pub struct Counts {
    rules: Vec<CountRule>,
    /// How long records of sends are kept.
    keep: Duration,
}

impl Counts {
    pub fn new(context: &Context) -> Self {
        Self { rules: context.settings.limits.counts(), keep: context.settings.outbox.keep }
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The record of a send to these recipients.
    pub fn send<'n>(
        &self,
        store: &dyn Store,
        is_sms: bool,
        numbers: impl Iterator<Item = &'n str>,
    ) -> NewSend {
        let limit = |rule: &CountRule| CountLimit {
            max: rule.max,
            window: rule.window,
            per_recipient: rule.rule == Rule::PerRecipientPerDay,
        };
        let hash = |number| recipient_hash(store, &phone::with_country_code(is_sms, number));
        NewSend {
            recipients: numbers.map(hash).collect(),
            record: None,
            limits: self.rules.iter().map(limit).collect(),
            keep: self.keep,
        }
    }

    /// The failure if a limit is reached. `numbers` are the recipients of the send.
    pub fn failure(&self, reached: &Reached, numbers: &[String]) -> Box<Failure> {
        let Some(rule) = self.rules.get(reached.limit) else {
            return Failure::internal("a limit is not known");
        };
        let recipient = reached.recipients.first().and_then(|at| numbers.get(*at));
        let to = recipient.map(|number| format!(" to {}", phone::masked(number)));
        let to = to.unwrap_or_default();
        let (used, max) = (reached.used, rule.max);
        let period = if rule.rule == Rule::PerHour { "60 minutes" } else { "24 hours" };
        let what = if reached.recipients.is_empty() && reached.wait.is_none() && used < max {
            format!("the send has more messages than the maximum of {max} in {period}")
        } else {
            format!("{}{to} in the last {period}; the maximum is {max}", count(used, "message"))
        };
        let failure = refusal(rule.rule, &rule.source, &what);
        match reached.wait {
            None => failure,
            Some(wait) => {
                let at = SignedDuration::try_from(wait).ok().and_then(|wait| {
                    // A second later, the oldest message certainly no longer counts.
                    clock::now().checked_add(wait + SignedDuration::from_secs(1)).ok()
                });
                let at = at.map(|at| format!(" after {}", at.strftime("%Y-%m-%dT%H:%M:%SZ")));
                failure
                    .hint(format!("nothing was sent; it can be sent{}", at.unwrap_or_default()))
                    .retryable()
            }
        }
    }
}
