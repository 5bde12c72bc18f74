//! Prints the result of a run: its report or its failure.

use std::io;

use anstyle::{AnsiColor, Style};

use crate::error::{Failure, Kind, Outcome, Result};
use crate::message::sanitize;
use crate::output::envelope::Envelope;
use crate::output::report::Report;
use crate::output::status::RunStatus;
use crate::output::write::{require_open_stdout, to_stderr, to_stdout};
use crate::output::{OutputFormat, Screen, WARNING, chat, dry_run, record, table};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Green.on_default().bold();

impl Screen {
    /// Prints the result of a run: its report or its failure.
    ///
    /// # Errors
    /// Stdout cannot be written or is closed. The work of the run is done anyway.
    pub fn end(
        &self,
        command: &str,
        status: &RunStatus,
        result: &Result<Report>,
    ) -> io::Result<()> {
        if let Ok(Report::Streamed) = result.as_ref().map(Report::undrawn) {
            return Ok(());
        }
        if self.is_json() {
            let (account, warnings) = (status.account.borrow(), self.warnings.borrow());
            let defaults = status.used_defaults.borrow();
            let (sandbox, raw) = (self.options.sandbox, self.options.raw);
            let envelope = Envelope {
                account: account.as_ref(),
                defaults: &defaults,
                warnings: Some(&warnings),
                ai_mode_disabled: Some(status.ai_mode_disabled.get()),
                ..Envelope::from_result(command, result, sandbox, raw)
            };
            self.print_json(&envelope)?;
            require_open_stdout()?;
            if let (Err(failure), Some(_)) = (result, &self.options.jq) {
                // The filter may have removed what happened and whether the message went out.
                self.failure(failure);
            }
            return Ok(());
        }
        if let Ok(Report::Drawn { drawing, .. }) = result
            && self.is_for_reader()
        {
            to_stdout(&format!("{}\n\n", sanitize::block(drawing)))?;
        }
        let is_plain = self.options.format == OutputFormat::Text && self.options.fields.is_empty();
        if let Ok(Report::Piped { text, .. }) = result
            && is_plain
            && !self.stdout_is_terminal
        {
            to_stdout(&(sanitize::line(text) + "\n"))?;
            return require_open_stdout();
        }
        let reader = self.reader();
        let text = match result.as_ref().map(Report::undrawn) {
            Ok(Report::Record { data, .. }) => {
                record::render(data, reader.as_ref(), self.separated())
            }
            Ok(Report::List { name, items, facts, .. }) => {
                self.list_notes(name, items.is_empty(), facts);
                match (&reader, result) {
                    (Some(reader), Ok(Report::Chat(_))) => chat::render(items, reader),
                    (Some(reader), _) => {
                        let table = table::render(items, reader, self.columns(name));
                        self.note_left_out(&table.left_out);
                        table.text
                    }
                    (None, _) => self.separated().table(items),
                }
            }
            Ok(Report::DryRun(commands)) => {
                self.note("dry run: no command was started");
                dry_run::render(commands, self.options.sandbox)
            }
            // These have returned above, or are never returned by `undrawn`.
            Ok(
                Report::Streamed
                | Report::Drawn { .. }
                | Report::Chat(_)
                | Report::Piped { .. }
                | Report::Undelivered { .. },
            ) => return Ok(()),
            Err(failure) => {
                self.failure(failure);
                return Ok(());
            }
        };
        to_stdout(&text)?;
        require_open_stdout()
    }

    /// Prints the result to stderr if stdout cannot be written or the filter fails: a script without
    /// the result must not send again. A failure in text is already on stderr.
    pub fn fall_back_to_stderr(&self, result: &Result<Report>, error: &io::Error) {
        if result.is_err() && !self.is_json() {
            return;
        }
        let problem = match error.kind() {
            io::ErrorKind::Other => error.to_string(),
            _ => format!("cannot write to stdout: {error}"),
        };
        self.print_labelled(WARNING, "warning:", &problem);
        match result.as_ref().map(Report::undrawn) {
            Ok(Report::Record { data, .. }) => {
                for line in record::aligned(&record::cells(data, None), |_| Style::new()) {
                    to_stderr(&format!("  {line}"));
                }
            }
            Ok(_) => {}
            Err(failure) => self.failure(failure),
        }
    }

    fn failure(&self, failure: &Failure) {
        self.print_labelled(ERROR, "error:", &failure.message);
        to_stderr(&format!("  {}", outcome(failure)));
        if let Some(request_id) = &failure.request_id {
            to_stderr(&format!("  request ID: {}", sanitize::line(request_id)));
        }
        if let Some(hint) = &failure.hint {
            self.print_labelled(HINT, "hint:", hint);
        }
        if let Some(policy) = &failure.policy {
            to_stderr(&sanitize::block(&format!("{policy:#}")));
        }
        for command in &failure.next {
            self.print_labelled(HINT, "next:", command);
        }
    }
}

/// The outcome of a failed run on one line. The failure of a batch has data, and its counts are in
/// the message.
fn outcome(failure: &Failure) -> &'static str {
    let has_several = failure.kind == Kind::Partial || failure.data.is_some();
    match (failure.outcome, failure.about_a_change, has_several) {
        (Outcome::NotSent, false, _) => "nothing was sent",
        (Outcome::NotSent, true, _) => "nothing was changed",
        (Outcome::Sent, true, _) => "a part of the change was made",
        (Outcome::Sent, false, false) => "the message was sent",
        (Outcome::Sent, false, true) => "some messages were sent",
        (Outcome::Unknown, false, false) => {
            "outcome unknown: the message may have been sent; check before you send again"
        }
        (Outcome::Unknown, false, true) => {
            "outcome unknown: some messages may have been sent; check before you send them again"
        }
        (Outcome::Unknown, true, _) => {
            "outcome unknown: the change may have been made; check before you repeat it"
        }
    }
}
