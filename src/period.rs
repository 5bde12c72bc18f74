//! Spans of time as people write them: `7d`, or from one day to another.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::failure::{Failure, Result};

/// From one moment to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub start: Timestamp,
    pub end: Timestamp,
}

impl Period {
    /// The last `text` before now, such as `7d` or `12h`.
    ///
    /// # Errors
    /// Not a number with one of the units `h`, `d`, `w`; more than ten years.
    pub fn last(text: &str, now: Timestamp) -> Result<Self> {
        let wrong = || {
            Failure::usage(format!("--last {text:?} is no span of time"))
                .hint("write a number and h, d or w, for example --last 7d")
        };
        let unit = text.chars().next_back().ok_or_else(wrong)?;
        let count = text.strip_suffix(unit).and_then(|count| count.parse::<i64>().ok());
        let hours = match unit {
            'h' => 1,
            'd' => 24,
            'w' => 24 * 7,
            _ => return Err(wrong()),
        };
        let hours = count.and_then(|count| count.checked_mul(hours));
        let hours = hours.filter(|hours| (1..=24 * 3_660).contains(hours)).ok_or_else(wrong)?;
        let start = now.checked_sub(SignedDuration::from_hours(hours)).map_err(|_| wrong())?;
        Ok(Self { start, end: now })
    }

    /// From a day or a moment to another, both included; without an end, until now.
    ///
    /// # Errors
    /// Neither a day nor a moment; the end before the start.
    pub fn between(
        start: &str,
        end: Option<&str>,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Result<Self> {
        let start_at = moment("--start", start, zone, false)?;
        let end_at = match end {
            Some(end) => moment("--end", end, zone, true)?.min(now.max(start_at)),
            None => now,
        };
        if end_at < start_at || end.is_none() && now < start_at {
            return Err(Failure::usage("the period ends before it starts")
                .hint("give --start and --end the other way round"));
        }
        Ok(Self { start: start_at, end: end_at })
    }
}

fn moment(flag: &str, text: &str, zone: &TimeZone, end_of_day: bool) -> Result<Timestamp> {
    let wrong = || {
        Failure::usage(format!("{flag} {text:?} is neither a day nor a time"))
            .hint(format!("for example {flag} 2026-03-26 or {flag} 2026-03-26T08:00:00Z"))
    };
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    // A time without an offset is not read as a day: its time would be dropped without a word.
    let day = text.parse::<Date>().ok().filter(|_| !text.contains(['T', 't', ' ']));
    let day = day.ok_or_else(wrong)?;
    let day = if end_of_day { day.tomorrow().map_err(|_| wrong())? } else { day };
    let midnight = day.to_zoned(zone.clone()).map_err(|_| wrong())?.timestamp();
    let moment = if end_of_day {
        midnight.checked_sub(SignedDuration::from_millis(1)).map_err(|_| wrong())?
    } else {
        midnight
    };
    Ok(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-26T12:00:00Z".parse().expect("a moment")
    }

    #[test]
    fn a_span_counts_back_from_now() {
        let period = Period::last("7d", now()).expect("a week");
        assert_eq!(period.start.to_string(), "2026-03-19T12:00:00Z");
        assert_eq!(Period::last("1w", now()).expect("a week"), period);
        for wrong in ["", "d", "7", "-1d", "0d", "7m", "99999999d", "7é", "9223372036854775807w"] {
            Period::last(wrong, now()).expect_err(wrong);
        }
    }

    #[test]
    fn days_are_whole_and_the_future_is_cut_off() {
        let between = |start, end| Period::between(start, end, now(), &TimeZone::UTC);
        let period = between("2026-03-01", Some("2026-03-02")).expect("two days");
        assert_eq!(period.start.to_string(), "2026-03-01T00:00:00Z");
        assert_eq!(period.end.to_string(), "2026-03-02T23:59:59.999Z");
        assert_eq!(between("2026-03-01", Some("2026-04-01")).expect("a month").end, now());
        assert_eq!(between("2026-03-26T11:00:00Z", None).expect("an hour").end, now());
        between("2026-03-02", Some("2026-03-01")).expect_err("backwards");
        between("2027-01-01", None).expect_err("the future");
        between("yesterday", None).expect_err("no day");
        between("2026-03-01T08:00:00", None).expect_err("a time in no zone");
    }
}
