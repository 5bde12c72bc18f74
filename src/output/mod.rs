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
mod chat;
mod columns;
mod dry_run;
pub mod envelope;
mod fields;
mod jq;
mod pick;
mod plan;
mod record;
pub mod report;
mod result;
mod states;
pub mod status;
mod suggestions;
mod table;
mod times;
pub mod untrusted;
mod write;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::io::{self, IsTerminal as _};
use std::panic::PanicHookInfo;

use anstyle::{AnsiColor, Style};
use jiff::Zoned;
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::api::call;
use crate::error::{Failure, Result};
use crate::message::sanitize;
use crate::named_enum::named_enum;
use crate::os::system;
use crate::output::cell::Separated;
use crate::output::envelope::Envelope;
pub use crate::output::envelope::failure_object;
use crate::output::table::{Columns, Reader};
pub use crate::output::write::relay;
use crate::output::write::{to_stderr, to_stdout};
use crate::settings::{PlanUse, RerunFlags, Settings};

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

named_enum! {
    /// The format of results on stdout.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub enum OutputFormat {
        /// Tables and aligned values on a terminal, tab-separated values in a pipe.
        #[default]
        Text = "text",
        Json = "json",
        Tsv = "tsv",
        Csv = "csv",
    }
}

/// How results are printed.
#[derive(Debug, Clone, Default)]
pub struct ScreenOptions {
    pub format: OutputFormat,
    /// Only these fields, in this order; none for all.
    pub fields: Vec<String>,
    /// The expression that is applied to the JSON; the format is then JSON.
    pub jq: Option<String>,
    pub no_header: bool,
    /// Adds the replies of the service to the JSON.
    pub raw: bool,
    pub sandbox: bool,
    pub plan: PlanUse,
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
    /// Why the options cannot be used.
    invalid_option: Option<String>,
    /// Rows were printed with a field that does not exist.
    unknown_field: RefCell<Option<String>>,
    /// At least one event of a stream was printed.
    has_printed_events: Cell<bool>,
    /// The day of the last message that was printed as in a chat.
    chat_day: Cell<Option<Date>>,
    colors_on_stdout: bool,
    /// The flags that suggested commands get.
    rerun: RerunFlags,
    /// The plan of this run, unless the user is asked about it.
    plan: RefCell<Option<plan::Plan>>,
    /// A person has agreed to the plan of this run.
    is_agreed: Cell<bool>,
}

impl Screen {
    pub fn new(mut options: ScreenOptions) -> Self {
        let stdout_is_terminal = io::stdout().is_terminal();
        let colors = |is_terminal: bool| match options.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none(),
        };
        let (colors, colors_on_stdout) =
            (colors(io::stderr().is_terminal()), colors(stdout_is_terminal));
        let error = options.jq.as_deref().and_then(|expression| jq::check(expression).err());
        if error.is_some() {
            // The failure itself is printed as JSON, without the filter.
            options.jq = None;
        }
        Self {
            options,
            colors,
            stdout_is_terminal,
            warnings: RefCell::default(),
            invalid_option: error.map(|error| format!("invalid --jq: {error}")),
            unknown_field: RefCell::default(),
            has_printed_events: Cell::new(false),
            chat_day: Cell::new(None),
            colors_on_stdout,
            rerun: RerunFlags::default(),
            plan: RefCell::default(),
            is_agreed: Cell::new(false),
        }
    }

    /// The output of a run with these settings, whose flags suggested commands get.
    #[must_use]
    pub fn for_settings(options: ScreenOptions, settings: &Settings) -> Self {
        Self { rerun: settings.rerun_flags(), ..Self::new(options) }
    }

    /// Fails if an option cannot be used; nothing was started yet.
    ///
    /// # Errors
    /// The filter is not valid.
    pub fn check_options(&self) -> Result<()> {
        match &self.invalid_option {
            None => Ok(()),
            Some(message) => {
                Err(Failure::usage(message).hint("the filter is in the language of jq"))
            }
        }
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

    /// Prints a text to stdout, such as help.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn page(&self, text: &str) -> io::Result<()> {
        to_stdout(text)
    }

    /// Prints one event of a stream: a JSON object on one line, or a row. A tool of `alimsg mcp` has
    /// only a result.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn event(&self, command: &str, data: &Map<String, Value>) -> io::Result<()> {
        if self.options.plan != PlanUse::Ask {
            return Ok(());
        }
        let is_ok = !data.contains_key("error");
        let selected;
        let data = if self.options.fields.is_empty() || !is_ok {
            data
        } else {
            let items = std::slice::from_ref(data);
            if let Some(message) = fields::unknown(items, &self.options.fields) {
                self.warn(message);
            }
            selected = fields::select(data, &self.options.fields);
            &selected
        };
        self.has_printed_events.set(true);
        if self.is_json() {
            let mut data = data.clone();
            untrusted::mark_event(command, &mut data);
            let data = Some(data);
            let envelope = Envelope { data, ..Envelope::new(command, is_ok, self.options.sandbox) };
            return self.print_json(&envelope);
        }
        let now = self.now();
        let cells = record::cells(data, now.as_ref()).into_iter().map(|(_, cell)| cell);
        to_stdout(&self.separated().row(cells))
    }

    /// Prints a message of a conversation as an event; for a reader at a terminal, as in a chat.
    /// `with_customer`: the conversation has several customers.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn message(
        &self,
        command: &str,
        data: &Map<String, Value>,
        with_customer: bool,
    ) -> io::Result<()> {
        let Some(reader) = self.reader().filter(|_| self.options.fields.is_empty()) else {
            return self.event(command, data);
        };
        let mut day = self.chat_day.get();
        let lines = chat::lines(data, with_customer, &mut day, &reader);
        self.chat_day.set(day);
        to_stdout(&lines)
    }

    pub fn is_json(&self) -> bool {
        self.options.format == OutputFormat::Json
    }

    /// Whether the JSON contains the replies of the service.
    pub fn keeps_replies(&self) -> bool {
        self.options.raw && self.is_json()
    }

    /// Whether text has tables and aligned values, for a reader at a terminal.
    pub fn is_for_reader(&self) -> bool {
        self.stdout_is_terminal && self.options.format == OutputFormat::Text
    }

    /// How the cells of a line are separated in this format.
    fn separated(&self) -> Separated {
        Separated {
            by_commas: self.options.format == OutputFormat::Csv,
            spreadsheet_safe: self.options.spreadsheet_safe && !self.is_for_reader(),
            no_header: self.options.no_header,
        }
    }

    /// The reader at the terminal, if there is one.
    fn reader(&self) -> Option<Reader> {
        let now = self.now()?;
        Some(Reader { width: terminal_width(), now, colors: self.colors_on_stdout })
    }

    /// The columns of a list for a reader.
    fn columns(&self, list: &str) -> Columns<'static> {
        let is_selection = !self.options.fields.is_empty();
        let preferred = if is_selection { &[][..] } else { columns::preferred(list) };
        Columns { preferred, is_selection, no_header: self.options.no_header }
    }

    /// Prints which columns the terminal has no room for.
    fn note_left_out(&self, columns: &[String]) {
        if !columns.is_empty() {
            self.note(&format!(
                "no room for {}; select columns with --fields, or use --output json",
                columns.join(", ")
            ));
        }
    }

    /// Whether rows can be printed page by page: not in JSON, which is one object, and not on a
    /// terminal, where the widest cell determines the width of a column.
    pub fn streams_rows(&self) -> bool {
        !self.is_json() && !self.is_for_reader()
    }

    /// Prints an object: on one line, or indented for a reader at a terminal, or the results of the
    /// filter.
    ///
    /// # Errors
    /// Stdout cannot be written; the filter failed.
    fn print_json(&self, envelope: &Envelope<'_>) -> io::Result<()> {
        let Some(expression) = &self.options.jq else {
            let is_indented = self.stdout_is_terminal && !self.has_printed_events.get();
            return to_stdout(&envelope.text(is_indented)?);
        };
        let print = |line: &str| to_stdout(&format!("{line}\n")).map_err(|error| error.to_string());
        jq::run(expression, envelope.text(false)?, print)
            .map_err(|error| io::Error::other(format!("--jq: {error}")))
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
        self.is_for_reader().then(Zoned::now)
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
