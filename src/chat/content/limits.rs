//! The limits of free-form messages, one constant for each part.
//!
//! They are documented, unless a line gives another reason.

use crate::error::Result;
use crate::message::length;

/// What errors call a text, and how many characters it may have. A text must not be blank.
#[derive(Debug, Clone, Copy)]
pub struct MaxChars(&'static str, usize);

impl MaxChars {
    /// # Errors
    /// Blank or too long.
    pub fn check(self, text: &str) -> Result<()> {
        length::check_required(self.0, text, self.1)
    }

    /// # Errors
    /// Present and blank, or too long.
    pub fn check_optional(self, text: Option<&String>) -> Result<()> {
        text.map_or(Ok(()), |text| self.check(text))
    }
}

pub const TEXT: MaxChars = MaxChars("--text", 4096);
/// Not documented; as long as a body.
pub const CAPTION: MaxChars = MaxChars("--caption", BODY.1);

/// The text of a message with buttons or a list, and the lines above and below it.
pub const BODY: MaxChars = MaxChars("--body", 1024);
pub const HEADER: MaxChars = MaxChars("--header", 60);
pub const FOOTER: MaxChars = MaxChars("--footer", 60);

pub const BUTTON_TITLE: MaxChars = MaxChars("the title of --button", 20);
pub const BUTTON_ID: MaxChars = MaxChars("the ID of --button", 256);
pub const MAX_BUTTONS: usize = 3;
/// Not documented; WhatsApp's limit.
pub const VIBER_BUTTON_TITLE: MaxChars = MaxChars("--button-title", BUTTON_TITLE.1);

/// The button that opens a list.
pub const LIST_BUTTON: MaxChars = MaxChars("--button-text", 20);
pub const SECTION_TITLE: MaxChars = MaxChars("--section", 24);
pub const ROW_TITLE: MaxChars = MaxChars("the title of --row", 24);
pub const ROW_DESCRIPTION: MaxChars = MaxChars("the description of --row", 72);
pub const ROW_ID: MaxChars = MaxChars("the ID of --row", 200);
/// In all sections together.
pub const MAX_ROWS: usize = 10;

/// Not documented; most file systems allow no longer names.
pub const FILE_NAME: MaxChars = MaxChars("--file-name", 255);
pub const FILE_TYPE: MaxChars = MaxChars("--file-type", FILE_NAME.1);

/// Not documented; longer than any real name.
pub const CONTACT_NAME: MaxChars = MaxChars("--name", 256);
/// Not documented; a full international number has 15 digits.
pub const CONTACT_PHONE_DIGITS: std::ops::RangeInclusive<usize> = 3..=20;

/// Not documented; as long as a body.
pub const PLACE_NAME: MaxChars = MaxChars("--name", BODY.1);
pub const PLACE_ADDRESS: MaxChars = MaxChars("--address", BODY.1);
pub const MAX_LATITUDE: f64 = 90.0;
pub const MAX_LONGITUDE: f64 = 180.0;

/// One emoji can consist of several characters; none has more than these.
pub const MAX_EMOJI_CHARS: usize = 16;
