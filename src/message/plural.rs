//! Numbers with their nouns.

/// The number with its noun: `1 row`, `2 rows`, `2 SMS`.
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 || noun == "SMS" { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_thing_is_singular_and_sms_has_no_plural() {
        assert_eq!(count(0, "row"), "0 rows");
        assert_eq!(count(1, "row"), "1 row");
        assert_eq!(count(2, "SMS"), "2 SMS");
    }
}
