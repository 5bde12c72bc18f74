//! The time that limits use. Debug builds let a test set it: `ALIMSG_TEST_CLOCK` names a file that
//! contains it.

use jiff::Timestamp;

/// The current time.
pub fn now() -> Timestamp {
    #[cfg(debug_assertions)]
    if let Some(file) = std::env::var_os("ALIMSG_TEST_CLOCK")
        && let Ok(text) = std::fs::read_to_string(file)
        && let Ok(time) = text.trim().parse()
    {
        return time;
    }
    Timestamp::now()
}
