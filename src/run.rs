//! One run of alimsg: what it was asked, where it speaks, and what is known about it so far.

use crate::facts::Facts;
use crate::screen::Screen;
use crate::settings::Settings;

/// Passed by reference to whatever a command needs.
pub struct Run {
    pub settings: Settings,
    pub screen: Screen,
    pub facts: Facts,
}
