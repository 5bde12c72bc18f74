//! A text and its decoded forms, with the positions in the original.
//!
//! A value of a call can come back JSON-escaped, percent-encoded, quoted by Go, or with several of
//! these encodings. Decoding one layer after the other finds it in all of them; each byte of a
//! decoded text has its range in the original.

use std::ops::Range;

/// The maximum number of layers that are decoded.
pub const LAYERS: usize = 6;

/// A text after some layers of decoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub bytes: Vec<u8>,
    /// The range in the original, for each byte.
    sources: Vec<(usize, usize)>,
}

impl View {
    pub fn new(text: &str) -> Self {
        let sources = (0..text.len()).map(|at| (at, at + 1)).collect();
        Self { bytes: text.as_bytes().to_vec(), sources }
    }

    /// The text itself, then the text after each layer of decoding.
    pub fn layers(text: &str) -> Vec<Self> {
        let mut layers = vec![Self::new(text)];
        while layers.len() <= LAYERS {
            let Some(next) = layers.last().and_then(Self::decoded) else { break };
            layers.push(next);
        }
        layers
    }

    /// The range of the original that corresponds to these bytes.
    pub fn source(&self, range: &Range<usize>) -> Range<usize> {
        match (self.sources.get(range.start), self.sources.get(range.end.wrapping_sub(1))) {
            (Some(first), Some(last)) if range.start < range.end => first.0..last.1,
            _ => 0..0,
        }
    }

    /// The text with every escape decoded once; `None` if it has none.
    fn decoded(&self) -> Option<Self> {
        if !self.bytes.iter().any(|byte| matches!(byte, b'%' | b'\\' | b'&')) {
            return None;
        }
        let mut decoded = Self { bytes: Vec::new(), sources: Vec::new() };
        let mut at = 0;
        let mut is_changed = false;
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            if is_changed && is_cut_escape(rest) {
                break;
            }
            let escape = match rest[0] {
                b'%' => percent(rest),
                b'\\' => backslash(rest),
                b'&' => entity(rest),
                _ => None,
            };
            let (bytes, length) = escape.unwrap_or_else(|| (vec![rest[0]], 1));
            is_changed |= length > 1;
            decoded.push(&bytes, self.source(&(at..at + length)));
            at += length;
        }
        is_changed.then_some(decoded)
    }

    /// The text in the form for comparison: sequences of whitespace and of `+`, which encodes a
    /// space in forms, become one space; control characters are removed, because an output can lose
    /// them.
    pub fn comparable(&self) -> Self {
        let length = self.bytes.len();
        let mut plain =
            Self { bytes: Vec::with_capacity(length), sources: Vec::with_capacity(length) };
        for (&byte, source) in self.bytes.iter().zip(&self.sources) {
            let is_blank = byte.is_ascii_whitespace() || byte == b'+' || byte == 0x0b;
            match (is_blank, plain.bytes.last(), plain.sources.last_mut()) {
                (true, Some(b' '), Some(last)) => last.1 = source.1,
                (true, ..) => plain.push(b" ", source.0..source.1),
                _ if byte.is_ascii_control() => {}
                _ => plain.push(&[byte], source.0..source.1),
            }
        }
        plain
    }

    fn push(&mut self, bytes: &[u8], source: Range<usize>) {
        self.bytes.extend_from_slice(bytes);
        self.sources.extend(bytes.iter().map(|_| (source.start, source.end)));
    }
}

/// Whether the text ends inside this escape, because it was cut.
fn is_cut_escape(rest: &[u8]) -> bool {
    match rest {
        [b'%' | b'\\'] => true,
        [b'%', digit] => digit.is_ascii_hexdigit(),
        _ => false,
    }
}

/// The decoded bytes of an escape, and the length of the escape.
type Escape = Option<(Vec<u8>, usize)>;

fn percent(rest: &[u8]) -> Escape {
    let byte = u8::try_from(hexadecimal(rest.get(1..3)?)?).ok()?;
    Some((vec![byte], 3))
}

fn backslash(rest: &[u8]) -> Escape {
    let character = |code: u32, length: usize| {
        let text = char::from_u32(code)?.to_string();
        Some((text.into_bytes(), length))
    };
    let byte = match rest.get(1)? {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'v' => 11,
        b'"' => b'"',
        b'\'' => b'\'',
        b'\\' => b'\\',
        b'/' => b'/',
        b'x' => return Some((vec![u8::try_from(hexadecimal(rest.get(2..4)?)?).ok()?], 4)),
        b'u' if rest.get(2) == Some(&b'{') => {
            let end = rest.iter().take(12).position(|byte| *byte == b'}')?;
            return character(hexadecimal(&rest[3..end])?, end + 1);
        }
        b'u' => {
            let first = hexadecimal(rest.get(2..6)?)?;
            let second = rest.get(6..12).filter(|pair| pair.starts_with(b"\\u"));
            let second = second.and_then(|pair| hexadecimal(&pair[2..]));
            return match (first, second) {
                (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                    character(0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00), 12)
                }
                _ => character(first, 6),
            };
        }
        b'U' => return character(hexadecimal(rest.get(2..10)?)?, 10),
        _ => return None,
    };
    Some((vec![byte], 2))
}

fn entity(rest: &[u8]) -> Escape {
    const NAMED: [(&[u8], u8); 5] =
        [(b"&amp;", b'&'), (b"&lt;", b'<'), (b"&gt;", b'>'), (b"&quot;", b'"'), (b"&apos;", b'\'')];
    if let Some((name, byte)) = NAMED.iter().find(|(name, _)| rest.starts_with(name)) {
        return Some((vec![*byte], name.len()));
    }
    let end = rest.iter().take(10).position(|byte| *byte == b';')?;
    let digits = rest[..end].strip_prefix(b"&#")?;
    let code = match digits.strip_prefix(b"x").or_else(|| digits.strip_prefix(b"X")) {
        Some(digits) => hexadecimal(digits)?,
        None => std::str::from_utf8(digits).ok()?.parse().ok()?,
    };
    Some((char::from_u32(code)?.to_string().into_bytes(), end + 1))
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    // `from_str_radix` would also accept a sign.
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> String {
        let layers = View::layers(text);
        String::from_utf8_lossy(&layers.last().expect("a layer").bytes).into_owned()
    }

    #[test]
    fn every_usual_escape_is_decoded() {
        for (text, expected) in [
            ("a%20b%2fc%2Fd", "a b/c/d"),
            ("%25252F", "/"),
            (r#"\"q\" \\ \/ \n"#, "\"q\" \\ / \n"),
            (r"\u4f60\U0001F600\ud83d\ude00\u{1f600}\x41", "你😀😀😀A"),
            ("&quot;&#34;&#x4F60;&amp;amp;", "\"\"你&"),
            (r"\u0026x\u003d%E4%BD%A0", "&x=你"),
            ("100 % \\ & %zz \\u12 &#; %", "100 % \\ & %zz \\u12 &#; %"),
        ] {
            assert_eq!(decoded(text), expected, "{text}");
        }
    }

    #[test]
    fn each_byte_has_its_range_in_the_original() {
        let layers = View::layers("x%2541y");
        let last = layers.last().expect("a layer");
        assert_eq!(last.bytes, b"xAy");
        assert_eq!((last.source(&(1..2)), last.source(&(0..3))), (1..6, 0..7));
        let plain = View::new("a \n\u{7} b").comparable();
        assert_eq!(plain.bytes, b"a b");
        assert_eq!(plain.source(&(1..2)), 1..5);
    }
}
