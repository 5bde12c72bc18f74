//! A sign of life while something takes its time.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Screen, sanitize};

/// Goes away, with its line, when it is dropped.
pub struct Busy(ProgressBar);

impl Screen {
    /// Says what is being done, with a spinner and the time that it has taken. `aliyun` does not
    /// say how far it is, so there is no bar. Only on a terminal; elsewhere it is a note.
    pub fn busy(&self, text: &str) -> Busy {
        if self.quiet || self.json || !io::stderr().is_terminal() {
            self.note(text);
            return Busy(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(sanitize::line(text));
        bar.enable_steady_tick(Duration::from_millis(120));
        Busy(bar)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
