//! Prompts on the terminal.

use std::io;
use std::io::BufRead as _;
use std::io::IsTerminal as _;
use std::sync::mpsc;

use crate::error::{self, Failure, Kind};
use crate::message::sanitize;
use crate::os::signals;
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
        if self.has_plan() {
            return Err(Failure::new(Kind::Cancelled, "only the plan was wanted"));
        }
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
    /// The answer is anything else, or there is none.
    pub fn confirm(&self, action: &str) -> error::Result<()> {
        if self.has_plan() {
            return Err(Failure::new(Kind::Cancelled, "only the plan was wanted"));
        }
        if prompt(&format!("Type \"yes\" to {action}"))? == "yes" {
            return Ok(());
        }
        Err(Failure::new(Kind::Cancelled, "not confirmed"))
    }
}

#[derive(Clone)]
enum Event {
    Answer(Result<String, String>),
    Signal,
}

/// Prompts for one line. The terminal stays in its normal mode, so nothing has to be restored if
/// the program ends during the prompt.
///
/// The line is read on a separate thread, because neither a signal nor a closed terminal reliably
/// ends the blocking read. After a signal the thread is abandoned, because the program ends.
fn prompt(question: &str) -> error::Result<String> {
    if !io::stderr().is_terminal() {
        return Err(no_answer("the prompt cannot be shown, because stderr is not a terminal"));
    }
    write_prompt(&format!("{}: ", sanitize::line(question)));
    let (sender, events) = mpsc::channel();
    let _subscription = signals::SignalSubscription::new(sender.clone(), Event::Signal);
    let reader = std::thread::Builder::new().name("question".into());
    let started = reader.spawn(move || {
        let mut line = String::new();
        let answer = match io::stdin().lock().read_line(&mut line) {
            Ok(0) => Err("end of input".to_string()),
            Ok(_) => Ok(line),
            Err(error) => Err(error.to_string()),
        };
        drop(sender.send(Event::Answer(answer)));
    });
    if let Err(error) = started {
        write_prompt("\n");
        return Err(no_answer(&format!("cannot start a thread: {error}")));
    }
    // A signal from before the subscription counts as well.
    let event = if signals::count() > 0 { Ok(Event::Signal) } else { events.recv() };
    match event {
        _ if signals::count() > 0 => {
            write_prompt("\n");
            Err(Failure::interrupted())
        }
        Ok(Event::Answer(Ok(line))) => Ok(line.trim().to_string()),
        Ok(Event::Answer(Err(reason))) => {
            write_prompt("\n");
            Err(no_answer(&reason))
        }
        Ok(Event::Signal) | Err(_) => Err(Failure::interrupted()),
    }
}

fn no_answer(reason: &str) -> Box<Failure> {
    Failure::new(Kind::Cancelled, format!("no answer: {reason}"))
}
