//! Names in a column, whatever their length and script.
//!
//! Names come from elsewhere, too, and a width given to `format!` must not: it panics above 65,535.

use dialoguer::console::measure_text_width;

/// A longer name is not cut, but takes no part in the width of its column.
const MAX_COLUMNS: usize = 40;

/// How wide the column of these names is.
pub fn width<'n>(names: impl Iterator<Item = &'n str>) -> usize {
    names.map(measure_text_width).filter(|width| *width <= MAX_COLUMNS).max().unwrap_or(0)
}

/// The name with blanks behind it, up to the width of the column.
pub fn padded(name: &str, width: usize) -> String {
    let blanks = width.saturating_sub(measure_text_width(name));
    format!("{name}{}", " ".repeat(blanks))
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
