//! Groups rows that can share a call.

use std::collections::{HashMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::api::operations::{
    SEND_BATCH_SMS, SEND_CHATAPP_MASS_MESSAGE, SEND_SMS, Sends, TypedOperation,
};
use crate::batch::row::{Row, RowView};
use crate::error::Result;
use crate::message::channel::Channel;
use crate::message::phone::canonical_sms_number;
use crate::storage::Tracking;
use crate::storage::batches::RowIndex;

/// Rows are grouped within windows of this size, so that memory is bounded.
const WINDOW: usize = 50_000;
/// A window ends earlier when its rows have this size: long values must not fill the memory.
const MAX_WINDOW_BYTES: usize = 8 << 20;
/// The maximum size of all rows of a call in bytes, so that no argument is longer than the system
/// permits; see [`crate::api::call::ARGUMENT_LIMIT`]. Escapes in JSON can double the size of a
/// text, and names of variables are repeated in each row: the caller adds them.
const MAX_BYTES: usize = 120_000;

/// The call that a group of rows uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// SendSms: one signature and equal values for all numbers.
    Same,
    /// SendBatchSms: each number has its own signature and values.
    Each,
    /// SendChatappMassMessage: each recipient has its own values.
    Chat,
}

impl Shape {
    pub fn operation(self) -> &'static TypedOperation<Sends> {
        match self {
            Self::Same => &SEND_SMS,
            Self::Each => &SEND_BATCH_SMS,
            Self::Chat => &SEND_CHATAPP_MASS_MESSAGE,
        }
    }

    /// The documented limit of the service.
    fn max_rows(self) -> usize {
        self.operation().limits.map_or(1, |limits| limits.recipients as usize)
    }
}

/// Rows that share a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub shape: Shape,
    /// Ascending by index.
    pub rows: Vec<Row>,
}

impl Group {
    /// The tracking ID for a call of this group: the `out_id` of its rows, or a new one.
    pub fn tracking(&self) -> Tracking {
        Tracking::given_or_new(self.rows.first().and_then(|row| row.out_id.clone()))
    }

    /// The group without these rows, which ascend; `None` if no row is left.
    pub fn without(mut self, rows: &[RowIndex]) -> Option<Self> {
        self.rows.retain(|row| rows.binary_search(&row.index).is_err());
        (!self.rows.is_empty()).then_some(self)
    }
}

/// Groups the rows of a source. Memory is bounded by the window.
pub struct Groups<'b> {
    channel: Channel,
    /// The bytes that a row adds to a call besides its values.
    overhead: usize,
    source: Source<'b>,
    ready: VecDeque<Group>,
    ended: bool,
}

type Source<'b> = Box<dyn FnMut() -> Result<Option<Row>> + 'b>;

impl<'b> Groups<'b> {
    /// `variables` are the names of the variables of the batch.
    pub fn new(channel: Channel, variables: &[String], source: Source<'b>) -> Self {
        Self {
            channel,
            overhead: overhead(variables),
            source,
            ready: VecDeque::new(),
            ended: false,
        }
    }

    /// The next group; `None` at the end.
    ///
    /// # Errors
    /// The source failed.
    pub fn next_group(&mut self) -> Result<Option<Group>> {
        while self.ready.is_empty() && !self.ended {
            let mut window = Vec::new();
            let mut bytes = 0;
            while window.len() < WINDOW && bytes < MAX_WINDOW_BYTES {
                match (self.source)()? {
                    Some(row) => {
                        let values = row.values.iter().map(String::as_str);
                        bytes += row_size(&row.sign, values) + row.phone.len() + self.overhead;
                        window.push(row);
                    }
                    None => {
                        self.ended = true;
                        break;
                    }
                }
            }
            self.ready = group(self.channel, self.overhead, window).into();
        }
        Ok(self.ready.pop_front())
    }
}

/// Groups the rows of one window. The groups are in the order of their first rows.
fn group(channel: Channel, overhead: usize, rows: Vec<Row>) -> Vec<Group> {
    let mut open = Open { overhead, ..Open::default() };
    match channel {
        Channel::Sms => {
            let key = |row: &Row| (row.sign.clone(), row.out_id.clone(), row.values.clone());
            let mut sizes: HashMap<_, usize> = HashMap::new();
            for row in &rows {
                *sizes.entry(key(row)).or_default() += 1;
            }
            for row in rows {
                let key = key(&row);
                if sizes.get(&key).is_some_and(|size| *size > 1) {
                    open.add(Shape::Same, (key.1.clone(), Some(key)), row);
                } else {
                    open.add(Shape::Each, (key.1, None), row);
                }
            }
        }
        Channel::Whatsapp | Channel::Viber => {
            for row in rows {
                let key = (row.language.clone(), row.out_id.clone(), Vec::new());
                open.add(Shape::Chat, (row.out_id.clone(), Some(key)), row);
            }
        }
    }
    open.finish()
}

/// The rows of one key: what a call shares.
type Key = (Option<String>, Option<(String, Option<String>, Vec<String>)>);

/// The groups that are not full yet.
#[derive(Default)]
struct Open {
    overhead: usize,
    done: Vec<Group>,
    open: HashMap<Key, OpenGroup>,
}

struct OpenGroup {
    group: Group,
    bytes: usize,
    phones: HashSet<String>,
}

impl Open {
    fn add(&mut self, shape: Shape, key: Key, row: Row) {
        let bytes = row.phone.len()
            + self.overhead
            + if shape == Shape::Same {
                0
            } else {
                row_size(&row.sign, row.values.iter().map(String::as_str))
            };
        let phone = canonical_sms_number(&row.phone);
        let open = self.open.entry(key).or_insert_with(|| OpenGroup::new(shape));
        let is_full = open.group.rows.len() >= shape.max_rows()
            || (!open.group.rows.is_empty() && open.bytes + bytes > MAX_BYTES)
            // Two messages to one number are two calls.
            || open.phones.contains(phone);
        if is_full {
            self.done.push(std::mem::replace(open, OpenGroup::new(shape)).group);
        }
        open.bytes += bytes;
        open.phones.insert(phone.to_string());
        open.group.rows.push(row);
    }

    fn finish(mut self) -> Vec<Group> {
        self.done.extend(self.open.into_values().map(|open| open.group));
        self.done.sort_by_key(|group| group.rows.first().map(|row| row.index));
        for group in &mut self.done {
            // One row has no need for a call with many rows.
            if group.shape == Shape::Each && group.rows.len() == 1 {
                group.shape = Shape::Same;
            }
        }
        self.done
    }
}

impl OpenGroup {
    fn new(shape: Shape) -> Self {
        Self { group: Group { shape, rows: Vec::new() }, bytes: 0, phones: HashSet::new() }
    }
}

/// The bytes that a row adds to a call besides its values: each is written as "name":"value", with
/// quotes that may be escaped.
fn overhead(variables: &[String]) -> usize {
    variables.iter().map(|name| json_size(name) + 4).sum::<usize>() + 64
}

/// An upper bound for the bytes of a row in a call with own values.
fn row_size<'v>(sign: &str, values: impl Iterator<Item = &'v str>) -> usize {
    json_size(sign) + values.map(json_size).sum::<usize>()
}

/// An upper bound for the bytes of a text in JSON, with its quotes, within another JSON text.
fn json_size(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' => 4,
        0..=0x1f => 7,
        _ => 1,
    };
    text.bytes().map(escaped).sum::<usize>() + 6
}

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
        let (sizes, hasher) = (HashMap::new(), std::hash::RandomState::new());
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
        let mut singles: HashMap<u64, Size> = HashMap::new();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn row(index: u64, phone: u64, sign: &str, values: &[&str]) -> Row {
        Row {
            index,
            line: index + 2,
            phone: phone.to_string(),
            sign: sign.into(),
            out_id: None,
            language: String::new(),
            values: values.iter().map(ToString::to_string).collect(),
        }
    }

    fn groups(channel: Channel, rows: Vec<Row>) -> Vec<(Shape, Vec<u64>)> {
        let mut rows = rows.into_iter();
        let source = Box::new(move || Ok(rows.next()));
        let mut groups = Groups::new(channel, &["name".to_string()], source);
        let mut all = Vec::new();
        while let Some(group) = groups.next_group().expect("grouped") {
            all.push((group.shape, group.rows.iter().map(|row| row.index).collect()));
        }
        all
    }

    #[test]
    fn equal_messages_share_one_call_and_the_others_a_call_with_own_values() {
        let rows = vec![
            row(0, 1, "A", &["x"]),
            row(1, 2, "A", &["y"]),
            row(2, 3, "A", &["x"]),
            row(3, 4, "B", &["x"]),
        ];
        let found = groups(Channel::Sms, rows);
        assert_eq!(found, [(Shape::Same, vec![0, 2]), (Shape::Each, vec![1, 3])]);
    }

    #[test]
    fn calls_are_limited_in_rows_and_bytes() {
        let same = (0..2_500).map(|at| row(at, at, "A", &["x"])).collect();
        let sizes: Vec<_> = groups(Channel::Sms, same).iter().map(|one| one.1.len()).collect();
        assert_eq!(sizes, [1_000, 1_000, 500]);
        let each = (0..250).map(|at| row(at, at, "A", &[&at.to_string()])).collect();
        let sizes: Vec<_> = groups(Channel::Sms, each).iter().map(|one| one.1.len()).collect();
        assert_eq!(sizes, [100, 100, 50]);
        let long = "é\"".repeat(1_000);
        let chat: Vec<_> = (0..100).map(|at| row(at, at, "", &[&long])).collect();
        let found = groups(Channel::Whatsapp, chat);
        assert!(found.iter().all(|one| one.1.len() <= 25), "{found:?}");
        assert_eq!(found.iter().map(|one| one.1.len()).sum::<usize>(), 100);
    }

    #[test]
    fn long_values_end_a_window_and_the_calls_are_counted_in_the_same_way() {
        let rows = 600;
        let long = "x".repeat(50_000);
        let read = std::cell::Cell::new(0_u64);
        let source = || {
            let at = read.get();
            read.set(at + 1);
            Ok((at < rows).then(|| row(at, 13_000_000_000 + at, "A", &[&long, &at.to_string()])))
        };
        let names = ["a".to_string(), "b".to_string()];
        let mut groups = Groups::new(Channel::Sms, &names, Box::new(source));
        let (mut calls, mut largest) = (0, 0);
        let mut before = 0;
        while groups.next_group().expect("grouped").is_some() {
            calls += 1;
            largest = largest.max(read.get() - before);
            before = read.get();
        }
        assert!(largest < 200, "{largest} rows in one window");
        assert!((300..310).contains(&calls), "{calls}");
    }

    #[test]
    fn two_messages_to_one_number_are_two_calls() {
        let rows = vec![row(0, 1, "A", &["x"]), row(1, 1, "A", &["y"]), row(2, 2, "A", &["z"])];
        let found = groups(Channel::Sms, rows);
        assert_eq!(found, [(Shape::Same, vec![0]), (Shape::Each, vec![1, 2])]);
    }

    #[test]
    fn rows_with_different_ids_do_not_share_a_call() {
        let mut rows = vec![row(0, 1, "A", &["x"]), row(1, 2, "A", &["x"]), row(2, 3, "A", &["x"])];
        rows[1].out_id = Some("b".into());
        let found = groups(Channel::Sms, rows);
        assert_eq!(found, [(Shape::Same, vec![0, 2]), (Shape::Same, vec![1])]);
    }
}
