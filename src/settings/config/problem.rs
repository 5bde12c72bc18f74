//! What is wrong with a configuration file, and where.

use std::ops::Range;
use std::path::Path;

use crate::error::Failure;

/// What is wrong with a file or a value.
#[derive(Debug)]
pub struct Problem {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    /// The place in the file.
    pub(super) place: Option<Range<usize>>,
}

impl Problem {
    pub const fn new(message: String) -> Self {
        Self { message, hint: None, place: None }
    }

    pub fn secret(place: Option<Range<usize>>) -> Self {
        let hint =
            "remove it: alimsg never needs a key, and aliyun keeps its own (`aliyun configure`)";
        Self {
            message: "an access key or another secret does not belong in a configuration file"
                .into(),
            hint: Some(hint.into()),
            place,
        }
    }

    /// The failure for a file.
    pub(super) fn at(self, path: &Path, text: &str) -> Box<Failure> {
        let position = self.place.as_ref().and_then(|place| position(text, place));
        let position = position
            .map(|(line, column)| format!(", line {line}, column {column}"))
            .unwrap_or_default();
        Failure::usage(format!("{}{position}: {}", path.display(), self.message))
            .hint(self.hint.unwrap_or_else(|| "correct the file, then run this again".into()))
    }

    /// The failure for a value of the command line.
    pub fn failure(self) -> Box<Failure> {
        let failure = Failure::usage(self.message);
        match self.hint {
            Some(hint) => failure.hint(hint),
            None => failure.hint("`alimsg config --help` describes the keys"),
        }
    }
}

/// Line and column of a place, both counted from 1; the column in characters.
fn position(text: &str, place: &Range<usize>) -> Option<(usize, usize)> {
    let before = text.get(..place.start)?;
    let line = before.matches('\n').count() + 1;
    Some((line, before.rsplit('\n').next().unwrap_or(before).chars().count() + 1))
}
