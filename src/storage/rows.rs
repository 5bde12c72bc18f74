//! The rows of a call as bytes: for each run of consecutive rows, the gap before it and its length.

use crate::storage::batches::RowIndex;

/// Encodes rows; `None` if they are not ascending or have repetitions.
pub fn encode(rows: &[RowIndex]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(rows.len());
    let mut next = 0;
    for run in rows.chunk_by(|one, two| one.checked_add(1) == Some(*two)) {
        let (first, last) = (*run.first()?, *run.last()?);
        put(&mut bytes, first.checked_sub(next)?);
        put(&mut bytes, last - first);
        next = last.checked_add(1)?;
    }
    Some(bytes)
}

/// Decodes rows; `None` if the bytes are damaged. `count` limits the memory for damaged bytes.
pub fn decode(mut bytes: &[u8], count: usize) -> Option<Vec<RowIndex>> {
    let mut rows = Vec::new();
    let mut next: RowIndex = 0;
    while !bytes.is_empty() {
        let first = next.checked_add(take(&mut bytes)?)?;
        next = first.checked_add(take(&mut bytes)?)?.checked_add(1)?;
        if next - first > count.checked_sub(rows.len())? as u64 {
            return None;
        }
        rows.extend(first..next);
    }
    (rows.len() == count).then_some(rows)
}

/// Appends a number with seven bits in each byte; the highest bit marks that another byte follows.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return bytes.push(low & 0x7f);
        }
        bytes.push(low | 0x80);
    }
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_decoded_as_they_were_encoded() {
        let scattered: Vec<u64> = (0..1000).map(|row| row * row).collect();
        let cases = [vec![], vec![0], vec![0, 1, 2], vec![5, 6, 9, 300, 70_000], scattered];
        for rows in cases {
            let bytes = encode(&rows).expect("ascending");
            assert_eq!(decode(&bytes, rows.len()), Some(rows.clone()));
            assert_eq!(decode(&bytes, rows.len() + 1), None);
        }
        assert_eq!(encode(&(1_000_000..1_001_000).collect::<Vec<_>>()).expect("one run").len(), 5);
    }

    #[test]
    fn unordered_rows_and_damaged_bytes_are_rejected() {
        assert_eq!(encode(&[2, 1]), None);
        assert_eq!(encode(&[1, 1]), None);
        assert_eq!(decode(&[0x80], 1), None);
        assert_eq!(decode(&[0xff; 40], 1), None);
        assert_eq!(decode(&[0, 0xff, 0xff, 0xff, 0xff, 0x0f], 3), None);
    }
}
