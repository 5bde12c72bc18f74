//! Files of numbers that must not be contacted.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::error::{Failure, Result};
use crate::message::phone;

/// The numbers of such a file, compared regardless of their notation.
#[derive(Debug, Default)]
pub struct Exclusions {
    numbers: HashSet<u64>,
}

impl Exclusions {
    /// Reads a file with one number on each line. Of a CSV file, every column that can be a number
    /// counts: one excluded number too many is better than one too few. Only the first line can be a
    /// header, which does not start like a number.
    ///
    /// # Errors
    /// The file cannot be read, or a line has no number: a number that is not recognized would be
    /// contacted. `name` is the flag or the rule that names the file.
    pub fn load(name: &str, path: &Path) -> Result<Self> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::usage(format!("{name} {}: {error}", path.display()))
                .hint("give a text file with one phone number on each line")
        };
        let file = File::open(path).map_err(|error| failed(&error))?;
        let mut exclusions = Self::default();
        for (at, line) in BufReader::new(file).lines().enumerate() {
            let line = line.map_err(|error| failed(&error))?;
            let line = line.trim().trim_start_matches('\u{feff}');
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let numbers: Vec<u64> = line.split([',', ';', '\t']).filter_map(digits).collect();
            // Such as `phone`; not a damaged number.
            let is_header = || at == 0 && !line.starts_with(|c: char| c.is_numeric() || c == '+');
            if numbers.is_empty() && !is_header() {
                return Err(failed(&format!("line {} has no phone number", at + 1)));
            }
            for number in numbers {
                exclusions.insert(number);
            }
        }
        Ok(exclusions)
    }

    fn insert(&mut self, number: u64) {
        self.numbers.extend(notations(number));
    }

    /// Whether the number is excluded. `number` has passed the check of its service.
    pub fn contains(&self, number: &str) -> bool {
        !self.numbers.is_empty()
            && digits(number)
                .is_some_and(|number| notations(number).any(|one| self.numbers.contains(&one)))
    }

    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}

/// The digits of a number in any notation, also in quotes.
fn digits(text: &str) -> Option<u64> {
    phone::digits(text.trim().trim_matches(['"', '\'']))?.parse().ok()
}

/// The number and, for a mainland number, its other notation: 11 digits may lack the country code
/// 86. One excluded number too many is better than one too few.
fn notations(number: u64) -> impl Iterator<Item = u64> {
    const MAINLAND: u64 = 8_600_000_000_000;
    let other = match number {
        10_000_000_000..=19_999_999_999 => Some(number + MAINLAND),
        8_610_000_000_000..=8_619_999_999_999 => Some(number - MAINLAND),
        _ => None,
    };
    std::iter::once(number).chain(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn load(text: &str) -> Result<Exclusions> {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("written");
        Exclusions::load("--exclude", file.path())
    }

    #[test]
    fn a_number_is_excluded_in_every_notation() {
        for line in [
            "13800001000",
            "+86 138-0000-1000",
            "008613800001000",
            "8613800001000",
            "phone,name\n\"138 0000 1000\",Alice",
            "\u{feff}13800001000\r",
        ] {
            let exclusions = load(line).expect(line);
            for number in ["13800001000", "+8613800001000", "008613800001000", "8613800001000"] {
                assert!(exclusions.contains(number), "{line}: {number}");
            }
            assert!(!exclusions.contains("13800001001"));
        }
    }

    #[test]
    fn a_line_without_a_number_is_an_error_with_its_line_number() {
        let failure = load("phone\n13800001000\nAlice\n").expect_err("refused");
        assert!(failure.message.contains("line 3"), "{}", failure.message);
        Exclusions::load("--exclude", Path::new("/nonexistent")).expect_err("no file");
        // The first line is no header if it could be a number.
        load("1380000100x\n13800001001\n").expect_err("refused");
        load("1.38E+10,Alice\n13800001001\n").expect_err("refused");
        load("phone\n1.38E+10\n").expect_err("refused");
    }

    #[test]
    fn every_column_that_can_be_a_number_counts() {
        let exclusions = load("id,phone\n10000001,13800001000\n").expect("loaded");
        assert!(exclusions.contains("13800001000") && exclusions.contains("10000001"));
    }
}
