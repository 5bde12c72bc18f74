//! Prompts on the terminal.

use std::io;
use std::io::IsTerminal as _;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::error::{self, Failure, Kind};
use crate::message::sanitize;
use crate::os::{signals, system};
use crate::output::Screen;
use crate::output::write::write_prompt;

impl Screen {
    /// Prompts for a value until it is not blank and passes `check`, whose failure is shown.
    ///
    /// # Errors
    /// There is no answer: a signal came, the input ended, or stderr is not a terminal.
    pub fn ask(
        &self,
        question: &str,
        check: impl Fn(&str) -> error::Result<()>,
    ) -> error::Result<String> {
        loop {
            let answer = prompt(question)?;
            if answer.is_empty() {
                continue;
            }
            match check(&answer) {
                Ok(()) => return Ok(answer),
                Err(failure) => self.note(&failure.message),
            }
        }
    }

    /// Prompts for the word `yes`.
    ///
    /// # Errors
    /// The answer is anything else, or there is none; as [`Self::agrees`].
    pub fn confirm(&self, action: &str) -> error::Result<()> {
        if self.agrees()? || prompt(&format!("Type \"yes\" to {action}"))? == "yes" {
            return Ok(());
        }
        Err(Failure::new(Kind::Cancelled, "not confirmed"))
    }
}

#[derive(Clone)]
enum Event {
    Answer(Result<String, String>),
    /// Ctrl-C. The terminal does not turn it into a signal while a line is edited.
    Interrupt,
    Signal,
}

/// How long Ctrl-C may take to come back as a signal.
const INTERRUPT_TIMEOUT: Duration = Duration::from_secs(1);

/// Prompts for one line, which can be edited. Other control keys are ignored.
///
/// The line is read on a separate thread, because neither a signal nor a closed terminal reliably
/// ends the blocking read. After a signal the thread is abandoned, because the program ends; the mode
/// of the terminal is then restored here.
fn prompt(question: &str) -> error::Result<String> {
    if !io::stderr().is_terminal() {
        return Err(no_answer("the prompt cannot be shown, because stderr is not a terminal"));
    }
    let mode = system::TerminalMode::current();
    let (sender, events) = mpsc::channel();
    let _subscription = signals::SignalSubscription::new(sender.clone(), Event::Signal);
    let reader = std::thread::Builder::new().name("question".into());
    let text = format!("{}: ", sanitize::line(question));
    let started = reader.spawn(move || drop(sender.send(edit_line(&text))));
    if let Err(error) = started {
        return Err(no_answer(&format!("cannot start a thread: {error}")));
    }
    // A signal from before the subscription counts as well.
    let mut event = if signals::count() > 0 { Ok(Event::Signal) } else { recv(&events, None) };
    if matches!(event, Ok(Event::Interrupt)) {
        system::interrupt_self();
        event = recv(&events, Some(INTERRUPT_TIMEOUT));
    }
    match event {
        _ if signals::count() > 0 => {
            mode.restore();
            write_prompt(&format!("{PASTE_MODE_OFF}\n"));
            Err(Failure::interrupted())
        }
        Ok(Event::Answer(Ok(line))) => Ok(line.trim().to_string()),
        Ok(Event::Answer(Err(reason))) => Err(no_answer(&reason)),
        Ok(Event::Interrupt) => Err(no_answer("interrupted")),
        Ok(Event::Signal) | Err(_) => Err(Failure::interrupted()),
    }
}

/// Ends the bracketed paste mode of terminals, which the editor begins.
const PASTE_MODE_OFF: &str = "\u{1b}[?2004l";

fn recv(
    events: &mpsc::Receiver<Event>,
    timeout: Option<Duration>,
) -> Result<Event, RecvTimeoutError> {
    match timeout {
        None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        Some(timeout) => events.recv_timeout(timeout),
    }
}

/// Lets the user edit a line.
fn edit_line(text: &str) -> Event {
    let line = DefaultEditor::new().and_then(|mut editor| editor.readline(text));
    match line {
        // Ctrl-V inserts the next key as it is; a pasted text can have several lines.
        Ok(line) => {
            let is_text = |c: &char| !c.is_control() || *c == '\n';
            Event::Answer(Ok(line.chars().filter(is_text).collect()))
        }
        Err(ReadlineError::Interrupted) => Event::Interrupt,
        Err(ReadlineError::Eof) => Event::Answer(Err("end of input".to_string())),
        Err(error) => Event::Answer(Err(error.to_string())),
    }
}

fn no_answer(reason: &str) -> Box<Failure> {
    Failure::new(Kind::Cancelled, format!("no answer: {reason}"))
}
