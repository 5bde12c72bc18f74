//! Media files: what they are, and WhatsApp's limits for them.
//!
//! The ending says what a file is meant to be, its first bytes what it is. Both have to agree:
//! WhatsApp judges by the content, people's phones by the name.

mod content;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::error::{Failure, Result};
use content::Content;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
/// How many bytes of a file are looked at.
const HEAD: u64 = 4096;

/// What a file is to a phone. WhatsApp limits the size by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Image,
    Video,
    Audio,
    Document,
    Sticker,
}

impl Kind {
    /// The word of `whatsapp send`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }
}

/// A form of file that WhatsApp takes.
#[derive(Debug, Clone, Copy)]
struct Format {
    endings: &'static [&'static str],
    kind: Kind,
    mime: &'static str,
    content: Content,
}

const fn format(
    endings: &'static [&'static str],
    kind: Kind,
    mime: &'static str,
    content: Content,
) -> Format {
    Format { endings, kind, mime, content }
}

/// Every form of file that WhatsApp documents.
const FORMATS: &[Format] = &[
    format(&["jpg", "jpeg"], Kind::Image, "image/jpeg", Content::Jpeg),
    format(&["png"], Kind::Image, "image/png", Content::Png),
    format(&["mp4"], Kind::Video, "video/mp4", Content::Mp4),
    format(&["3gp", "3gpp"], Kind::Video, "video/3gpp", Content::Mp4),
    format(&["aac"], Kind::Audio, "audio/aac", Content::Aac),
    format(&["m4a"], Kind::Audio, "audio/mp4", Content::Mp4),
    format(&["mp3"], Kind::Audio, "audio/mpeg", Content::Mp3),
    format(&["amr"], Kind::Audio, "audio/amr", Content::Amr),
    format(&["ogg", "opus"], Kind::Audio, "audio/ogg", Content::Ogg),
    format(&["webp"], Kind::Sticker, "image/webp", Content::Webp),
    format(&["pdf"], Kind::Document, "application/pdf", Content::Pdf),
    format(&["txt"], Kind::Document, "text/plain", Content::Text),
    format(&["doc"], Kind::Document, "application/msword", Content::OldOffice),
    format(&["xls"], Kind::Document, "application/vnd.ms-excel", Content::OldOffice),
    format(&["ppt"], Kind::Document, "application/vnd.ms-powerpoint", Content::OldOffice),
    format(
        &["docx"],
        Kind::Document,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Content::Zip,
    ),
    format(
        &["xlsx"],
        Kind::Document,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Content::Zip,
    ),
    format(
        &["pptx"],
        Kind::Document,
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        Content::Zip,
    ),
];

/// A file that WhatsApp takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaFile {
    pub kind: Kind,
    pub mime: &'static str,
    /// The usual ending, in lower case.
    pub ending: &'static str,
    /// In bytes.
    pub size: u64,
}

/// Looks at a file.
///
/// # Errors
/// It cannot be read, is empty, is of no form that WhatsApp takes, is not what its ending says, or
/// is too large.
pub fn look_at(path: &Path) -> Result<MediaFile> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        Failure::usage(format!("{shown} cannot be read: {error}")).hint("check the path")
    };
    // Asked before it is opened: opening a pipe would wait for its other end.
    let facts = std::fs::metadata(path).map_err(unreadable)?;
    if !facts.is_file() {
        return Err(
            Failure::usage(format!("{shown} is not a file")).hint("give the path of a file")
        );
    }
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head)).map_err(unreadable)?;
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    judge(&shown.to_string(), ending.as_deref(), &head, facts.len())
}

fn judge(shown: &str, ending: Option<&str>, head: &[u8], size: u64) -> Result<MediaFile> {
    let by_ending = |format: &&Format| ending.is_some_and(|it| format.endings.contains(&it));
    let Some(format) = FORMATS.iter().find(by_ending) else {
        let endings: Vec<&str> =
            FORMATS.iter().flat_map(|format| format.endings).copied().collect();
        return Err(Failure::usage(format!("{shown} is of no form that WhatsApp takes"))
            .hint(format!("the endings are {}", endings.join(", "))));
    };
    if size == 0 {
        return Err(Failure::usage(format!("{shown} is empty")).hint("check the path"));
    }
    if !format.content.fits(head) {
        return Err(Failure::usage(format!(
            "{shown} is not what its ending says: its content is not {}",
            format.mime
        ))
        .hint("convert the file, or name it after what it is"));
    }
    let animated = format.content == Content::Webp && content::is_animated_webp(head);
    let (what, limit) = match format.kind {
        Kind::Image => ("an image", 5 * MIB),
        Kind::Video => ("a video", 16 * MIB),
        Kind::Audio => ("an audio file", 16 * MIB),
        Kind::Document => ("a document", 100 * MIB),
        Kind::Sticker if animated => ("an animated sticker", 500 * KIB),
        Kind::Sticker => ("a static sticker", 100 * KIB),
    };
    if size > limit {
        return Err(Failure::usage(format!(
            "{shown} is too large: {} for {what}, {} at most",
            human(size),
            human(limit)
        ))
        .hint("make it smaller; WhatsApp would not deliver it"));
    }
    let ending = format.endings.first().copied().unwrap_or_default();
    Ok(MediaFile { kind: format.kind, mime: format.mime, ending, size })
}

/// A size as people say it.
fn human(bytes: u64) -> String {
    // One decimal, rounded up, so that one byte too many does not read as the limit itself.
    let tenths = |unit: u64| (bytes.saturating_mul(10)).div_ceil(unit);
    let shown = |tenths: u64, unit: &str| match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        part => format!("{}.{part} {unit}", tenths / 10),
    };
    if bytes >= MIB {
        shown(tenths(MIB), "MiB")
    } else if bytes >= KIB {
        shown(tenths(KIB), "KiB")
    } else {
        format!("{bytes} bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";

    #[test]
    fn each_kind_has_its_limit_to_the_byte() {
        let still = b"RIFF\0\0\0\0WEBPVP8 ........".as_slice();
        let moving = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0".as_slice();
        for (ending, head, limit) in [
            ("png", PNG, 5 * MIB),
            ("mp4", b"\0\0\0\x18ftypmp42".as_slice(), 16 * MIB),
            ("mp3", b"ID3\x03", 16 * MIB),
            ("pdf", b"%PDF-1.7", 100 * MIB),
            ("webp", still, 100 * KIB),
            ("webp", moving, 500 * KIB),
        ] {
            let size = judge("f", Some(ending), head, limit).expect(ending).size;
            assert_eq!(size, limit);
            let failure = judge("f", Some(ending), head, limit + 1).expect_err(ending);
            assert!(failure.message.contains("too large"), "{}", failure.message);
        }
    }

    #[test]
    fn ending_and_content_have_to_agree() {
        assert_eq!(judge("f", Some("png"), PNG, 9).expect("png").kind, Kind::Image);
        judge("f", Some("jpg"), PNG, 9).expect_err("png");
        judge("f", Some("txt"), PNG, 9).expect_err("binary");
        judge("f", Some("png"), &[], 0).expect_err("empty");
        for ending in [None, Some("exe"), Some("")] {
            judge("f", ending, PNG, 9).expect_err("no form");
        }
    }

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!(human(5 * MIB), "5 MiB");
        assert_eq!(human(5 * MIB + 1), "5.1 MiB");
        assert_eq!((human(512), human(1536)), ("512 bytes".into(), "1.5 KiB".into()));
    }
}
