//! The parts that this one program can play.
//!
//! It starts itself again as the watchdog of a run, and in the sandbox as `aliyun`. The part is
//! named in the environment, because the argument vector belongs to the part being played.

/// Names the part; not set when a user starts the program.
pub const VARIABLE: &str = "ALIMSG_INTERNAL_ROLE";
/// The folder that is the home of the simulated `aliyun`.
pub const SANDBOX_FOLDER: &str = "ALIMSG_INTERNAL_SANDBOX";

pub const ALIYUN: &str = "aliyun";
pub const WATCHDOG: &str = "watchdog";

/// Who started this process, and what for.
pub enum Role {
    User,
    Aliyun,
    Watchdog,
}

impl Role {
    pub fn of_this_process() -> Self {
        match std::env::var(VARIABLE).as_deref() {
            Ok(ALIYUN) => Self::Aliyun,
            Ok(WATCHDOG) => Self::Watchdog,
            _ => Self::User,
        }
    }
}
