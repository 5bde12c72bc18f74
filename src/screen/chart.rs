//! A small chart of bars, for people at a terminal.

/// How many blocks the longest bar has.
const WIDTH: u64 = 40;

/// One bar a line: its label, the bar, its number. All bars share one scale.
pub fn bars(rows: &[(String, u64)]) -> String {
    let largest = rows.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let label = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, count)| {
            // In eighths, so that small differences show; what is not nothing is seen.
            let scaled = u128::from(*count) * u128::from(WIDTH * 8) / u128::from(largest);
            let eighths = usize::try_from(scaled).unwrap_or(0).max(usize::from(*count > 0));
            let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
            format!("{name:label$}  {}{part} {count}", "█".repeat(eighths / 8))
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_and_never_overflow() {
        let rows = [("a".to_string(), 10), ("bb".to_string(), 5), ("c".to_string(), 0)];
        let chart = bars(&rows);
        let lines: Vec<&str> = chart.lines().collect();
        assert_eq!(lines[0], format!("a   {} 10", "█".repeat(40)));
        assert_eq!(lines[1], format!("bb  {} 5", "█".repeat(20)));
        assert_eq!(lines[2], "c    0");
        assert!(bars(&[("x".into(), u64::MAX), ("y".into(), 1)]).ends_with("▏ 1"));
        assert_eq!(bars(&[]), "");
    }
}
