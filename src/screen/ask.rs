//! Questions to the person at the terminal.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use dialoguer::FuzzySelect;
use dialoguer::console::{Term, truncate_str};
use dialoguer::theme::SimpleTheme;

use super::{Screen, sanitize};
use crate::failure::{Failure, Kind, Result};
use crate::signals;

/// How many rows of a list are shown at once.
const ROWS: usize = 12;

impl Screen {
    /// Asks for a value; blank answers are asked again, and `check` says what is wrong with others.
    ///
    /// # Errors
    /// The person ended the program in the place of an answer.
    pub fn ask(&self, question: &str, check: impl Fn(&str) -> Result<()>) -> Result<String> {
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

    /// Lets the person pick one of the rows, which can be searched by typing, and returns its
    /// number. None is picked in advance.
    ///
    /// # Errors
    /// There is nothing to pick, or nothing was picked.
    pub fn pick(&self, question: &str, rows: &[String]) -> Result<usize> {
        if rows.is_empty() {
            return Err(Failure::usage(format!("{question}: there is none to pick")));
        }
        let term = Term::stderr();
        // A row that is broken into two lines would not be cleared completely.
        let width = usize::from(term.size().1).saturating_sub(3).max(20);
        let shown = rows.iter().enumerate().map(|(number, row)| {
            // The number in front keeps two rows apart that begin alike.
            truncate_str(&format!("{}. {}", number + 1, sanitize::line(row)), width, "…")
                .into_owned()
        });
        let answer = FuzzySelect::with_theme(&SimpleTheme)
            .with_prompt(format!("{question} (type to search, arrows to move)"))
            .items(shown)
            .max_length(ROWS)
            .interact_on_opt(&term);
        if !matches!(answer, Ok(Some(_))) {
            // It was hidden for the list, and an early end leaves it so.
            let _ = term.show_cursor();
        }
        stop_if_interrupted(answer.as_ref().err())?;
        match answer {
            Ok(Some(number)) => Ok(number),
            Ok(None) => Err(Failure::new(Kind::Cancelled, "nothing was picked")),
            Err(error) => {
                Err(Failure::new(Kind::Cancelled, format!("nothing was picked: {error}")))
            }
        }
    }

    /// Asks for the word `yes`; anything else is a no.
    ///
    /// # Errors
    /// The answer was not `yes`.
    pub fn confirm(&self, question: &str) -> Result<()> {
        if read(&format!("{question} (only \"yes\" goes on)"))? == "yes" {
            return Ok(());
        }
        Err(Failure::new(Kind::Cancelled, "not confirmed"))
    }
}

#[derive(Clone)]
enum Event {
    Answer(std::result::Result<String, String>),
    Signal,
}

/// One line from the terminal, which stays in its ordinary mode: nothing has to be put back in
/// order when the program is ended in the place of an answer.
///
/// The line is read on a thread of its own. A system call that waits for a person does not return
/// at every signal, and a terminal that is gone need not end it either; the thread is simply left
/// behind then, because the program is about to end.
fn read(question: &str) -> Result<String> {
    if !io::stderr().is_terminal() {
        return Err(no_answer("the question cannot be shown, stderr is no terminal"));
    }
    super::prompt(&format!("{question}: "));
    let (sender, events) = mpsc::channel();
    let _waking = signals::Waking::new(sender.clone(), Event::Signal);
    std::thread::spawn(move || {
        let mut line = String::new();
        let answer = match io::stdin().lock().read_line(&mut line) {
            Ok(0) => Err("end of input".to_string()),
            Ok(_) => Ok(line),
            Err(error) => Err(error.to_string()),
        };
        drop(sender.send(Event::Answer(answer)));
    });
    // A signal that came before anybody listened counts as well.
    let event = if signals::count() > 0 { Ok(Event::Signal) } else { events.recv() };
    match event {
        _ if signals::count() > 0 => {
            super::prompt("\n");
            Err(Failure::interrupted())
        }
        Ok(Event::Answer(Ok(line))) => Ok(line.trim().to_string()),
        Ok(Event::Answer(Err(reason))) => {
            super::prompt("\n");
            Err(no_answer(&reason))
        }
        Ok(Event::Signal) | Err(_) => Err(Failure::interrupted()),
    }
}

fn no_answer(reason: &str) -> Box<Failure> {
    Failure::new(Kind::Cancelled, format!("no answer was given: {reason}"))
}

/// A signal ends the question. It is counted on a thread of its own, maybe a moment later.
fn stop_if_interrupted(error: Option<&dialoguer::Error>) -> Result<()> {
    let is_signal = |dialoguer::Error::IO(error): &dialoguer::Error| {
        error.kind() == std::io::ErrorKind::Interrupted
    };
    let deadline = Instant::now() + Duration::from_secs(1);
    while error.is_some_and(is_signal) && signals::count() == 0 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
    if signals::count() > 0 { Err(Failure::interrupted()) } else { Ok(()) }
}
