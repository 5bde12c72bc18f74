//! The one place that prints.
//!
//! Data goes to stdout, everything else to stderr. With `--json` stdout carries exactly one JSON
//! object, whatever happens. Text from the service is made safe before it is shown.

mod align;
mod ask;
mod busy;
mod cell;
pub mod chart;
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
use serde_json::{Map, Value, json};

use crate::api::call;
use crate::error::{Failure, Outcome};
use crate::os::system;
use crate::output::report::Report;
use crate::output::status::RunStatus;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Green.on_default().bold();
const SANDBOX: Style = AnsiColor::Cyan.on_default().bold();

/// The version of the JSON that alimsg prints.
const SCHEMA: u32 = 1;

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

/// Prints for one run.
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

    /// The screen of a command line that could not be read.
    pub fn for_unread_line(json: bool, sandbox: bool) -> Self {
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

    /// Says that everything is simulated; also when notes are not wanted.
    pub fn announce_sandbox(&self) {
        if self.sandbox {
            self.say(SANDBOX, "[sandbox]", "simulated: no account, no network, nothing is sent");
        }
    }

    /// Something that is good to know.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            to_stderr(&crate::message::sanitize::line(text));
        }
    }

    /// Something that may be wrong, said once. Part of the JSON as well.
    pub fn warn(&self, text: impl Into<String>) {
        let text = text.into();
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.contains(&text) {
            self.say(WARNING, "warning:", &text);
            warnings.push(text);
        }
    }

    /// With `-v`, a command that is about to run, its message variables hidden.
    pub fn command(&self, program: &str, arguments: &[String]) {
        if self.verbose {
            to_stderr(&format!(
                "$ {}",
                crate::message::sanitize::line(&call::masked_line(program, arguments))
            ));
        }
    }

    /// What is about to be done, as rows of a name and a value, for the user to agree to.
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

    /// Text that was asked for by flag, such as help.
    pub fn page(&self, text: &str) -> io::Result<()> {
        to_stdout(text)
    }

    /// The end of a run: its report or its failure.
    ///
    /// # Errors
    /// Stdout cannot be written or is closed; the run's work is done all the same.
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
            one_object(self.object(command, facts, result))?;
            return was_stdout_open();
        }
        if let Ok(Report::Drawn { drawing, .. }) = result
            && self.stdout_is_terminal
        {
            to_stdout(&format!("{}\n\n", crate::message::sanitize::block(drawing)))?;
        }
        let printed = match result.as_ref().map(Report::undrawn) {
            Ok(Report::RunStatus { data, .. }) => {
                to_stdout(&facts::render(data, self.now().as_ref(), self.spreadsheet_safe))
            }
            Ok(Report::List { name, items, facts, .. }) => {
                self.list_notes(name, items.is_empty(), facts);
                let reader = self.now().map(|now| table::Reader { width: terminal_width(), now });
                to_stdout(&table::render(items, reader.as_ref(), self.spreadsheet_safe))
            }
            Ok(Report::DryRun(commands)) => {
                self.note("dry run: nothing was started");
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
            // An undrawn report is none.
            Ok(Report::Drawn { .. }) => Ok(()),
            Ok(Report::Streamed) => Ok(()),
            Err(failure) => {
                self.failure(failure);
                return Ok(());
            }
        };
        printed.and_then(|()| was_stdout_open())
    }

    /// One of many things that are told as they come: an object a line, or one row.
    ///
    /// # Errors
    /// If stdout takes it not.
    pub fn event(&self, command: &str, data: &Map<String, Value>) -> io::Result<()> {
        if self.json {
            let mut object = self.heading(command, true);
            object.insert("data".into(), Value::Object(data.clone()));
            return one_object(object);
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
    /// terminal, where a column is as wide as its widest cell.
    pub fn streams_rows(&self) -> bool {
        !self.json && !self.stdout_is_terminal
    }

    /// Some rows of a list as tab-separated values; the first ones decide on the columns and have a
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

    /// What a list says besides its rows.
    pub fn list_notes(&self, name: &str, is_empty: bool, facts: &Map<String, Value>) {
        if is_empty {
            self.note(&format!("no {name}"));
        }
        for (name, value) in facts::cells(facts, None) {
            self.note(&format!("{name}: {value}"));
        }
    }

    /// Whether nobody will read what is printed next, as behind a `head` that has seen enough.
    pub fn is_cut_off(&self) -> bool {
        system::is_cut_off(io::stdout())
    }

    /// What became of the run on stderr, for the case that nobody gets stdout: a script that cannot
    /// read the result must not send again. A failure in text is on stderr already.
    pub fn fall_back_to_stderr(&self, result: &Result<Report, Box<Failure>>, error: &io::Error) {
        match result.as_ref().map(Report::undrawn) {
            Ok(Report::RunStatus { data, .. }) => {
                self.say(WARNING, "warning:", &format!("stdout cannot be written: {error}"));
                for line in facts::aligned(&facts::cells(data, None)) {
                    to_stderr(&format!("  {line}"));
                }
            }
            Ok(_) => self.say(WARNING, "warning:", &format!("stdout cannot be written: {error}")),
            Err(failure) if self.json => {
                self.say(WARNING, "warning:", &format!("stdout cannot be written: {error}"));
                self.failure(failure);
            }
            Err(_) => {}
        }
    }

    /// What every object begins with.
    fn heading(&self, command: &str, ok: bool) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("schema".into(), json!(SCHEMA));
        object.insert("ok".into(), json!(ok));
        object.insert("command".into(), json!(command));
        if self.sandbox {
            object.insert("sandbox".into(), json!(true));
        }
        object
    }

    fn object(
        &self,
        command: &str,
        facts: &RunStatus,
        result: &Result<Report, Box<Failure>>,
    ) -> Map<String, Value> {
        let mut object = self.heading(command, result.is_ok());
        match result.as_ref().map(Report::undrawn) {
            Ok(Report::RunStatus { data, raw }) => {
                object.insert("data".into(), Value::Object(data.clone()));
                object.insert("raw".into(), raw.clone());
            }
            Ok(Report::List { name, items, facts, raw }) => {
                let mut data = Map::new();
                data.insert((*name).into(), json!(items));
                data.extend(facts.clone());
                object.insert("data".into(), Value::Object(data));
                object.insert("raw".into(), raw.clone());
            }
            Ok(Report::Streamed) => {}
            Ok(Report::DryRun(commands)) => {
                object.insert("dry_run".into(), json!(true));
                object.insert("commands".into(), json!(commands));
            }
            Ok(Report::Drawn { .. }) => {}
            Err(failure) => {
                object.insert("error".into(), json!(failure));
                if let Some(raw) = &failure.raw {
                    object.insert("raw".into(), raw.clone());
                }
            }
        }
        if let Some(account) = &*facts.account.borrow() {
            object.insert("account".into(), json!(account));
        }
        object.insert("warnings".into(), json!(*self.warnings.borrow()));
        object.insert("ai_mode_disabled".into(), json!(facts.ai_mode_disabled.get()));
        object
    }

    fn failure(&self, failure: &Failure) {
        self.say(ERROR, "error:", &failure.message);
        to_stderr(match (failure.outcome, failure.about_a_change) {
            (Outcome::NotSent, false) => "  nothing was sent",
            (Outcome::NotSent, true) => "  nothing was changed",
            (Outcome::Sent, _) => "  the message was sent",
            (Outcome::Unknown, false) => {
                "  it is not known whether the message was sent: check before sending again"
            }
            (Outcome::Unknown, true) => {
                "  it is not known whether the change was made: check before making it again"
            }
        });
        if let Some(request_id) = &failure.request_id {
            to_stderr(&format!("  request ID: {}", crate::message::sanitize::line(request_id)));
        }
        if let Some(hint) = &failure.hint {
            self.say(HINT, "hint:", hint);
        }
        if let Some(policy) = &failure.policy {
            to_stderr(&crate::message::sanitize::block(&format!("{policy:#}")));
        }
        for command in &failure.next {
            self.say(HINT, "next:", command);
        }
    }

    /// The moment at which somebody reads what is printed; nobody reads a pipe.
    fn now(&self) -> Option<Zoned> {
        self.stdout_is_terminal.then(Zoned::now)
    }

    fn say(&self, style: Style, label: &str, text: &str) {
        let text = crate::message::sanitize::line(text);
        if self.colors {
            to_stderr(&format!("{style}{label}{style:#} {text}"));
        } else {
            to_stderr(&format!("{label} {text}"));
        }
    }
}

/// Reports a panic by its place. What it says is left out unless it is a fixed text: it can quote a
/// message.
pub fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".into(), ToString::to_string);
    let text = panic.payload().downcast_ref::<&'static str>();
    let text = text.map_or_else(String::new, |text| format!(": {text}"));
    to_stderr(&crate::message::sanitize::line(&format!("alimsg panicked at {place}{text}")));
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        to_stderr(&crate::message::sanitize::block(&backtrace.to_string()));
    }
}

fn terminal_width() -> u16 {
    dialoguer::console::Term::stdout().size().1
}

fn one_object(object: Map<String, Value>) -> io::Result<()> {
    to_stdout(&(crate::message::sanitize::json(&Value::Object(object).to_string()) + "\n"))
}

/// A stdout that was closed when the program started takes everything and keeps nothing.
fn was_stdout_open() -> io::Result<()> {
    if system::was_closed_at_start(io::stdout()) {
        return Err(io::Error::new(io::ErrorKind::BrokenPipe, "it is closed"));
    }
    Ok(())
}

fn to_stdout(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// A closed stderr takes the words with it; the exit code still tells.
fn to_stderr(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A question that waits for its answer on the same line.
fn prompt(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Prints what another program would have printed: the sandbox's `aliyun`.
pub fn relay(stdout: &str, stderr: &str) -> io::Result<()> {
    io::stderr().lock().write_all(stderr.as_bytes())?;
    to_stdout(stdout)
}
