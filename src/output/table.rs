//! Lists on a terminal: a table that fits its width.

use anstyle::Style;
use dialoguer::console::{Alignment, measure_text_width, truncate_str};
use jiff::Zoned;
use serde_json::{Map, Value};

use crate::message::sanitize;
use crate::output::{cell, states, times};

/// Spaces between two columns.
const GAP: usize = 2;
/// A column is not made narrower than this to make room for another column.
const MIN_WIDTH: usize = 12;
/// Where the user selected the columns, all of them are shown, however narrow.
const MIN_SELECTED_WIDTH: usize = 3;
/// Fields whose values are of no use when they are cut, beside numbers, times and states.
const IDS: [&str; 11] = [
    "id",
    "code",
    "key",
    "phone",
    "number",
    "from",
    "to",
    "date",
    "language",
    "channel",
    "direction",
];
const ID_ENDS: [&str; 4] = ["_id", "_code", "_number", "_rate"];

/// The terminal on which a list is shown.
pub struct Reader {
    /// Its width in columns.
    pub width: u16,
    /// The current time in the local zone.
    pub now: Zoned,
    pub colors: bool,
}

/// How a list is shown.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'c> {
    /// The fields to show, the most useful one first; those that the list does not have are left
    /// out. All fields if there are none.
    pub preferred: &'c [&'c str],
    /// The user selected the fields, so none is left out.
    pub is_selection: bool,
    pub no_header: bool,
}

/// One column before it is drawn.
struct Column {
    heading: String,
    cells: Vec<String>,
    style: fn(&str) -> Style,
    alignment: Alignment,
    /// Whether its values must not be cut: numbers, times, states and IDs.
    is_whole: bool,
}

/// A table that fits the terminal.
pub struct Table {
    pub text: String,
    /// The columns that are left out because the terminal is too narrow.
    pub left_out: Vec<String>,
}

/// The table. Long texts are cut; numbers, times, states and IDs are not. If that does not suffice,
/// the last columns are left out.
pub fn render(items: &[Map<String, Value>], reader: &Reader, shown: Columns<'_>) -> Table {
    let names = names(items, shown);
    let available = usize::from(reader.width).max(1);
    let mut columns = cells(items, &names, reader, times::cell);
    let too_wide = |columns: &[Column]| {
        columns.iter().map(Column::width).sum::<usize>() + GAP * columns.len().saturating_sub(1)
            > available
    };
    if too_wide(&columns) {
        // Without how long ago each time was.
        columns = cells(items, &names, reader, times::short_cell);
    }
    // A long ID in the first column, which identifies the row, would leave no room for the others.
    if let Some(first) = columns.first_mut().filter(|first| first.width() > available / 2) {
        first.is_whole = false;
    }
    let widths = if shown.is_selection {
        fit(&columns, available, MIN_SELECTED_WIDTH).or_else(|| {
            columns.iter_mut().for_each(|column| column.is_whole = false);
            fit(&columns, available, MIN_SELECTED_WIDTH)
        })
    } else {
        loop {
            match fit(&columns, available, MIN_WIDTH) {
                None if columns.len() > 1 => columns.truncate(columns.len() - 1),
                widths => break widths,
            }
        }
    };
    let widths = widths
        .unwrap_or_else(|| columns.iter().map(|column| column.width().min(available)).collect());
    let mut lines = String::new();
    if !shown.no_header && !columns.is_empty() {
        let bold = |_: &str| Style::new().bold();
        lines += &line(&columns, &widths, reader, |column| (&column.heading, bold));
    }
    for row in 0..items.len() {
        lines += &line(&columns, &widths, reader, |column| (&column.cells[row], column.style));
    }
    let left_out = names.iter().skip(columns.len()).map(|name| sanitize::line(name)).collect();
    Table { text: lines, left_out }
}

/// The names of the columns: preferred ones without those that have no value.
fn names<'n>(items: &'n [Map<String, Value>], shown: Columns<'n>) -> Vec<&'n str> {
    let all = cell::columns(items);
    if shown.is_selection {
        return all;
    }
    let has_value = |name: &&str| {
        items.iter().any(|item| {
            let value = item.get(*name);
            value.is_some_and(|value| !matches!(value, Value::Null)) && value != Some(&"".into())
        })
    };
    let candidates = if shown.preferred.is_empty() { &all[..] } else { shown.preferred };
    let names: Vec<&str> = candidates.iter().copied().filter(has_value).collect();
    if names.is_empty() { all } else { names }
}

fn cells(
    items: &[Map<String, Value>],
    names: &[&str],
    reader: &Reader,
    cell: impl Fn(&str, Option<&Value>, Option<&Zoned>) -> String,
) -> Vec<Column> {
    let column = |name: &&str| {
        let values = || items.iter().map(|item| item.get(*name));
        let is_numeric = values().flatten().all(|value| value.is_number() || value.is_null());
        Column {
            heading: sanitize::line(name),
            cells: values().map(|value| cell(name, value, Some(&reader.now))).collect(),
            style: if states::is_state(name) { states::style } else { |_| Style::new() },
            alignment: if is_numeric { Alignment::Right } else { Alignment::Left },
            is_whole: is_numeric
                || is_whole(name) && !values().flatten().any(|value| value.is_array()),
        }
    };
    names.iter().map(column).collect()
}

/// Whether the values of a field with this name must not be cut.
fn is_whole(name: &str) -> bool {
    let is_id = IDS.contains(&name) || ID_ENDS.iter().any(|end| name.ends_with(end));
    is_id || times::is_time_field(name) || states::is_state(name)
}

impl Column {
    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| measure_text_width(cell)).max().unwrap_or(0);
        cells.max(measure_text_width(&self.heading))
    }
}

/// The widths with which the columns fit, if there are any: the widest columns get narrower first.
/// The first column, which identifies the row, stays as it is if possible.
fn fit(columns: &[Column], available: usize, min_width: usize) -> Option<Vec<usize>> {
    let available = available.checked_sub(GAP * columns.len().saturating_sub(1))?;
    let mut widths: Vec<usize> = columns.iter().map(Column::width).collect();
    for protected in [1, 0] {
        let can_shrink: Vec<usize> =
            (protected..columns.len()).filter(|index| !columns[*index].is_whole).collect();
        while widths.iter().sum::<usize>() > available {
            let widest = can_shrink.iter().map(|index| widths[*index]).max().unwrap_or(0);
            if widest <= min_width {
                break;
            }
            // All columns of this width shrink together, at most to the next narrower one.
            let narrower = can_shrink.iter().map(|index| widths[*index]);
            let next = narrower.filter(|width| *width < widest).max();
            let widest_ones: Vec<usize> =
                can_shrink.iter().copied().filter(|index| widths[*index] == widest).collect();
            let excess = widths.iter().sum::<usize>() - available;
            let by = excess.div_ceil(widest_ones.len());
            let by = by.min(widest - next.unwrap_or(0).max(min_width));
            for index in widest_ones {
                widths[index] -= by;
            }
        }
    }
    (widths.iter().sum::<usize>() <= available).then_some(widths)
}

fn line<'c>(
    columns: &'c [Column],
    widths: &[usize],
    reader: &Reader,
    cell: impl Fn(&'c Column) -> (&'c String, fn(&str) -> Style),
) -> String {
    let mut line = String::new();
    for (index, (column, width)) in columns.iter().zip(widths).enumerate() {
        let (text, style) = cell(column);
        let shown = truncate_str(text, *width, "…");
        let padding = width.saturating_sub(measure_text_width(&shown));
        let is_last = index + 1 == columns.len();
        let (before, after) = match column.alignment {
            Alignment::Right => (padding, 0),
            _ if is_last => (0, 0),
            _ => (0, padding),
        };
        let style = if reader.colors { style(text) } else { Style::new() };
        line += &format!("{}{style}{shown}{style:#}{}", " ".repeat(before), " ".repeat(after));
        if !is_last {
            line += &" ".repeat(GAP);
        }
    }
    line.trim_end().to_string() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ALL: Columns<'_> = Columns { preferred: &[], is_selection: false, no_header: false };

    fn items(values: &[Value]) -> Vec<Map<String, Value>> {
        values.iter().map(|value| value.as_object().expect("object").clone()).collect()
    }

    fn reader(width: u16) -> Reader {
        let now = "2026-03-26T14:08:00+08:00[Asia/Shanghai]".parse().expect("a moment");
        Reader { width, now, colors: false }
    }

    #[test]
    fn a_table_has_one_line_per_item_and_no_empty_columns() {
        let items = items(&[
            json!({"code": "SMS_1", "sent_at": "2026-03-26T06:05:00Z", "reason": null, "n": 5}),
            json!({"code": "SMS_2", "sent_at": null, "reason": null, "n": 12}),
        ]);
        assert_eq!(
            render(&items, &reader(80), ALL).text,
            "code   sent_at                       n\n\
             SMS_1  2026-03-26 14:05, 3 min ago   5\n\
             SMS_2                               12\n"
        );
        assert_eq!(
            render(&items, &reader(30), ALL).text,
            "code   sent_at            n\nSMS_1  2026-03-26 14:05   5\nSMS_2                    12\n"
        );
        let shown = Columns { preferred: &["n", "code", "none"], no_header: true, ..ALL };
        assert_eq!(render(&items, &reader(80), shown).text, " 5  SMS_1\n12  SMS_2\n");
        assert_eq!(render(&[], &reader(80), ALL).text, "");
    }

    #[test]
    fn long_values_are_cut_before_columns_are_left_out() {
        let items = items(&[json!({
            "code": "100000000000001", "name": "一个很长的模板名称", "text": "x".repeat(300),
            "status": "approved",
        })]);
        assert_eq!(
            render(&items, &reader(60), ALL).text,
            "code             name             text             status\n\
             100000000000001  一个很长的模板…  xxxxxxxxxxxxxx…  approved\n"
        );
        for width in [1, 5, 20, 30, 40, 80, 300, u16::MAX] {
            for is_selection in [false, true] {
                let shown = Columns { is_selection, ..ALL };
                let table = render(&items, &reader(width), shown).text;
                let widest = table.lines().map(measure_text_width).max().unwrap_or(0);
                // Four selected columns need 18.
                assert!(widest <= usize::from(width) || is_selection && width < 18, "{table}");
                let has_status = table.contains("st");
                assert!(has_status || width < 60, "{width}: {table}");
            }
        }
    }

    #[test]
    fn numbers_times_states_and_ids_are_left_out_rather_than_cut() {
        let items = items(&[json!({
            "phone": "8613800001000", "status": "in_flight", "sent_at": "2026-03-26T06:05:00Z",
            "meaning": "the phone was switched off", "code": "DELIVERED_LATE_1234",
            "total": 1_234_567_890_123_i64, "out_id": "0198c1de-7a53-7c11-9e7d-0d8b9f9a7e01",
        })]);
        let values = [
            "8613800001000",
            "in_flight",
            "2026-03-26 14:05",
            "DELIVERED_LATE_1234",
            "1234567890123",
            "0198c1de-7a53-7c11-9e7d-0d8b9f9a7e01",
        ];
        let fields = ["phone", "status", "sent_at", "code", "total", "out_id"];
        for width in 26..200 {
            let table = render(&items, &reader(width), ALL);
            for (field, value) in fields.iter().zip(values) {
                let is_left_out = table.left_out.iter().any(|name| name == field);
                assert_ne!(is_left_out, table.text.contains(value), "{width}: {}", table.text);
            }
            assert!(table.text.lines().all(|line| measure_text_width(line) <= usize::from(width)));
        }
        let table = render(&items, &reader(80), ALL);
        assert_eq!(table.left_out, ["total", "out_id"], "{}", table.text);
        assert!(render(&items, &reader(200), ALL).left_out.is_empty());
        // The user selected the fields: texts get narrower, and IDs only if that does not suffice.
        let shown = Columns { is_selection: true, ..ALL };
        let table = render(&items, &reader(125), shown).text;
        assert!(values.iter().all(|value| table.contains(value)) && table.contains('…'), "{table}");
        assert!(!render(&items, &reader(60), shown).text.contains(values[5]));
    }

    #[test]
    fn cells_and_names_of_any_length_fit() {
        for piece in ["x", "你", "e\u{301}", "\u{200b}", "😀"] {
            let long = piece.repeat(70_000);
            for item in [json!({ "code": long }), json!({ &long: "code" })] {
                for width in [0, 80, u16::MAX] {
                    let table =
                        render(&items(std::slice::from_ref(&item)), &reader(width), ALL).text;
                    let widest = table.lines().map(measure_text_width).max().unwrap_or(0);
                    assert!(widest <= usize::from(width.max(1)), "{piece:?} {width}");
                }
            }
        }
    }

    #[test]
    fn states_are_coloured() {
        let items = items(&[json!({"name": "approved", "status": "approved"})]);
        let table = render(&items, &Reader { colors: true, ..reader(80) }, ALL).text;
        assert!(table.ends_with("approved  \u{1b}[32mapproved\u{1b}[0m\n"), "{table:?}");
    }
}
