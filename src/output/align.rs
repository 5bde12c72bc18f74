//! Pads names to a column, by display width.
//!
//! Names can come from the service, so `format!` must not pad them: it panics at widths above
//! 65,535.

use dialoguer::console::measure_text_width;

/// Longer names are not truncated, but do not widen the column.
const MAX_COLUMNS: usize = 40;

/// The width of the column of these names.
pub fn width<'n>(names: impl Iterator<Item = &'n str>) -> usize {
    names.map(measure_text_width).filter(|width| *width <= MAX_COLUMNS).max().unwrap_or(0)
}

/// The name, padded with spaces to the width of the column.
pub fn padded(name: &str, width: usize) -> String {
    let padding = width.saturating_sub(measure_text_width(name));
    format!("{name}{}", " ".repeat(padding))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_length_and_script_line_up() {
        for long in ["x".repeat(70_000), "你".repeat(70_000), "e\u{301}".repeat(70_000)] {
            let names = ["签名", "a", &long];
            let width = width(names.into_iter());
            assert_eq!(width, 4);
            assert_eq!(names.map(|name| padded(name, width)), ["签名", "a   ", &long]);
        }
        assert_eq!(width(std::iter::empty()), 0);
    }
}
