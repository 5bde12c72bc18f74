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
mod dry_run;
mod envelope;
mod pick;
mod record;
pub mod report;
mod result;
pub mod status;
mod suggestions;
mod table;
mod times;
mod write;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::io::{self, IsTerminal as _};
use std::panic::PanicHookInfo;

use anstyle::{AnsiColor, Style};
use jiff::Zoned;
use serde_json::{Map, Value};

use crate::api::call;
use crate::message::sanitize;
use crate::named_enum::named_enum;
use crate::os::system;
use crate::output::envelope::Envelope;
pub use crate::output::write::relay;
use crate::output::write::{to_stderr, to_stdout};
use crate::settings::{RerunFlags, Settings};

const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const SANDBOX: Style = AnsiColor::Cyan.on_default().bold();

named_enum! {
    /// When to use colours.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub enum ColorWhen {
        Auto = "auto",
        Always = "always",
        #[default]
        Never = "never",
    }
}

/// How results are printed.
#[derive(Debug, Clone, Copy, Default)]
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
    options: ScreenOptions,
    colors: bool,
    stdout_is_terminal: bool,
    warnings: RefCell<Vec<String>>,
    /// The flags that suggested commands get.
    rerun: RerunFlags,
}

impl Screen {
    pub fn new(options: ScreenOptions) -> Self {
        let colors = match options.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        };
        let stdout_is_terminal = io::stdout().is_terminal();
        let (warnings, rerun) = (RefCell::default(), RerunFlags::default());
        Self { options, colors, stdout_is_terminal, warnings, rerun }
    }

    /// The output of a run with these settings, whose flags suggested commands get.
    #[must_use]
    pub fn for_settings(options: ScreenOptions, settings: &Settings) -> Self {
        Self { rerun: settings.rerun_flags(), ..Self::new(options) }
    }

    /// In the sandbox, prints that everything is simulated, even with `--quiet`.
    pub fn announce_sandbox(&self) {
        if self.options.sandbox {
            let text = "simulated: no account, no network, nothing is sent";
            self.print_labelled(SANDBOX, "[sandbox]", text);
        }
    }

    /// Prints a note, unless `--quiet` is set.
    pub fn note(&self, text: &str) {
        if !self.options.quiet {
            to_stderr(&sanitize::line(&self.rerun.text(text)));
        }
    }

    /// Prints a warning, once per text, and adds it to the JSON.
    pub fn warn(&self, text: impl Into<String>) {
        let text = self.rerun.text(&text.into());
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.contains(&text) {
            self.print_labelled(WARNING, "warning:", &text);
            warnings.push(text);
        }
    }

    /// With `-v`, prints a command that is about to run, with private values masked.
    pub fn command(&self, env: &Map<String, Value>, program: &str, arguments: &[String]) {
        if self.options.verbose {
            let line = call::env_prefix(env) + &call::masked_line(program, arguments);
            to_stderr(&format!("$ {}", sanitize::line(&line)));
        }
    }

    /// Prints what is about to be done, as rows of name and value, before a confirmation.
    pub fn plan(&self, title: &str, rows: &[(String, String)]) {
        to_stderr(&sanitize::line(title));
        let names: Vec<String> = rows.iter().map(|(name, _)| sanitize::line(name)).collect();
        let width = align::width(names.iter().map(String::as_str));
        for (name, (_, value)) in names.iter().zip(rows) {
            let value = sanitize::visible(value);
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

    /// Prints one event of a stream: a JSON object on one line, or a row.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn event(&self, command: &str, data: &Map<String, Value>) -> io::Result<()> {
        if self.options.json {
            let is_ok = !data.contains_key("error");
            let data = Some(data.clone());
            return Envelope { data, ..Envelope::new(command, is_ok, self.options.sandbox) }
                .print();
        }
        let safe = self.options.spreadsheet_safe && !self.stdout_is_terminal;
        let cells: Vec<String> = record::cells(data, self.now().as_ref())
            .into_iter()
            .map(|(_, cell)| cell::separated(cell, safe))
            .collect();
        to_stdout(&(cells.join("\t") + "\n"))
    }

    pub fn is_json(&self) -> bool {
        self.options.json
    }

    /// Whether a person reads the result: text on a terminal.
    pub fn is_for_a_person(&self) -> bool {
        !self.options.json && self.stdout_is_terminal
    }

    /// Whether rows can be printed page by page: not in JSON, which is one object, and not on a
    /// terminal, where the widest cell determines the width of a column.
    pub fn streams_rows(&self) -> bool {
        !self.options.json && !self.stdout_is_terminal
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
        text += &table::rows(items, columns, self.options.spreadsheet_safe);
        to_stdout(&text)
    }

    /// Prints notes about a list: that it is empty, and its other values.
    pub fn list_notes(&self, name: &str, is_empty: bool, facts: &Map<String, Value>) {
        if is_empty {
            self.note(&format!("no {name}"));
        }
        for (name, value) in record::cells(facts, None) {
            self.note(&format!("{name}: {value}"));
        }
    }

    /// Whether the reader of stdout is gone, such as a `head` that has finished.
    pub fn is_cut_off(&self) -> bool {
        system::is_cut_off(io::stdout())
    }

    /// The current time if stdout is a terminal, where times are shown relative to it.
    fn now(&self) -> Option<Zoned> {
        self.stdout_is_terminal.then(Zoned::now)
    }

    fn print_labelled(&self, style: Style, label: &str, text: &str) {
        let text = sanitize::line(text);
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
    to_stderr(&sanitize::line(&format!("alimsg panicked at {location}{text}")));
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        to_stderr(&sanitize::block(&backtrace.to_string()));
    }
}

fn terminal_width() -> u16 {
    dialoguer::console::Term::stdout().size().1
}
