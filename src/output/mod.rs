//! Prints all output of the program; no other module does.
//!
//! Results go to stdout, everything else to stderr. With `--json`, stdout has exactly one JSON
//! object, also on failure; commands that follow events print one object per event. Text from the
//! service is sanitized before it is shown.

mod align;
mod ask;
mod busy;
mod cell;
pub mod chart;
mod envelope;
mod facts;
mod pick;
pub mod report;
pub mod status;
mod table;
mod times;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::io::IsTerminal as _;
use std::io::{self, Write};
use std::panic::PanicHookInfo;

use anstyle::{AnsiColor, Style};
use jiff::Zoned;
use serde_json::{Map, Value};

use crate::api::call;
use crate::error::{Failure, Outcome};
use crate::os::system;
use crate::output::envelope::Envelope;
use crate::output::report::Report;
use crate::output::status::RunStatus;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Green.on_default().bold();
const SANDBOX: Style = AnsiColor::Cyan.on_default().bold();

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorWhen {
    Auto,
    Always,
    Never,
}

/// How results are printed.
#[derive(Debug, Clone, Copy)]
pub struct ScreenOptions {
    pub json: bool,
    pub sandbox: bool,
    pub quiet: bool,
    pub verbose: bool,
    pub color: ColorWhen,
    pub spreadsheet_safe: bool,
}

/// The output of one run.
pub struct Screen {
    json: bool,
    sandbox: bool,
    quiet: bool,
    verbose: bool,
    colors: bool,
    stdout_is_terminal: bool,
    spreadsheet_safe: bool,
    warnings: RefCell<Vec<String>>,
}

impl Screen {
    pub fn new(options: &ScreenOptions) -> Self {
        Self {
            json: options.json,
            sandbox: options.sandbox,
            quiet: options.quiet,
            verbose: options.verbose,
            colors: match options.color {
                ColorWhen::Always => true,
                ColorWhen::Never => false,
                ColorWhen::Auto => {
                    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
                }
            },
            stdout_is_terminal: io::stdout().is_terminal(),
            spreadsheet_safe: options.spreadsheet_safe,
            warnings: RefCell::new(Vec::new()),
        }
    }

    /// The screen for a command line that cannot be parsed.
    pub fn for_parse_error(json: bool, sandbox: bool) -> Self {
        Self {
            json,
            sandbox,
            quiet: false,
            verbose: false,
            colors: false,
            stdout_is_terminal: false,
            spreadsheet_safe: false,
            warnings: RefCell::new(Vec::new()),
        }
    }

    /// In the sandbox, prints that everything is simulated, even with `--quiet`.
    pub fn announce_sandbox(&self) {
        if self.sandbox {
            self.print_labelled(
                SANDBOX,
                "[sandbox]",
                "simulated: no account, no network, nothing is sent",
            );
        }
    }

    /// Prints a note, unless `--quiet` is set.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            to_stderr(&crate::message::sanitize::line(text));
        }
    }

    /// Prints a warning, once per text, and adds it to the JSON.
    pub fn warn(&self, text: impl Into<String>) {
        let text = text.into();
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.contains(&text) {
            self.print_labelled(WARNING, "warning:", &text);
            warnings.push(text);
        }
    }

    /// With `-v`, prints a command that is about to run, with private values masked.
    pub fn command(&self, program: &str, arguments: &[String]) {
        if self.verbose {
            to_stderr(&format!(
                "$ {}",
                crate::message::sanitize::line(&call::masked_line(program, arguments))
            ));
        }
    }

    /// Prints what is about to be done, as rows of name and value, before a confirmation.
    pub fn plan(&self, title: &str, rows: &[(String, String)]) {
        to_stderr(&crate::message::sanitize::line(title));
        let names: Vec<String> =
            rows.iter().map(|(name, _)| crate::message::sanitize::line(name)).collect();
        let width = align::width(names.iter().map(String::as_str));
        for (name, (_, value)) in names.iter().zip(rows) {
            let value = crate::message::sanitize::visible(value);
            to_stderr(&format!("  {}  {value}", align::padded(name, width)));
        }
    }

    /// Prints a text to stdout, such as help.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn page(&self, text: &str) -> io::Result<()> {
        to_stdout(text)
    }

    /// Prints the result of a run: its report or its failure.
    ///
    /// # Errors
    /// Stdout cannot be written or is closed. The work of the run is done anyway.
    pub fn end(
        &self,
        command: &str,
        facts: &RunStatus,
        result: &Result<Report, Box<Failure>>,
    ) -> io::Result<()> {
        if let Ok(Report::Streamed) = result {
            return Ok(());
        }
        if self.json {
            let mut envelope = Envelope::from_result(command, result, self.sandbox);
            let (account, warnings) = (facts.account.borrow(), self.warnings.borrow());
            envelope.account = account.as_ref();
            envelope.warnings = Some(&warnings);
            envelope.ai_mode_disabled = Some(facts.ai_mode_disabled.get());
            print_envelope(&envelope)?;
            return was_stdout_open();
        }
        if let Ok(Report::Drawn { drawing, .. }) = result
            && self.stdout_is_terminal
        {
            to_stdout(&format!("{}\n\n", crate::message::sanitize::block(drawing)))?;
        }
        let printed = match result.as_ref().map(Report::undrawn) {
            Ok(Report::Record { data, .. }) => {
                to_stdout(&facts::render(data, self.now().as_ref(), self.spreadsheet_safe))
            }
            Ok(Report::List { name, items, facts, .. }) => {
                self.list_notes(name, items.is_empty(), facts);
                let reader = self.now().map(|now| table::Reader { width: terminal_width(), now });
                to_stdout(&table::render(items, reader.as_ref(), self.spreadsheet_safe))
            }
            Ok(Report::DryRun(commands)) => {
                self.note("dry run: no command was started");
                for command in commands {
                    if let (Some(when), [_, words @ ..]) = (command.when, &*command.argv) {
                        self.note(&format!("`{}` runs only {when}", words.join(" ")));
                    }
                }
                let lines = commands.iter().filter_map(|command| {
                    let (program, arguments) = command.argv.split_first()?;
                    Some(call::shell_line(program, arguments) + "\n")
                });
                to_stdout(&lines.collect::<String>())
            }
            // `undrawn` never returns this variant.
            Ok(Report::Drawn { .. }) => Ok(()),
            Ok(Report::Streamed) => Ok(()),
            Err(failure) => {
                self.failure(failure);
                return Ok(());
            }
        };
        printed.and_then(|()| was_stdout_open())
    }

    /// Prints one event of a stream: a JSON object on one line, or a row.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn event(&self, command: &str, data: &Map<String, Value>) -> io::Result<()> {
        if self.json {
            let mut envelope = Envelope::new(command, true, self.sandbox);
            envelope.data = Some(data.clone());
            return print_envelope(&envelope);
        }
        let safe = self.spreadsheet_safe && !self.stdout_is_terminal;
        let cells: Vec<String> = facts::cells(data, self.now().as_ref())
            .into_iter()
            .map(|(_, cell)| cell::separated(cell, safe))
            .collect();
        to_stdout(&(cells.join("\t") + "\n"))
    }

    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether rows can be printed page by page: not in JSON, which is one object, and not on a
    /// terminal, where the widest cell determines the width of a column.
    pub fn streams_rows(&self) -> bool {
        !self.json && !self.stdout_is_terminal
    }

    /// Prints rows of a list as tab-separated values. The first call sets `columns` and prints the
    /// heading.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn rows(&self, columns: &mut Vec<String>, items: &[Map<String, Value>]) -> io::Result<()> {
        let mut text = String::new();
        if columns.is_empty() && !items.is_empty() {
            *columns = table::columns(items).into_iter().map(String::from).collect();
            text = columns.join("\t") + "\n";
        }
        text += &table::rows(items, columns, self.spreadsheet_safe);
        to_stdout(&text)
    }

    /// Prints notes about a list: that it is empty, and its other values.
    pub fn list_notes(&self, name: &str, is_empty: bool, facts: &Map<String, Value>) {
        if is_empty {
            self.note(&format!("no {name}"));
        }
        for (name, value) in facts::cells(facts, None) {
            self.note(&format!("{name}: {value}"));
        }
    }

    /// Whether the reader of stdout is gone, such as a `head` that has finished.
    pub fn is_cut_off(&self) -> bool {
        system::is_cut_off(io::stdout())
    }

    /// Prints the result to stderr if stdout cannot be written: a script without the result must
    /// not send again. A failure in text is already on stderr.
    pub fn fall_back_to_stderr(&self, result: &Result<Report, Box<Failure>>, error: &io::Error) {
        match result.as_ref().map(Report::undrawn) {
            Ok(Report::Record { data, .. }) => {
                self.print_labelled(
                    WARNING,
                    "warning:",
                    &format!("cannot write to stdout: {error}"),
                );
                for line in facts::aligned(&facts::cells(data, None)) {
                    to_stderr(&format!("  {line}"));
                }
            }
            Ok(_) => self.print_labelled(
                WARNING,
                "warning:",
                &format!("cannot write to stdout: {error}"),
            ),
            Err(failure) if self.json => {
                self.print_labelled(
                    WARNING,
                    "warning:",
                    &format!("cannot write to stdout: {error}"),
                );
                self.failure(failure);
            }
            Err(_) => {}
        }
    }

    fn failure(&self, failure: &Failure) {
        self.print_labelled(ERROR, "error:", &failure.message);
        to_stderr(match (failure.outcome, failure.about_a_change) {
            (Outcome::NotSent, false) => "  nothing was sent",
            (Outcome::NotSent, true) => "  nothing was changed",
            (Outcome::Sent, _) => "  the message was sent",
            (Outcome::Unknown, false) => {
                "  outcome unknown: the message may have been sent; check before you send again"
            }
            (Outcome::Unknown, true) => {
                "  outcome unknown: the change may have been made; check before you repeat it"
            }
        });
        if let Some(request_id) = &failure.request_id {
            to_stderr(&format!("  request ID: {}", crate::message::sanitize::line(request_id)));
        }
        if let Some(hint) = &failure.hint {
            self.print_labelled(HINT, "hint:", hint);
        }
        if let Some(policy) = &failure.policy {
            to_stderr(&crate::message::sanitize::block(&format!("{policy:#}")));
        }
        for command in &failure.next {
            self.print_labelled(HINT, "next:", command);
        }
    }

    /// The current time if stdout is a terminal, where times are shown relative to it.
    fn now(&self) -> Option<Zoned> {
        self.stdout_is_terminal.then(Zoned::now)
    }

    fn print_labelled(&self, style: Style, label: &str, text: &str) {
        let text = crate::message::sanitize::line(text);
        if self.colors {
            to_stderr(&format!("{style}{label}{style:#} {text}"));
        } else {
            to_stderr(&format!("{label} {text}"));
        }
    }
}

/// Prints the location of a panic. Its message is included only if it is a static text, because it
/// can quote private values.
pub fn panicked(panic: &PanicHookInfo<'_>) {
    let location =
        panic.location().map_or_else(|| "an unknown location".into(), ToString::to_string);
    let text = panic.payload().downcast_ref::<&'static str>();
    let text = text.map_or_else(String::new, |text| format!(": {text}"));
    to_stderr(&crate::message::sanitize::line(&format!("alimsg panicked at {location}{text}")));
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        to_stderr(&crate::message::sanitize::block(&backtrace.to_string()));
    }
}

fn terminal_width() -> u16 {
    dialoguer::console::Term::stdout().size().1
}

fn print_envelope(envelope: &Envelope<'_>) -> io::Result<()> {
    let text = serde_json::to_string(envelope)?;
    to_stdout(&(crate::message::sanitize::json(&text) + "\n"))
}

/// Fails if stdout was closed when the program started: writes then succeed, but go nowhere.
fn was_stdout_open() -> io::Result<()> {
    if system::was_closed_at_start(io::stdout()) {
        return Err(io::Error::new(io::ErrorKind::BrokenPipe, "stdout is closed"));
    }
    Ok(())
}

fn to_stdout(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Errors are ignored: the exit code still shows the result.
fn to_stderr(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Prints a prompt without a line break.
fn write_prompt(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Prints the output of the sandbox's `aliyun`.
pub fn relay(stdout: &str, stderr: &str) -> io::Result<()> {
    io::stderr().lock().write_all(stderr.as_bytes())?;
    to_stdout(stdout)
}
