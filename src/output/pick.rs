//! Lists on a terminal to pick from.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use dialoguer::FuzzySelect;
use dialoguer::console::{Term, truncate_str};
use dialoguer::theme::SimpleTheme;

use crate::error::{Failure, Kind, Result};
use crate::message::sanitize;
use crate::os::{signals, system};
use crate::output::Screen;

/// How many rows of a list are shown at once.
const ROWS: usize = 12;

/// How long after a signal the wait for keys is interrupted again.
const PAUSE: Duration = Duration::from_millis(20);

impl Screen {
    /// Lets the person pick one of the rows, which can be searched by typing, and returns its
    /// number. None is picked in advance.
    ///
    /// # Errors
    /// There is nothing to pick, or nothing was picked.
    pub fn pick(&self, question: &str, rows: &[String]) -> Result<usize> {
        if rows.is_empty() {
            return Err(Failure::usage(format!("{question}: there is none to pick")));
        }
        // A signal that came while the list was read would otherwise wait for a key.
        stop_if_interrupted(None)?;
        let term = Term::stderr();
        // A row that is broken into two lines would not be cleared completely.
        let width = usize::from(term.size().1).saturating_sub(3).max(20);
        let shown = rows.iter().enumerate().map(|(number, row)| {
            // The number in front keeps two rows apart that begin alike.
            truncate_str(&format!("{}. {}", number + 1, sanitize::line(row)), width, "…")
                .into_owned()
        });
        let interrupting = interrupting()
            .map_err(|error| Failure::internal(format!("a thread cannot be started: {error}")))?;
        let answer = FuzzySelect::with_theme(&SimpleTheme)
            .with_prompt(format!("{question} (type to search, arrows to move)"))
            .items(shown)
            .max_length(ROWS)
            .interact_on_opt(&term);
        drop(interrupting);
        if !matches!(answer, Ok(Some(_))) {
            // It was hidden for the list, and an early end leaves it so.
            let _ = term.show_cursor();
        }
        stop_if_interrupted(answer.as_ref().err())?;
        match answer {
            Ok(Some(number)) => Ok(number),
            Ok(None) => Err(Failure::new(Kind::Cancelled, "nothing was picked")),
            Err(error) => {
                Err(Failure::new(Kind::Cancelled, format!("nothing was picked: {error}")))
            }
        }
    }
}

/// While it lives, a signal interrupts the wait for keys, again and again: the first time the wait
/// may not have begun, and nothing else would end it before the next key.
fn interrupting() -> std::io::Result<signals::SignalSubscription> {
    let (sender, events) = mpsc::channel();
    let waking = signals::SignalSubscription::new(sender, ());
    thread::Builder::new().name("signals of a list".into()).spawn(move || {
        let mut is_signalled = signals::count() > 0 || events.recv().is_ok();
        while is_signalled {
            system::interrupt_own_waits();
            is_signalled = events.recv_timeout(PAUSE) != Err(RecvTimeoutError::Disconnected);
        }
    })?;
    Ok(waking)
}

/// A signal ends the question. It is counted on a thread of its own, maybe a moment later.
fn stop_if_interrupted(error: Option<&dialoguer::Error>) -> Result<()> {
    let is_signal = |dialoguer::Error::IO(error): &dialoguer::Error| {
        error.kind() == std::io::ErrorKind::Interrupted
    };
    let deadline = Instant::now() + Duration::from_secs(1);
    while error.is_some_and(is_signal) && signals::count() == 0 && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(1));
    }
    if signals::count() > 0 { Err(Failure::interrupted()) } else { Ok(()) }
}
