//! A set of rows, with one bit for each row of the input.

use crate::storage::batches::RowIndex;

/// The rows of an input that have a call: 12.5 MB for 100 million rows.
#[derive(Debug, Default)]
pub struct RowSet {
    words: Vec<u64>,
    length: u64,
}

impl RowSet {
    pub fn insert(&mut self, row: RowIndex) {
        let (word, bit) = place(row);
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.length += u64::from(self.words[word] & bit == 0);
        self.words[word] |= bit;
    }

    pub fn contains(&self, row: RowIndex) -> bool {
        let (word, bit) = place(row);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The number of rows in the set.
    pub const fn len(&self) -> u64 {
        self.length
    }

    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl Extend<RowIndex> for RowSet {
    fn extend<I: IntoIterator<Item = RowIndex>>(&mut self, rows: I) {
        rows.into_iter().for_each(|row| self.insert(row));
    }
}

fn place(row: RowIndex) -> (usize, u64) {
    (usize::try_from(row / 64).unwrap_or(usize::MAX), 1 << (row % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_contains_exactly_the_inserted_rows() {
        let mut set = RowSet::default();
        assert!(set.is_empty());
        set.extend([0, 63, 64, 1_000_000, 64]);
        assert_eq!(set.len(), 4);
        for row in 0..200 {
            assert_eq!(set.contains(row), [0, 63, 64].contains(&row), "{row}");
        }
        assert!(set.contains(1_000_000) && !set.contains(u64::MAX));
    }
}
