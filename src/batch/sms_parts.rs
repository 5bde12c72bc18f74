//! The billed parts of an SMS.

use crate::batch::input::Columns;
use crate::message::placeholder::{Segment, Style, segments};

/// Counts the billed parts of an SMS: up to 70 characters are one part, a longer text has 67
/// characters in each part (documented).
pub struct PartCounter {
    /// Characters outside variables, with the brackets of the signature.
    fixed: usize,
    /// For each variable of the batch, how often the text contains it.
    occurrences: Vec<usize>,
}

impl PartCounter {
    pub fn new(text: &str, columns: &Columns) -> Self {
        let mut fixed = 2;
        let mut occurrences = vec![0; columns.variables.len()];
        for segment in segments(text, Style::Sms) {
            match segment {
                Segment::Text(text) => fixed += text.chars().count(),
                Segment::Variable { name, source } => {
                    match columns.variables.iter().position(|(variable, _)| variable == name) {
                        Some(at) => occurrences[at] += 1,
                        None => fixed += source.chars().count(),
                    }
                }
            }
        }
        Self { fixed, occurrences }
    }

    pub fn parts<'v>(&self, sign: &str, values: impl Iterator<Item = &'v str>) -> u64 {
        const ONE_PART: usize = 70;
        const EACH_PART: usize = 67;
        let variable = self.occurrences.iter().zip(values);
        let length = self.fixed
            + sign.chars().count()
            + variable.map(|(times, value)| times * value.chars().count()).sum::<usize>();
        if length <= ONE_PART { 1 } else { length.div_ceil(EACH_PART) as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sms_count_as_several_parts() {
        let columns = Columns {
            phone: 0,
            sign: None,
            out_id: None,
            language: None,
            variables: vec![("a".into(), 1)],
            ignored: Vec::new(),
        };
        let counter = PartCounter::new("短信${a}${a}", &columns);
        // 【Acme】 has 6 characters, the text 2.
        for (length, parts) in [(0, 1), (31, 1), (32, 2), (63, 2), (64, 3)] {
            assert_eq!(
                counter.parts("Acme", std::iter::once("x".repeat(length).as_str())),
                parts,
                "{length}"
            );
        }
    }
}
