//! The parts of the rows that a run sends: `--shard I/N`.

use serde::{Deserialize, Serialize};

use crate::storage::batches::RowIndex;

/// Parts of the rows, each with its number from 1 and the number of all parts. Without a part: all
/// rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shards(Vec<(u64, u64)>);

impl Shards {
    /// All rows, or the part of `--shard`.
    pub fn new(shard: Option<(u64, u64)>) -> Self {
        Self(shard.into_iter().collect())
    }

    /// Whether a run sends all rows.
    pub const fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, row: RowIndex) -> bool {
        let is_part =
            |(part, of): &(u64, u64)| row.checked_rem(*of).map(|at| at + 1) == Some(*part);
        self.is_all() || self.0.iter().any(is_part)
    }

    /// Whether other runs have to send the other rows.
    pub fn lacks_rows(&self) -> bool {
        let is_complete = |of: u64| (1..=of).all(|part| self.0.contains(&(part, of)));
        !self.is_all() && !self.0.iter().any(|(_, of)| is_complete(*of))
    }

    /// What this machine sends of a batch from now on, after earlier runs with other parts.
    #[must_use]
    pub fn after(&self, earlier: &Self) -> Self {
        let mut all = self.0.clone();
        if !self.is_all() {
            all.extend(&earlier.0);
        }
        all.sort_unstable();
        all.dedup();
        Self(all)
    }
}

impl std::fmt::Display for Shards {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (part, of)) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            write!(formatter, "{separator}{part}/{of}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_collected_and_together_have_each_row_once() {
        let part = |part| Shards::new(Some((part, 3)));
        for row in 0..10 {
            let parts = (1..=3).filter(|number| part(*number).contains(row)).count();
            assert!(parts == 1 && Shards::default().contains(row), "{row}");
        }
        let two = part(3).after(&part(1)).after(&part(3));
        assert_eq!((two.to_string(), two.lacks_rows()), ("1/3, 3/3".into(), true));
        assert_eq!([2, 3, 4].map(|row| two.contains(row)), [true, true, false]);
        assert!(!part(2).after(&two).lacks_rows());
        // A run without a part sends all rows, and a later one with a part only that part.
        let all = Shards::default();
        assert!(all.after(&two).is_all() && !all.lacks_rows());
        assert_eq!(part(2).after(&all), part(2));
        // A damaged record contains no row.
        assert!(!Shards(vec![(0, 0), (0, 2)]).contains(0));
    }
}
