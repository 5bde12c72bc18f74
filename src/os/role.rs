//! The role of this process.
//!
//! The program starts itself again as the watchdog of a run, to renew checks after a run and, in the
//! sandbox, as `aliyun`. The role is passed in the environment, because the arguments are those of the role.

use std::collections::HashMap;
use std::path::PathBuf;

/// The variable with the role; it is not set when a user starts the program.
pub const VARIABLE: &str = "ALIMSG_INTERNAL_ROLE";
/// The variable with the home folder of the simulated `aliyun`.
pub const SANDBOX_FOLDER: &str = "ALIMSG_INTERNAL_SANDBOX";

pub const ALIYUN: &str = "aliyun";
pub const WATCHDOG: &str = "watchdog";
pub const RENEWAL: &str = "renewal";

/// The variable with the task of a renewal process, whose standard streams are closed.
pub const RENEWAL_TASK: &str = "ALIMSG_INTERNAL_RENEWAL";

/// The variable with the shell that asks for completions; the script of `alimsg completions` sets it.
pub const COMPLETION: &str = "ALIMSG_INTERNAL_COMPLETION";

/// The variable that decides what a run does with its plan. `alimsg mcp` sets it for the commands
/// that it starts.
pub const PLAN: &str = "ALIMSG_INTERNAL_PLAN";

/// The variable with the files of a command that `alimsg mcp` starts, as a JSON object: each private
/// copy with the path of its original. Such a command reads no file that only a record names.
pub const FILES: &str = "ALIMSG_INTERNAL_FILES";

/// The path under which a file is recorded: that of the original, if the file is a private copy.
pub fn recorded_path(path: PathBuf) -> PathBuf {
    let files = std::env::var(FILES).unwrap_or_default();
    let originals: HashMap<PathBuf, PathBuf> = serde_json::from_str(&files).unwrap_or_default();
    originals.get(&path).cloned().unwrap_or(path)
}

/// Whether this process may read a file that only a record names.
pub fn reads_recorded_files() -> bool {
    std::env::var_os(FILES).is_none()
}

/// What this process was started for.
pub enum Role {
    User,
    Aliyun,
    Watchdog,
    Renewal,
    Completion,
}

impl Role {
    /// The role in the environment; [`Role::User`] if there is none.
    pub fn from_env() -> Self {
        match std::env::var(VARIABLE).as_deref() {
            Ok(ALIYUN) => Self::Aliyun,
            Ok(WATCHDOG) => Self::Watchdog,
            Ok(RENEWAL) => Self::Renewal,
            _ if std::env::var_os(COMPLETION).is_some() => Self::Completion,
            _ => Self::User,
        }
    }
}
