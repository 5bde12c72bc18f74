//! Counts calls without keeping rows.

use foldhash::HashMap;

use crate::batch::grouping::group::Shape;
use crate::batch::grouping::sizes::{MAX_BYTES, MAX_WINDOW_BYTES, WINDOW, overhead, row_size};
use crate::batch::row::RowView;
use crate::message::channel::Channel;

/// Counts calls without keeping rows.
pub struct CallCounter {
    channel: Channel,
    calls: u64,
    in_window: usize,
    bytes_in_window: usize,
    overhead: usize,
    /// By what a call shares.
    sizes: HashMap<u64, Size>,
    hasher: std::hash::RandomState,
}

/// Rows that can share calls.
#[derive(Clone, Copy, Default)]
struct Size {
    rows: u64,
    bytes: u64,
    /// The hash of their out-id.
    out_id: u64,
}

impl Size {
    fn calls(self, shape: Shape) -> u64 {
        self.rows.div_ceil(shape.max_rows() as u64).max(self.bytes.div_ceil(MAX_BYTES as u64))
    }
}

impl CallCounter {
    pub fn new<'v>(channel: Channel, variables: impl Iterator<Item = &'v String>) -> Self {
        let (sizes, hasher) = (HashMap::default(), std::hash::RandomState::new());
        let overhead = overhead(&variables.cloned().collect::<Vec<_>>());
        Self { channel, calls: 0, in_window: 0, bytes_in_window: 0, overhead, sizes, hasher }
    }

    /// The size of a row in a call, in bytes.
    ///
    /// # Errors
    /// Why the row does not fit into a call.
    pub fn size(&self, row: &RowView<'_>) -> std::result::Result<usize, String> {
        let bytes = row_size(row.sign, row.values()) + row.phone.len() + self.overhead;
        if bytes <= MAX_BYTES {
            return Ok(bytes);
        }
        let kib = bytes.div_ceil(1024);
        Err(format!("its values are too long for one call: {kib} KiB of {}", MAX_BYTES / 1024))
    }

    /// Adds a row of this size; `message` is a hash of what the recipient receives.
    pub fn add(&mut self, row: &RowView<'_>, message: u64, bytes: usize) {
        use std::hash::BuildHasher as _;
        let out_id = row.out_id.map_or(0, |id| self.hasher.hash_one(id));
        let key = match self.channel {
            Channel::Sms => message ^ out_id,
            Channel::Whatsapp | Channel::Viber => self.hasher.hash_one(row.language) ^ out_id,
        };
        let size = self.sizes.entry(key).or_default();
        size.rows += 1;
        size.bytes += bytes as u64;
        size.out_id = out_id;
        self.in_window += 1;
        self.bytes_in_window += bytes;
        if self.in_window == WINDOW || self.bytes_in_window >= MAX_WINDOW_BYTES {
            self.end_window();
        }
    }

    fn end_window(&mut self) {
        let mut singles: HashMap<u64, Size> = HashMap::default();
        for size in self.sizes.drain().map(|(_, size)| size) {
            match self.channel {
                Channel::Sms if size.rows == 1 => {
                    let single = singles.entry(size.out_id).or_default();
                    single.rows += 1;
                    single.bytes += size.bytes;
                }
                // Its rows have the same values, which a call contains once.
                Channel::Sms => self.calls += Size { bytes: 0, ..size }.calls(Shape::Same),
                Channel::Whatsapp | Channel::Viber => self.calls += size.calls(Shape::Chat),
            }
        }
        self.calls += singles.values().map(|size| size.calls(Shape::Each)).sum::<u64>();
        (self.in_window, self.bytes_in_window) = (0, 0);
    }

    /// The number of calls. Repeated numbers can need more.
    pub fn finish(mut self) -> u64 {
        self.end_window();
        self.calls
    }
}
