//! One run of alimsg: what it was asked, where it speaks, and what is known about it so far.

use crate::output::Screen;
use crate::output::status::RunStatus;
use crate::settings::Settings;

/// Passed by reference to whatever a command needs.
pub struct Context {
    pub settings: Settings,
    pub screen: Screen,
    pub facts: RunStatus,
}
