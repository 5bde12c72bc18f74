//! Groups the rows of a source, one window after the other.

use std::collections::VecDeque;
use std::hash::Hash;
use std::rc::Rc;

use foldhash::{HashMap, HashSet};

use crate::batch::grouping::group::{Group, Shape};
use crate::batch::grouping::sizes::{MAX_BYTES, MAX_WINDOW_BYTES, WINDOW, overhead, row_size};
use crate::batch::row::{Content, Row};
use crate::error::Result;
use crate::message::channel::Channel;
use crate::message::phone::canonical_sms_number;

/// Groups the rows of a source. Memory is bounded by the window.
pub struct Groups<'b> {
    channel: Channel,
    /// The bytes that a row adds to a call besides its values.
    overhead: usize,
    source: Source<'b>,
    /// The maximum number of rows in a call, because of a limit.
    max_rows: usize,
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
            max_rows: usize::MAX,
            ready: VecDeque::new(),
            ended: false,
        }
    }

    /// Limits the number of rows in a call.
    #[must_use]
    pub fn with_max_rows(mut self, max: Option<u64>) -> Self {
        self.max_rows = max.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX);
        self
    }

    /// Whether the next group is known, without reading rows.
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The next group; `None` at the end.
    ///
    /// # Errors
    /// The source failed.
    pub fn next_group(&mut self) -> Result<Option<Group>> {
        while self.ready.is_empty() && !self.ended {
            let mut window: Vec<Row> = Vec::new();
            let (mut bytes, mut size) = (0, 0);
            while window.len() < WINDOW && bytes < MAX_WINDOW_BYTES {
                match (self.source)()? {
                    Some(row) => {
                        if window.last().is_none_or(|last| !shares_content(last, &row)) {
                            size = content_size(&row.content);
                        }
                        bytes += size + row.phone.len() + self.overhead;
                        window.push(row);
                    }
                    None => {
                        self.ended = true;
                        break;
                    }
                }
            }
            self.ready = group(self.channel, self.overhead, self.max_rows, window).into();
        }
        Ok(self.ready.pop_front())
    }
}

/// Whether two rows have one copy of their content. Comparing it would take longer.
fn shares_content(one: &Row, other: &Row) -> bool {
    Rc::ptr_eq(&one.content, &other.content)
}

fn content_size(content: &Content) -> usize {
    row_size(&content.sign, content.values.iter().map(String::as_str))
}

/// Groups the rows of one window. The groups are in the order of their first rows.
fn group(channel: Channel, overhead: usize, max_rows: usize, rows: Vec<Row>) -> Vec<Group> {
    let keys = match channel {
        Channel::Sms => sms_keys(&rows),
        Channel::Whatsapp | Channel::Viber => {
            let mut keys = Keys::default();
            rows.iter()
                .map(|row| {
                    let Content { language, out_id, .. } = &*row.content;
                    (Shape::Chat, keys.number((language, out_id)))
                })
                .collect()
        }
    };
    let mut open = Open { overhead, max_rows, ..Open::default() };
    for (row, key) in rows.into_iter().zip(keys) {
        open.add(key, row);
    }
    open.finish()
}

/// What the rows of a call share: the kind of the call, and the number of what is equal in them.
type Key = (Shape, usize);

/// Rows with equal messages share a call, the others those of their ID.
fn sms_keys(rows: &[Row]) -> Vec<Key> {
    let mut messages = Keys::default();
    let numbers: Vec<usize> = rows.iter().map(|row| messages.number(&row.content)).collect();
    let mut counts = vec![0_usize; messages.numbers.len()];
    for number in &numbers {
        counts[*number] += 1;
    }
    let mut ids = Keys::default();
    let keys = rows.iter().zip(numbers).map(|(row, number)| {
        if counts[number] > 1 {
            (Shape::Same, number)
        } else {
            (Shape::Each, ids.number(&row.content.out_id))
        }
    });
    keys.collect()
}

/// Numbers different values, from 0.
struct Keys<T> {
    numbers: HashMap<T, usize>,
    /// The last value, because often the next one is equal.
    last: Option<(T, usize)>,
}

impl<T> Default for Keys<T> {
    fn default() -> Self {
        Self { numbers: HashMap::default(), last: None }
    }
}

impl<T: Copy + Eq + Hash> Keys<T> {
    fn number(&mut self, value: T) -> usize {
        if let Some((last, number)) = self.last
            && last == value
        {
            return number;
        }
        let next = self.numbers.len();
        let number = *self.numbers.entry(value).or_insert(next);
        self.last = Some((value, number));
        number
    }
}

/// The groups that are not full yet.
#[derive(Default)]
struct Open {
    overhead: usize,
    max_rows: usize,
    done: Vec<Group>,
    open: HashMap<Key, OpenGroup>,
}

struct OpenGroup {
    group: Group,
    bytes: usize,
    phones: HashSet<u64>,
}

impl Open {
    fn add(&mut self, key: Key, row: Row) {
        let (shape, _) = key;
        let bytes = row.phone.len()
            + self.overhead
            + if shape == Shape::Same { 0 } else { content_size(&row.content) };
        // The number was checked: it has at most 15 digits.
        let phone = canonical_sms_number(&row.phone).parse().unwrap_or_default();
        let open = self.open.entry(key).or_insert_with(|| OpenGroup::new(shape));
        let is_full = open.group.rows.len() >= shape.max_rows().min(self.max_rows)
            || (!open.group.rows.is_empty() && open.bytes + bytes > MAX_BYTES)
            // Two messages to one number are two calls.
            || open.phones.contains(&phone);
        if is_full {
            self.done.push(std::mem::replace(&mut open.group, Group { shape, rows: Vec::new() }));
            open.bytes = 0;
            open.phones.clear();
        }
        open.bytes += bytes;
        open.phones.insert(phone);
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
        Self { group: Group { shape, rows: Vec::new() }, bytes: 0, phones: HashSet::default() }
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
            content: Rc::new(Content {
                sign: sign.into(),
                out_id: None,
                language: String::new(),
                values: values.iter().map(ToString::to_string).collect(),
            }),
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
        Rc::make_mut(&mut rows[1].content).out_id = Some("b".into());
        let found = groups(Channel::Sms, rows);
        assert_eq!(found, [(Shape::Same, vec![0, 2]), (Shape::Same, vec![1])]);
    }
}
