//! A sign of life while something takes its time.

use std::io;
use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::message::sanitize;
use crate::output::Screen;

/// A bar that goes away, with its line, when it is dropped.
pub struct Spinner(ProgressBar);

impl Screen {
    /// Says what is being done, with a bar for `size` bytes. Only on a terminal; elsewhere it is a
    /// note.
    pub fn busy(&self, text: &str, size: u64) -> Spinner {
        if self.quiet || self.json || !io::stderr().is_terminal() {
            self.note(text);
            return Spinner(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(size);
        let template = "{spinner} {msg} [{bar:30}] {binary_bytes}/{binary_total_bytes} ({elapsed})";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(sanitize::line(text));
        // It turns from the first moment on: the first word about the share comes late.
        bar.enable_steady_tick(Duration::from_millis(120));
        Spinner(bar)
    }
}

impl Spinner {
    /// So much is done, between 0 and 1.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a size, for eyes"
    )]
    pub fn at(&self, share: f64) {
        let size = self.0.length().unwrap_or(0);
        self.0.set_position((share * size as f64) as u64);
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
