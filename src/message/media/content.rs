//! Recognizes a file by its first bytes.
//!
//! The `infer` crate does not replace this: it names the first type that matches, where the question
//! here is whether a file can be what its name claims. It does not know 3GP and plain text, nor
//! animated WebP, and misses valid MP4, MP3 and AAC files.

/// A format of contents that can be recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Jpeg,
    Png,
    Webp,
    /// ISO media: MP4, M4A and 3GP differ in their extension.
    Mp4,
    Aac,
    Mp3,
    Amr,
    Ogg,
    Pdf,
    /// Compound files of Office up to 2003.
    OldOffice,
    /// Office Open XML is a ZIP archive.
    Zip,
    Text,
}

impl Content {
    /// Whether a file with this beginning can have this format.
    pub fn matches(self, head: &[u8]) -> bool {
        let at = |offset: usize, bytes: &[u8]| {
            head.get(offset..).is_some_and(|rest| rest.starts_with(bytes))
        };
        // MPEG audio begins with eleven bits of ones; MP3 and AAC differ in the layer.
        let frame = |layer: u8| matches!(head, [0xff, second, ..] if second & 0xe0 == 0xe0 && second & 0x06 == layer);
        match self {
            Self::Jpeg => at(0, b"\xff\xd8\xff"),
            Self::Png => at(0, b"\x89PNG\r\n\x1a\n"),
            Self::Webp => at(0, b"RIFF") && at(8, b"WEBP"),
            Self::Mp4 => at(4, b"ftyp"),
            Self::Aac => at(0, b"ADIF") || frame(0x00),
            Self::Mp3 => at(0, b"ID3") || frame(0x02),
            Self::Amr => at(0, b"#!AMR"),
            Self::Ogg => at(0, b"OggS"),
            Self::Pdf => at(0, b"%PDF-"),
            Self::OldOffice => at(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
            Self::Zip => at(0, b"PK\x03\x04"),
            Self::Text => !head.contains(&0) && is_utf8_beginning(head),
        }
    }
}

/// Whether the bytes are text; its last character may be cut off.
fn is_utf8_beginning(head: &[u8]) -> bool {
    match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

/// Animations have a flag in the extended header.
pub fn is_animated_webp(head: &[u8]) -> bool {
    head.get(12..16) == Some(b"VP8X") && head.get(20).is_some_and(|flags| flags & 0x02 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_recognized_by_its_beginning() {
        let beginnings: &[(Content, &[u8])] = &[
            (Content::Jpeg, b"\xff\xd8\xff\xe0"),
            (Content::Png, b"\x89PNG\r\n\x1a\n"),
            (Content::Webp, b"RIFF\x10\0\0\0WEBPVP8 "),
            (Content::Mp4, b"\0\0\0\x20ftypisom"),
            (Content::Aac, b"\xff\xf1\x50\x80"),
            (Content::Mp3, b"\xff\xfb\x90\x44"),
            (Content::Amr, b"#!AMR\n"),
            (Content::Ogg, b"OggS\0\x02"),
            (Content::Pdf, b"%PDF-1.4"),
            (Content::OldOffice, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
            (Content::Zip, b"PK\x03\x04\x14"),
            (Content::Text, "Grüße\n".as_bytes()),
        ];
        for (content, head) in beginnings {
            for (other, _) in beginnings {
                // Some formats are also text; a binary format is never taken for another one.
                if content == other {
                    assert!(other.matches(head), "{content:?}");
                } else if *other != Content::Text {
                    assert!(!other.matches(head), "{content:?} as {other:?}");
                }
            }
            assert!(*content == Content::Text || !content.matches(&[]), "{content:?} of nothing");
        }
    }
}
