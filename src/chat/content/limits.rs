//! The limits of free-form messages, one constant for each part. Lengths count characters.
//!
//! They are documented, unless a line gives another reason.

pub const TEXT_MAX_CHARS: usize = 4096;
/// Not documented; as long as a body.
pub const CAPTION_MAX_CHARS: usize = BODY_MAX_CHARS;

/// The text of a message with buttons or a list, and the lines above and below it.
pub const BODY_MAX_CHARS: usize = 1024;
pub const HEADER_MAX_CHARS: usize = 60;
pub const FOOTER_MAX_CHARS: usize = 60;

pub const BUTTONS_MAX: usize = 3;
pub const BUTTON_TITLE_MAX_CHARS: usize = 20;
pub const BUTTON_ID_MAX_CHARS: usize = 256;
/// Not documented; WhatsApp's limit.
pub const VIBER_BUTTON_TITLE_MAX_CHARS: usize = BUTTON_TITLE_MAX_CHARS;

/// The button that opens a list.
pub const LIST_BUTTON_MAX_CHARS: usize = 20;
pub const SECTION_TITLE_MAX_CHARS: usize = 24;
/// The rows of all sections together.
pub const ROWS_MAX: usize = 10;
pub const ROW_TITLE_MAX_CHARS: usize = 24;
pub const ROW_DESCRIPTION_MAX_CHARS: usize = 72;
pub const ROW_ID_MAX_CHARS: usize = 200;

/// Not documented; most file systems allow no longer names.
pub const FILE_NAME_MAX_CHARS: usize = 255;
pub const FILE_TYPE_MAX_CHARS: usize = FILE_NAME_MAX_CHARS;

/// Not documented; longer than any real name.
pub const CONTACT_NAME_MAX_CHARS: usize = 256;
/// Not documented; a full international number has 15.
pub const CONTACT_PHONE_DIGITS: std::ops::RangeInclusive<usize> = 3..=20;

/// Not documented; as long as a body.
pub const PLACE_MAX_CHARS: usize = BODY_MAX_CHARS;
pub const LATITUDE_MAX_DEGREES: f64 = 90.0;
pub const LONGITUDE_MAX_DEGREES: f64 = 180.0;

/// One emoji can be composed of several characters; none has more than these.
pub const EMOJI_MAX_CHARS: usize = 16;
