//! Lists on a terminal from which the user picks a row.

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

/// The number of rows that are shown at once.
const ROWS: usize = 12;

/// The interval after a signal at which the wait for keys is interrupted again.
const PAUSE: Duration = Duration::from_millis(20);

impl Screen {
    /// Lets the user pick one of the rows, which can be searched by typing; returns its index. No
    /// row is selected by default.
    ///
    /// # Errors
    /// There are no rows, the user picked none, or a signal came.
    pub fn pick(&self, question: &str, rows: &[String]) -> Result<usize> {
        if rows.is_empty() {
            return Err(Failure::usage(format!("{question}: no entries found")));
        }
        // A signal from before the list is shown would otherwise take effect only after a key.
        stop_if_interrupted(None)?;
        let term = Term::stderr();
        // A row that wraps to a second line would not be cleared completely.
        let width = usize::from(term.size().1).saturating_sub(3).max(20);
        let shown = rows.iter().enumerate().map(|(number, row)| {
            // The number distinguishes rows with the same beginning after truncation.
            truncate_str(&format!("{}. {}", number + 1, sanitize::line(row)), width, "…")
                .into_owned()
        });
        let interruption = interrupt_on_signal()
            .map_err(|error| Failure::internal(format!("cannot start a thread: {error}")))?;
        let answer = FuzzySelect::with_theme(&SimpleTheme)
            .with_prompt(format!("{question} (type to search, arrows to move)"))
            .items(shown)
            .max_length(ROWS)
            .interact_on_opt(&term);
        drop(interruption);
        if !matches!(answer, Ok(Some(_))) {
            // The list hides the cursor, and does not show it again after an error.
            let _ = term.show_cursor();
        }
        stop_if_interrupted(answer.as_ref().err())?;
        match answer {
            Ok(Some(number)) => Ok(number),
            Ok(None) => Err(Failure::new(Kind::Cancelled, "no entry was selected")),
            Err(error) => {
                Err(Failure::new(Kind::Cancelled, format!("no entry was selected: {error}")))
            }
        }
    }
}

/// Until the result is dropped, a signal interrupts the wait for keys repeatedly: the wait may not
/// have begun at the first time.
fn interrupt_on_signal() -> std::io::Result<signals::SignalSubscription> {
    let (sender, events) = mpsc::channel();
    let subscription = signals::SignalSubscription::new(sender, ());
    thread::Builder::new().name("signals of a list".into()).spawn(move || {
        let mut is_signalled = signals::count() > 0 || events.recv().is_ok();
        while is_signalled {
            system::interrupt_own_waits();
            is_signalled = events.recv_timeout(PAUSE) != Err(RecvTimeoutError::Disconnected);
        }
    })?;
    Ok(subscription)
}

/// Fails after a signal. Another thread may have got the signal, so its count can come a moment later.
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
