//! Progress bars for long operations.

use std::io;
use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::message::sanitize;
use crate::output::Screen;

/// A progress bar, which is removed when it is dropped.
pub struct Spinner(ProgressBar);

impl Screen {
    /// Shows a progress bar for `size` bytes on a terminal; elsewhere prints a note.
    pub fn busy(&self, text: &str, size: u64) -> Spinner {
        if self.options.quiet || self.is_json() || !io::stderr().is_terminal() {
            self.note(text);
            return Spinner(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(size);
        let template = "{spinner} {msg} [{bar:30}] {binary_bytes}/{binary_total_bytes} ({elapsed})";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(sanitize::line(text));
        // The spinner moves at once, because the first progress report comes late.
        bar.enable_steady_tick(Duration::from_millis(120));
        Spinner(bar)
    }
}

impl Spinner {
    /// Sets the progress, from 0 to 1.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the display needs no exact value"
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

/// The progress of a batch, which is removed when it is dropped.
pub struct BatchProgress(ProgressBar);

impl Screen {
    /// Shows the progress of a batch with this many messages, on a terminal only.
    pub fn batch_progress(&self, messages: u64) -> BatchProgress {
        if self.options.quiet || self.is_json() || !io::stderr().is_terminal() {
            return BatchProgress(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(messages);
        let template = "{spinner} [{bar:20}] {pos}/{len} {per_sec} {msg} (about {eta} left)";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        BatchProgress(bar)
    }
}

impl BatchProgress {
    /// Sets the number of messages with each outcome.
    pub fn update(&self, accepted: u64, failed: u64, unknown: u64) {
        self.0.set_position(accepted + failed + unknown);
        self.0.set_message(format!("sent {accepted}, failed {failed}, unknown {unknown}"));
    }
}

impl Drop for BatchProgress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
