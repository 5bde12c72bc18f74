//! Finds rows that would send the same message to the same number twice.

use std::fs::File;
use std::hash::BuildHasher;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

use anyhow::Context as _;
use foldhash::{HashMap, HashSet};

use crate::storage::batches::RowIndex;

/// Above this number of rows, duplicates are found on disk. In memory, a row takes about 35 bytes.
const MAX_IN_MEMORY: usize = 10_000_000;
/// How many files the rows are distributed to on disk; each must fit into memory.
const PARTITIONS: usize = 64;

/// A row with the number and the message of an earlier row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duplicate {
    pub row: RowIndex,
    /// The line of the row in the input.
    pub line: u64,
    /// The line of the earlier row.
    pub first_line: u64,
}

/// One row: what decides whether it is a duplicate, and where it is.
#[derive(Debug, Clone, Copy)]
struct Entry {
    phone: u64,
    message: u64,
    row: RowIndex,
    line: u64,
}

/// Collects rows and finds duplicates.
pub struct Duplicates {
    memory: Memory,
    /// Present once the rows no longer fit into memory.
    disk: Option<Disk>,
    max_in_memory: usize,
    /// The number of phone numbers that get more than one message.
    repeated_phones: u64,
    hasher: std::hash::RandomState,
}

/// The rows that are compared in memory.
#[derive(Default)]
struct Memory {
    /// The first message to each number: its hash and its line.
    first: HashMap<u64, (u32, u32)>,
    /// Other messages to the same numbers: their lines.
    others: HashMap<(u64, u32), u32>,
    repeated: HashSet<u64>,
}

impl Memory {
    /// Adds a row. Returns the line of an earlier equal row.
    fn add(&mut self, phone: u64, message: u64, line: u64) -> Option<u64> {
        let (message, line) = (low(message), low(line));
        let (first, first_line) = *self.first.entry(phone).or_insert((message, line));
        if first_line == line && first == message {
            return None;
        }
        if first == message {
            return Some(first_line.into());
        }
        self.repeated.insert(phone);
        let known = *self.others.entry((phone, message)).or_insert(line);
        (known != line).then(|| known.into())
    }
}

fn low(value: u64) -> u32 {
    // The low 32 bits: an input has fewer lines in memory, and a hash needs no more.
    (value & u64::from(u32::MAX)) as u32
}

/// The rows on disk, distributed by phone number.
struct Disk {
    partitions: Vec<BufWriter<File>>,
}

impl Default for Duplicates {
    fn default() -> Self {
        Self::with_limit(MAX_IN_MEMORY)
    }
}

impl Duplicates {
    fn with_limit(max_in_memory: usize) -> Self {
        Self {
            memory: Memory::default(),
            disk: None,
            max_in_memory,
            repeated_phones: 0,
            hasher: std::hash::RandomState::new(),
        }
    }

    /// Hashes the parts of a message for [`Self::add`].
    pub fn hash<'p>(&self, parts: impl Iterator<Item = &'p str>) -> u64 {
        use std::hash::Hasher as _;
        let mut hasher = self.hasher.build_hasher();
        for part in parts {
            hasher.write(part.as_bytes());
            hasher.write_u8(0xff);
        }
        hasher.finish()
    }

    /// Adds a row. Returns the duplicate if it is found at once; those found on disk are returned by
    /// [`Self::finish`].
    ///
    /// # Errors
    /// The temporary files cannot be written.
    pub fn add(
        &mut self,
        phone: u64,
        message: u64,
        row: RowIndex,
        line: u64,
    ) -> anyhow::Result<Option<Duplicate>> {
        if self.disk.is_none() && self.memory.first.len() >= self.max_in_memory {
            self.disk = Some(Disk::new()?);
        }
        let Some(disk) = &mut self.disk else {
            let first = self.memory.add(phone, message, line);
            return Ok(first.map(|first_line| Duplicate { row, line, first_line }));
        };
        // Rows in memory stay there; a row on disk is compared with them first.
        if let Some((first, first_line)) = self.memory.first.get(&phone) {
            let _ = (first, first_line);
            let first = self.memory.add(phone, message, line);
            return Ok(first.map(|first_line| Duplicate { row, line, first_line }));
        }
        disk.write(Entry { phone, message, row, line })?;
        Ok(None)
    }

    /// Returns the duplicates that were found on disk, in the order of their rows, and how many
    /// numbers get more than one message.
    ///
    /// # Errors
    /// The temporary files cannot be read.
    pub fn finish(mut self) -> anyhow::Result<(Vec<Duplicate>, u64)> {
        self.repeated_phones += self.memory.repeated.len() as u64;
        self.memory = Memory::default();
        let mut found = Vec::new();
        for partition in self.disk.into_iter().flat_map(|disk| disk.partitions) {
            let mut memory = Memory::default();
            read_entries(partition, |entry| {
                if let Some(first_line) = memory.add(entry.phone, entry.message, entry.line) {
                    found.push(Duplicate { row: entry.row, line: entry.line, first_line });
                }
            })?;
            self.repeated_phones += memory.repeated.len() as u64;
        }
        found.sort_unstable();
        Ok((found, self.repeated_phones))
    }
}

impl Disk {
    fn new() -> anyhow::Result<Self> {
        let files = (0..PARTITIONS).map(|_| tempfile::tempfile().map(BufWriter::new));
        let partitions = files
            .collect::<io::Result<_>>()
            .context("cannot create temporary files to find duplicates")?;
        Ok(Self { partitions })
    }

    fn write(&mut self, entry: Entry) -> anyhow::Result<()> {
        let at = usize::try_from(entry.phone % PARTITIONS as u64).unwrap_or_default();
        let file = &mut self.partitions[at];
        for value in [entry.phone, entry.message, entry.row, entry.line] {
            file.write_all(&value.to_le_bytes())
                .context("cannot write a temporary file to find duplicates; set TMPDIR")?;
        }
        Ok(())
    }
}

fn read_entries(file: BufWriter<File>, mut visit: impl FnMut(Entry)) -> anyhow::Result<()> {
    let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    let mut file = BufReader::new(file);
    let mut bytes = [0_u8; 32];
    loop {
        match file.read_exact(&mut bytes) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let mut values = bytes.chunks_exact(8).map(|chunk| {
            chunk.iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte))
        });
        let mut next = || values.next().unwrap_or_default();
        visit(Entry { phone: next(), message: next(), row: next(), line: next() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of duplicates, each with the line of the first equal row, and the repeated numbers.
    fn find(limit: usize, rows: &[(u64, &str)]) -> (Vec<(u64, u64)>, u64) {
        let mut duplicates = Duplicates::with_limit(limit);
        let mut found = Vec::new();
        for (at, (phone, message)) in rows.iter().enumerate() {
            let message = duplicates.hash(std::iter::once(*message));
            let (row, line) = (at as u64, at as u64 + 2);
            found.extend(duplicates.add(*phone, message, row, line).expect("added"));
        }
        let (later, repeated) = duplicates.finish().expect("finished");
        found.extend(later);
        (found.iter().map(|one| (one.line, one.first_line)).collect(), repeated)
    }

    #[test]
    fn the_same_number_with_the_same_message_is_a_duplicate_in_memory_and_on_disk() {
        let rows = [(1, "a"), (2, "a"), (1, "b"), (1, "a"), (1, "b"), (3, "c"), (2, "a"), (3, "c")];
        for limit in [100, 2, 1, 0] {
            let (mut found, repeated) = find(limit, &rows);
            found.sort_unstable();
            assert_eq!(found, [(5, 2), (6, 4), (8, 3), (9, 7)], "limit {limit}");
            assert_eq!(repeated, 1, "limit {limit}");
        }
    }

    #[test]
    fn the_parts_of_a_message_do_not_run_together() {
        let duplicates = Duplicates::default();
        let hash = |parts: &[&str]| duplicates.hash(parts.iter().copied());
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_eq!(hash(&["ab", "c"]), hash(&["ab", "c"]));
    }
}
