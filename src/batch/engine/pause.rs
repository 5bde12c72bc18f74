//! Limits of a running batch: calls that wait, and pauses in which nothing is held.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::aliyun::client;
use crate::os::{clock, signals};
use crate::send::limits::quiet_until;
use crate::settings::limits::Rule;
use crate::storage::sends::Reached;

/// Why a batch waits, and until when.
pub(super) struct Pause {
    until: Timestamp,
    reason: String,
}

/// How often a pause looks for a signal and at the clock.
const INTERVAL: Duration = Duration::from_millis(250);

impl Engine<'_> {
    /// Plans a pause if it is quiet now.
    pub(super) fn pause_if_quiet(&self, state: &mut State<'_>) {
        if let Some((_, until)) = quiet_until(self.context, clock::now()) {
            let reason = format!("limit {}", Rule::QuietHours.name());
            state.pause = Some(Pause { until, reason });
        }
    }

    /// Plans what to do with a call that would exceed a limit: its part within the limit starts now,
    /// the others wait.
    pub(super) fn limited(&self, state: &mut State<'_>, planned: Planned, reached: &Reached) {
        let failure = self.limits.failure(reached, Some(&planned.group));
        let shape = planned.group.shape;
        let room = usize::try_from(reached.room).unwrap_or(usize::MAX);
        if !reached.recipients.is_empty() && reached.wait.is_some() {
            let (mut now, mut later) = (Vec::new(), Vec::new());
            for (at, row) in planned.group.rows.into_iter().enumerate() {
                let is_blocked = reached.recipients.contains(&at);
                if is_blocked { later.push(row) } else { now.push(row) }
            }
            if !now.is_empty() {
                state.again.push_front(Planned::new(Group { shape, rows: now }));
            }
            let blocked = Planned::new(Group { shape, rows: later });
            state.blocked.push((blocked, pause(reached, &failure)));
        } else if room > 0 && room < planned.group.rows.len() {
            let mut rows = planned.group.rows;
            let later = rows.split_off(room);
            state.again.push_front(Planned::new(Group { shape, rows: later }));
            state.again.push_front(Planned::new(Group { shape, rows }));
        } else {
            state.again.push_front(planned);
            self.wait_or_stop(state, reached, failure);
        }
    }

    /// Plans a pause until the limit permits a call, or stops if it never will.
    pub(super) fn wait_or_stop(
        &self,
        state: &mut State<'_>,
        reached: &Reached,
        failure: Box<Failure>,
    ) {
        match reached.wait {
            Some(_) => state.pause = Some(pause(reached, &failure)),
            None => state.tally.stopped = Some(failure),
        }
    }

    /// Gives back the calls that were claimed from the queue. The others stay planned.
    pub(super) fn give_back_claimed(&self, state: &mut State<'_>) {
        let waiting = state.next.take().map(|(planned, _)| planned);
        let planned: Vec<Planned> = waiting
            .into_iter()
            .chain(std::mem::take(&mut state.ready))
            .chain(std::mem::take(&mut state.again))
            .collect();
        for planned in planned {
            match planned.record {
                Some(id) => state.unrecorded.push((id, CallEnd::NotSent)),
                None => state.again.push_back(planned),
            }
        }
    }

    /// Whether the run goes on after its pause. Waits until then; ai-mode is off meanwhile.
    ///
    /// # Errors
    /// The input or the store cannot be used.
    pub(super) fn goes_on(&self, state: &mut State<'_>) -> Result<bool> {
        if state.tally.stopped.is_some() || signals::count() > 0 || !state.unrecorded.is_empty() {
            return Ok(false);
        }
        let pause = match state.pause.take() {
            Some(pause) if self.has_next(state)? || !state.blocked.is_empty() => pause,
            Some(_) => return Ok(false),
            // Everything else was sent.
            None => {
                match state.blocked.iter().map(|(_, pause)| pause).min_by_key(|one| one.until) {
                    Some(pause) => Pause { until: pause.until, reason: pause.reason.clone() },
                    None => return Ok(false),
                }
            }
        };
        self.context.screen.note(&format!(
            "paused until {}: {}; Ctrl-C stops it, and `alimsg batches resume {}` continues",
            pause.until, pause.reason, self.batch.id
        ));
        while clock::now() < pause.until {
            if client::sleep(INTERVAL).is_err() {
                return Ok(false);
            }
        }
        let now = clock::now();
        let (free, blocked) = std::mem::take(&mut state.blocked)
            .into_iter()
            .partition(|(_, pause): &(Planned, Pause)| pause.until <= now);
        state.blocked = blocked;
        state.again.extend(free.into_iter().map(|(planned, _): (Planned, Pause)| planned));
        self.context.screen.note("continuing after the pause");
        Ok(true)
    }

    /// Whether a call is left that could start.
    fn has_next(&self, state: &mut State<'_>) -> Result<bool> {
        if !state.again.is_empty() {
            return Ok(true);
        }
        if state.exhausted {
            return Ok(false);
        }
        match &mut state.source {
            Source::Input(groups) => {
                let group = groups.next_group()?;
                state.exhausted = group.is_none();
                state.again.extend(group.map(Planned::new));
            }
            Source::Queue => {
                let batch = self.retrying(|| self.store.batch(&self.batch.id))?;
                state.exhausted = batch.is_none_or(|batch| batch.counts.queued == 0);
            }
        }
        Ok(!state.exhausted)
    }
}

fn pause(reached: &Reached, failure: &Failure) -> Pause {
    let wait = reached.wait.and_then(|wait| SignedDuration::try_from(wait).ok());
    // The store may count in whole milliseconds.
    let wait = wait.unwrap_or_default() + SignedDuration::from_millis(5);
    Pause {
        until: clock::now().checked_add(wait).unwrap_or(Timestamp::MAX),
        reason: failure.message.clone(),
    }
}
