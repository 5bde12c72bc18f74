//! Times: as people write them, and as the SMS service counts and writes them.

pub mod china;
pub mod moment;
pub mod period;
