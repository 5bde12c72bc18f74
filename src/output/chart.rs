//! A bar chart for the terminal.

use dialoguer::console::{Alignment, measure_text_width, pad_str, truncate_str};

/// The maximum length of a bar in columns.
const MAX_LENGTH: usize = 40;
/// The length of the longest bar on a narrow terminal. Its line wraps, but the scale is kept.
const MIN_LENGTH: usize = 4;

/// One line per bar: label, bar and number. All bars have the same scale, and the lines fit the
/// terminal if it has the minimum width.
pub fn bars(rows: &[(String, u64)]) -> String {
    bars_within(rows, usize::from(crate::output::terminal_width()))
}

fn bars_within(rows: &[(String, u64)], columns: usize) -> String {
    let largest = rows.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    // Measured in columns, because a Chinese character takes two.
    let rows: Vec<(String, u64)> = rows
        .iter()
        .map(|(label, count)| (truncate_str(label, MAX_LENGTH, "…").into_owned(), *count))
        .collect();
    let label = rows.iter().map(|(label, _)| measure_text_width(label)).max().unwrap_or(0);
    let blanks_and_count = 3 + largest.to_string().len();
    let room = columns.saturating_sub(label + blanks_and_count);
    let length = room.clamp(MIN_LENGTH, MAX_LENGTH);
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, count)| {
            let name = pad_str(name, label, Alignment::Left, None);
            format!("{name}  {} {count}", bar(*count, largest, length))
        })
        .collect();
    lines.join("\n")
}

fn bar(count: u64, largest: u64, length: usize) -> String {
    // In eighths, so that small differences are visible. A count above 0 has at least one eighth.
    let scaled = u128::from(count) * (length as u128 * 8) / u128::from(largest);
    let eighths = usize::try_from(scaled).unwrap_or(0).max(usize::from(count > 0));
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    "█".repeat(eighths / 8) + part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_proportional_and_do_not_overflow() {
        let rows = [("a".to_string(), 10), ("bb".to_string(), 5), ("c".to_string(), 0)];
        let chart = bars_within(&rows, 80);
        let lines: Vec<&str> = chart.lines().collect();
        assert_eq!(lines[0], format!("a   {} 10", "█".repeat(40)));
        assert_eq!(lines[1], format!("bb  {} 5", "█".repeat(20)));
        assert_eq!(lines[2], "c    0");
        assert!(bars_within(&[("x".into(), u64::MAX), ("y".into(), 1)], 80).ends_with("▏ 1"));
        assert_eq!(bars_within(&[], 80), "");
    }

    #[test]
    fn a_long_label_is_truncated() {
        for piece in ["x", "你", "e\u{301}"] {
            let chart = bars_within(&[(piece.repeat(70_000), 10), ("y".into(), 5)], 80);
            assert!(chart.lines().all(|line| measure_text_width(line) <= 80), "{chart}");
        }
    }

    #[test]
    fn the_lines_fit_the_terminal_down_to_the_minimum_width() {
        let rows = [("2026-03-26  98.4 %".to_string(), 1_234), ("签名".to_string(), 617)];
        for columns in [30, 40, 60, 79, 200] {
            let chart = bars_within(&rows, columns);
            let widths: Vec<usize> = chart.lines().map(measure_text_width).collect();
            assert!(widths.iter().all(|width| *width <= columns), "{columns}: {widths:?}");
        }
        // Labels of any script are aligned.
        let chart = bars_within(&rows, 80);
        let starts: Vec<usize> = chart
            .lines()
            .filter_map(|line| line.split_once('█').map(|(label, _)| measure_text_width(label)))
            .collect();
        assert_eq!(starts, [20, 20]);
        assert!(bars_within(&rows, 5).contains("████ 1234"));
    }
}
