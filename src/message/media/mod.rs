//! Media files: what they are, and WhatsApp's limits for them.
//!
//! The extension of a file and its first bytes have to agree: WhatsApp checks the content, and phones
//! use the name.

mod content;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::error::{Failure, Result};
use crate::named_enum::named_enum;
use content::Content;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
/// How many bytes of a file are checked.
const HEAD: u64 = 4096;

named_enum! {
    /// How a phone shows a file. The size limits depend on it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Kind {
        Image = "image",
        Video = "video",
        Audio = "audio",
        Document = "document",
        Sticker = "sticker",
    }
}

/// A file format that WhatsApp supports: its extensions, the usual one first; its MIME type; and its
/// content.
type Format = (&'static [&'static str], Kind, &'static str, Content);

/// All formats that WhatsApp documents.
const FORMATS: &[Format] = &[
    (&["jpg", "jpeg"], Kind::Image, "image/jpeg", Content::Jpeg),
    (&["png"], Kind::Image, "image/png", Content::Png),
    (&["mp4"], Kind::Video, "video/mp4", Content::Mp4),
    (&["3gp", "3gpp"], Kind::Video, "video/3gpp", Content::Mp4),
    (&["aac"], Kind::Audio, "audio/aac", Content::Aac),
    (&["m4a"], Kind::Audio, "audio/mp4", Content::Mp4),
    (&["mp3"], Kind::Audio, "audio/mpeg", Content::Mp3),
    (&["amr"], Kind::Audio, "audio/amr", Content::Amr),
    (&["ogg", "opus"], Kind::Audio, "audio/ogg", Content::Ogg),
    (&["webp"], Kind::Sticker, "image/webp", Content::Webp),
    (&["pdf"], Kind::Document, "application/pdf", Content::Pdf),
    (&["txt"], Kind::Document, "text/plain", Content::Text),
    (&["doc"], Kind::Document, "application/msword", Content::OldOffice),
    (&["xls"], Kind::Document, "application/vnd.ms-excel", Content::OldOffice),
    (&["ppt"], Kind::Document, "application/vnd.ms-powerpoint", Content::OldOffice),
    (&["docx"], Kind::Document, DOCX, Content::Zip),
    (&["xlsx"], Kind::Document, XLSX, Content::Zip),
    (&["pptx"], Kind::Document, PPTX, Content::Zip),
];
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/// A file that WhatsApp supports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaFile {
    pub kind: Kind,
    pub mime: &'static str,
    /// The usual extension, in lower case.
    pub extension: &'static str,
    /// In bytes.
    pub size: u64,
}

/// Checks a file against WhatsApp's limits.
///
/// # Errors
/// It cannot be read, is empty or too large, has an unsupported type, or its content does not match
/// its extension.
pub fn inspect(path: &Path) -> Result<MediaFile> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        Failure::usage(format!("{shown} cannot be read: {error}")).hint("check the path")
    };
    // Before it is opened, since opening a pipe would wait for its other end.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(
            Failure::usage(format!("{shown} is not a file")).hint("give the path of a file")
        );
    }
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head)).map_err(unreadable)?;
    let extension = path.extension().map(|text| text.to_string_lossy().to_lowercase());
    check(&shown.to_string(), extension.as_deref(), &head, metadata.len())
}

fn check(shown: &str, extension: Option<&str>, head: &[u8], size: u64) -> Result<MediaFile> {
    let is_named =
        |(extensions, ..): &&Format| extension.is_some_and(|own| extensions.contains(&own));
    let Some(&(extensions, kind, mime, content)) = FORMATS.iter().find(is_named) else {
        let extensions: Vec<&str> = FORMATS.iter().flat_map(|format| format.0).copied().collect();
        return Err(Failure::usage(format!("{shown}: unsupported file type"))
            .hint(format!("WhatsApp supports {}", extensions.join(", "))));
    };
    if size == 0 {
        return Err(Failure::usage(format!("{shown} is empty")).hint("check the path"));
    }
    if !content.matches(head) {
        return Err(Failure::usage(format!(
            "{shown}: the content does not match the file extension, it is not {mime}"
        ))
        .hint("convert the file, or correct its extension"));
    }
    let animated = content == Content::Webp && content::is_animated_webp(head);
    let (what, limit) = match kind {
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
    let extension = extensions.first().copied().unwrap_or_default();
    Ok(MediaFile { kind, mime, extension, size })
}

/// A size in the unit that people use.
fn human(bytes: u64) -> String {
    // One decimal, rounded up: one byte above a limit must not be shown as the limit itself.
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
        let static_webp = b"RIFF\0\0\0\0WEBPVP8 ........".as_slice();
        let animated_webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0".as_slice();
        for (extension, head, limit) in [
            ("png", PNG, 5 * MIB),
            ("mp4", b"\0\0\0\x18ftypmp42".as_slice(), 16 * MIB),
            ("mp3", b"ID3\x03", 16 * MIB),
            ("pdf", b"%PDF-1.7", 100 * MIB),
            ("webp", static_webp, 100 * KIB),
            ("webp", animated_webp, 500 * KIB),
        ] {
            let size = check("f", Some(extension), head, limit).expect(extension).size;
            assert_eq!(size, limit);
            let failure = check("f", Some(extension), head, limit + 1).expect_err(extension);
            assert!(failure.message.contains("too large"), "{}", failure.message);
        }
    }

    #[test]
    fn extension_and_content_have_to_agree() {
        assert_eq!(check("f", Some("png"), PNG, 9).expect("png").kind, Kind::Image);
        check("f", Some("jpg"), PNG, 9).expect_err("png");
        check("f", Some("txt"), PNG, 9).expect_err("binary");
        check("f", Some("png"), &[], 0).expect_err("empty");
        for extension in [None, Some("exe"), Some("")] {
            check("f", extension, PNG, 9).expect_err("an unsupported type");
        }
    }

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!(human(5 * MIB), "5 MiB");
        assert_eq!(human(5 * MIB + 1), "5.1 MiB");
        assert_eq!((human(512), human(1536)), ("512 bytes".into(), "1.5 KiB".into()));
    }
}
