//! The keys of `batch_rows`: the number of the batch, and the row in the lowest 40 bits. SQLite finds
//! and appends an integer key several times as fast as a key of two columns.

use anyhow::anyhow;

use crate::storage::batches::RowIndex;
use crate::storage::{Error, Result};

const ROW_BITS: u32 = 40;
const MAX_ROW: RowIndex = (1 << ROW_BITS) - 1;
const MAX_BATCH: i64 = (1 << (i64::BITS - 1 - ROW_BITS)) - 1;

/// The key of a row.
///
/// # Errors
/// The number of the batch has more than 23 bits, or the row more than 40.
pub fn id(batch: i64, row: RowIndex) -> Result<i64> {
    if row > MAX_ROW || !(0..=MAX_BATCH).contains(&batch) {
        return Err(Error::NotWritten(anyhow!("the store cannot have row {row} of batch {batch}")));
    }
    Ok(batch << ROW_BITS | row.cast_signed())
}

/// The first and the last key that a batch can have.
///
/// # Errors
/// As [`id`].
pub fn range(batch: i64) -> Result<[i64; 2]> {
    Ok([id(batch, 0)?, id(batch, MAX_ROW)?])
}

/// The row of a key.
pub const fn row(id: i64) -> RowIndex {
    id.cast_unsigned() & MAX_ROW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_batches_do_not_overlap_and_give_back_their_rows() {
        for batch in [1, 2, MAX_BATCH - 1] {
            let [_, last] = range(batch).expect("a range");
            let [first, _] = range(batch + 1).expect("a range");
            assert!((0..first).contains(&last), "{last} {first}");
        }
        for index in [0, 1, 1_000_000_000, MAX_ROW] {
            for batch in [0, 1, MAX_BATCH] {
                assert_eq!(row(id(batch, index).expect("a key")), index);
            }
        }
        assert!(id(1, MAX_ROW + 1).is_err() && id(MAX_BATCH + 1, 0).is_err() && id(-1, 0).is_err());
    }
}
