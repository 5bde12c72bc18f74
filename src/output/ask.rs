//! Questions to the person at the terminal.

use std::io;
use std::io::BufRead as _;
use std::io::IsTerminal as _;
use std::sync::mpsc;

use crate::error::{self, Failure, Kind};
use crate::message::sanitize;
use crate::os::signals;
use crate::output::Screen;

impl Screen {
    /// Asks for a value; blank answers are asked again, and `check` says what is wrong with others.
    ///
    /// # Errors
    /// The person ended the program in the place of an answer.
    pub fn ask(
        &self,
        question: &str,
        check: impl Fn(&str) -> error::Result<()>,
    ) -> error::Result<String> {
        loop {
            let answer = read(question)?;
            if answer.is_empty() {
                continue;
            }
            match check(&answer) {
                Ok(()) => return Ok(answer),
                Err(wrong) => self.note(&wrong.message),
            }
        }
    }

    /// Asks for the word `yes`; anything else is a no.
    ///
    /// # Errors
    /// The answer was not `yes`.
    pub fn confirm(&self, question: &str) -> error::Result<()> {
        if read(&format!("{question} (only \"yes\" goes on)"))? == "yes" {
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

/// One line from the terminal, which stays in its ordinary mode: nothing has to be put back in
/// order when the program is ended in the place of an answer.
///
/// The line is read on a thread of its own. A system call that waits for a person does not return
/// at every signal, and a terminal that is gone need not end it either; the thread is simply left
/// behind then, because the program is about to end.
fn read(question: &str) -> error::Result<String> {
    if !io::stderr().is_terminal() {
        return Err(no_answer("the question cannot be shown, stderr is no terminal"));
    }
    crate::output::prompt(&format!("{}: ", sanitize::line(question)));
    let (sender, events) = mpsc::channel();
    let _waking = signals::SignalSubscription::new(sender.clone(), Event::Signal);
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
        crate::output::prompt("\n");
        return Err(no_answer(&format!("a thread cannot be started: {error}")));
    }
    // A signal that came before anybody listened counts as well.
    let event = if signals::count() > 0 { Ok(Event::Signal) } else { events.recv() };
    match event {
        _ if signals::count() > 0 => {
            crate::output::prompt("\n");
            Err(Failure::interrupted())
        }
        Ok(Event::Answer(Ok(line))) => Ok(line.trim().to_string()),
        Ok(Event::Answer(Err(reason))) => {
            crate::output::prompt("\n");
            Err(no_answer(&reason))
        }
        Ok(Event::Signal) | Err(_) => Err(Failure::interrupted()),
    }
}

fn no_answer(reason: &str) -> Box<Failure> {
    Failure::new(Kind::Cancelled, format!("no answer was given: {reason}"))
}
