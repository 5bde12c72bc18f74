//! The context of one run of alimsg: its settings, its output and its status so far.

use crate::output::Screen;
use crate::output::status::RunStatus;
use crate::settings::Settings;

/// Passed by reference to all parts of a command.
pub struct Context {
    pub settings: Settings,
    pub screen: Screen,
    pub status: RunStatus,
}
