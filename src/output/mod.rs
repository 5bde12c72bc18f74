//! The one place that prints.
//!
//! Data goes to stdout, everything else to stderr. With `--json` stdout carries exactly one JSON
//! object, whatever happens. Text from the service is made safe before it is shown.

mod ask;
mod busy;
mod cell;
pub mod chart;
mod facts;
mod pick;
pub mod report;
mod rows;
pub mod sanitize;
pub mod status;
mod table;
mod times;

use std::cell::RefCell;
use std::io::IsTerminal as _;
use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};
use jiff::Zoned;
use serde_json::{Map, Value, json};

use crate::api::call;
use crate::error::{Failure, Outcome};
use crate::os::system;
use crate::output::report::Report;
use crate::output::status::RunStatus;
use crate::settings::{ColorWhen, GlobalFlags};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Green.on_default().bold();
const SANDBOX: Style = AnsiColor::Cyan.on_default().bold();

/// The version of the JSON that alimsg prints.
const SCHEMA: u32 = 1;

/// Where and how a run speaks.
pub struct Screen {
    json: bool,
    sandbox: bool,
    quiet: bool,
    verbose: bool,
    colors: bool,
    stdout_is_terminal: bool,
    warnings: RefCell<Vec<String>>,
}

impl Screen {
    pub fn new(flags: &GlobalFlags) -> Self {
        Self {
            json: flags.json,
            sandbox: flags.sandbox,
            quiet: flags.quiet,
            verbose: flags.verbose,
            colors: match flags.color {
                ColorWhen::Always => true,
                ColorWhen::Never => false,
                ColorWhen::Auto => {
                    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
                }
            },
            stdout_is_terminal: io::stdout().is_terminal(),
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
            to_stderr(&sanitize::line(text));
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
            to_stderr(&format!("$ {}", sanitize::line(&call::masked_line(program, arguments))));
        }
    }

    /// What is about to be done, as rows of a name and a value, for the user to agree to.
    pub fn plan(&self, title: &str, rows: &[(String, String)]) {
        to_stderr(&sanitize::line(title));
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, value) in rows {
            let (name, value) = (sanitize::line(name), sanitize::visible(value));
            to_stderr(&format!("  {name:width$}  {value}"));
        }
    }

    /// Text that was asked for by flag, such as help.
    pub fn page(&self, text: &str) -> io::Result<()> {
        to_stdout(text)
    }

    /// The end of a run: its report or its failure.
    ///
    /// # Errors
    /// If stdout takes it not; the run's work is done all the same.
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
            return one_object(self.object(command, facts, result));
        }
        if let Ok(Report::Drawn { drawing, .. }) = result
            && self.stdout_is_terminal
        {
            to_stdout(&format!("{}\n\n", sanitize::block(drawing)))?;
        }
        match result.as_ref().map(Report::undrawn) {
            Ok(Report::RunStatus { data, .. }) => {
                to_stdout(&facts::render(data, self.now().as_ref()))
            }
            Ok(Report::List { name, items, facts, .. }) => {
                if items.is_empty() {
                    self.note(&format!("no {name}"));
                }
                for (name, value) in facts::cells(facts, None) {
                    self.note(&format!("{name}: {value}"));
                }
                let reader = self.now().map(|now| table::Reader { width: terminal_width(), now });
                to_stdout(&table::render(items, reader.as_ref()))
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
                Ok(())
            }
        }
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
        let cells: Vec<String> =
            facts::cells(data, self.now().as_ref()).into_iter().map(|(_, cell)| cell).collect();
        to_stdout(&(cells.join("\t") + "\n"))
    }

    /// Whether nobody will read what is printed next, as behind a `head` that has seen enough.
    pub fn is_cut_off(&self) -> bool {
        system::is_cut_off(io::stdout())
    }

    /// The result of a send on stderr, for the case that stdout is closed: a script that cannot
    /// read it must not send again.
    pub fn fall_back_to_stderr(&self, result: &Result<Report, Box<Failure>>, error: &io::Error) {
        self.say(WARNING, "warning:", &format!("stdout cannot be written: {error}"));
        if let Ok(Report::RunStatus { data, .. }) = result {
            for line in facts::aligned(&facts::cells(data, None)) {
                to_stderr(&format!("  {line}"));
            }
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
            to_stderr(&format!("  request ID: {}", sanitize::line(request_id)));
        }
        if let Some(hint) = &failure.hint {
            self.say(HINT, "hint:", hint);
        }
        if let Some(policy) = &failure.policy {
            to_stderr(&sanitize::block(&format!("{policy:#}")));
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
        let text = sanitize::line(text);
        if self.colors {
            to_stderr(&format!("{style}{label}{style:#} {text}"));
        } else {
            to_stderr(&format!("{label} {text}"));
        }
    }
}

fn terminal_width() -> u16 {
    dialoguer::console::Term::stdout().size().1
}

fn one_object(object: Map<String, Value>) -> io::Result<()> {
    to_stdout(&(sanitize::json(&Value::Object(object).to_string()) + "\n"))
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
