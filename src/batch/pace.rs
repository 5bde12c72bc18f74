//! How fast a batch sends: the rate of the user, and a lower one after throttling.

use std::time::{Duration, Instant};

/// After throttling, the rate grows by this share of the limit in each second.
const RECOVERY: f64 = 0.01;
/// The rate is reduced at most once in this time: calls that were already running may still be
/// throttled.
const SETTLE: Duration = Duration::from_secs(2);

/// The rate of a batch in messages per second.
#[derive(Debug)]
pub struct Pace {
    /// The rate that the user gave.
    limit: Option<f64>,
    /// The rate since the last throttling, and when it was set.
    reduced: Option<(f64, Instant)>,
    /// The messages of the largest throttled call. One call per second is the lowest rate.
    lowest: f64,
    started: Instant,
    sent: u64,
}

impl Pace {
    pub fn new(limit: Option<f64>, now: Instant) -> Self {
        Self { limit, reduced: None, lowest: 1.0, started: now, sent: 0 }
    }

    /// Counts messages that were sent.
    pub fn sent(&mut self, messages: u64) {
        self.sent += messages;
    }

    /// The service throttled a call with this number of messages: halves the rate.
    pub fn throttled(&mut self, now: Instant, messages: u64) {
        // A call has at most some thousand messages.
        #[allow(clippy::cast_precision_loss)]
        let messages = messages as f64;
        self.lowest = self.lowest.max(messages);
        if self.reduced.is_some_and(|(_, since)| now.duration_since(since) < SETTLE) {
            return;
        }
        let rate = self.rate(now).unwrap_or_else(|| self.measured(now));
        self.reduced = Some(((rate / 2.0).max(self.lowest), now));
    }

    /// The rate now; `None` for no limit.
    pub fn rate(&self, now: Instant) -> Option<f64> {
        let Some((reduced, since)) = self.reduced else { return self.limit };
        let full = self.limit.unwrap_or(reduced * 2.0);
        let seconds = now.duration_since(since).as_secs_f64();
        let rate = (reduced + full.max(10.0) * RECOVERY * seconds).max(self.lowest);
        Some(self.limit.map_or(rate, |limit| rate.min(limit)))
    }

    fn measured(&self, now: Instant) -> f64 {
        let seconds = now.duration_since(self.started).as_secs_f64().max(0.1);
        // Counts are far below 2^52.
        #[allow(clippy::cast_precision_loss)]
        let sent = self.sent as f64;
        (sent / seconds).max(self.lowest * 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn throttling_halves_the_rate_once_and_it_recovers_slowly() {
        let start = Instant::now();
        let mut pace = Pace::new(Some(100.0), start);
        assert_eq!(pace.rate(start), Some(100.0));
        pace.throttled(start, 1);
        pace.throttled(start, 1);
        assert_eq!(pace.rate(start), Some(50.0));
        assert_eq!(pace.rate(start + SECOND * 10), Some(60.0));
        pace.throttled(start + SECOND * 10, 1);
        assert_eq!(pace.rate(start + SECOND * 10), Some(30.0));
        assert_eq!(pace.rate(start + SECOND * 1_000), Some(100.0));
    }

    #[test]
    fn without_a_limit_the_measured_rate_is_halved() {
        let start = Instant::now();
        let mut pace = Pace::new(None, start);
        assert_eq!(pace.rate(start), None);
        pace.sent(1_000);
        pace.throttled(start + SECOND * 10, 1);
        assert_eq!(pace.rate(start + SECOND * 10), Some(50.0));
        assert!(pace.rate(start + SECOND * 20).is_some_and(|rate| rate > 50.0));
    }

    #[test]
    fn the_rate_never_falls_below_one_call_per_second() {
        let start = Instant::now();
        for (limit, messages, lowest) in [
            (Some(3.0), 1, 1.0),
            (Some(1_000.0), 100, 100.0),
            (None, 100, 100.0),
            // The limit of the user comes first.
            (Some(10.0), 100, 10.0),
        ] {
            let mut pace = Pace::new(limit, start);
            for second in 0..20 {
                pace.throttled(start + SECOND * 3 * second, messages);
            }
            let rate = pace.rate(start + SECOND * 57).expect("a rate");
            assert!((lowest..lowest * 1.5).contains(&rate), "{limit:?} {messages}: {rate}");
        }
    }
}
