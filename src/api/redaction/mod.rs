//! Hides secrets and private values in texts from elsewhere.
//!
//! Errors of `aliyun` and of the services quote what they were given: URLs with access keys,
//! tokens and numbers in them, the string that was signed, and the content of the message. Every
//! such text goes through a [`Redaction`] before it becomes part of a failure or of the output:
//! what a call returns in `Service::call`, what a command of the guard returns in
//! `reply::complaint`.
//!
//! Hidden are URL queries, access keys, tokens and signatures by their form, and each private
//! value of the call that has at least four characters: its variables, its content and the numbers
//! it goes to. They are found raw, JSON-escaped, percent-encoded and in mixtures of these; also
//! inside of a longer word, which is then hidden as a whole, and where the end was cut off.

mod patterns;
#[cfg(test)]
mod tests;
mod values;
mod view;

use std::collections::BTreeSet;
use std::ops::Range;

use memchr::memmem;
use serde_json::{Map, Value};

use crate::api::call::Call;
use crate::api::error_codes;
use crate::api::operations::Product;
use crate::api::secret::Secret;
use crate::error::Failure;
use values::Needle;
use view::View;

/// What is shown in the place of a secret.
pub const HIDDEN: &str = "***";

/// A text from elsewhere that is longer than this is cut: nobody reads it, and searching it takes
/// time.
const MAX_TEXT: usize = 16 * 1024;
/// How much of a reply is shown.
const MAX_JSON: usize = 256 * 1024;

/// Fields of replies with codes. They identify an error or a template and are never hidden, nor are
/// the fields whose name ends in `Id`.
const CODE_FIELDS: [&str; 4] = ["Code", "ErrorCode", "SubCode", "TemplateCode"];

/// What has to be hidden in texts that came back from some calls, besides what is known by its form.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    needles: BTreeSet<Needle>,
    /// Texts that stay as they are, also where they contain a value by chance.
    kept: Vec<String>,
    product: Option<Product>,
}

impl Redaction {
    /// Hides the private values of this call as well.
    pub fn add<E>(&mut self, call: &Call<E>) {
        let product = call.operation.product;
        self.needles.extend(values::of_call(call));
        self.kept.extend(call.value(product.ids().tracking_flag).map(str::to_string));
        self.product = Some(product);
    }

    /// For texts that came back from a process which knew these secrets.
    pub fn of_secrets(secrets: &[&Secret]) -> Self {
        let needles = secrets.iter().flat_map(|secret| secret.reveal_to(values::of_text));
        Self { needles: needles.collect(), ..Self::default() }
    }

    /// The failure without anything private in it. Its code and its request ID stay.
    pub fn failure(&self, mut failure: Box<Failure>) -> Box<Failure> {
        let mut this = self.clone();
        let stays = |id: &Option<String>| id.as_ref().is_some_and(|id| is_code(id));
        for id in [&mut failure.code, &mut failure.request_id] {
            if stays(id) {
                this.kept.extend(id.clone());
            } else {
                *id = id.as_deref().map(|id| self.text(id));
            }
        }
        if let (Some(product), Some(code)) = (self.product, &failure.code)
            && let Some(known) = error_codes::find(product, code)
        {
            this.kept.extend([known.meaning.to_string(), known.action.to_string()]);
        }
        failure.message = this.text(&failure.message);
        failure.hint = failure.hint.map(|hint| this.text(&hint));
        failure.raw = failure.raw.map(|raw| this.json(&raw));
        failure
    }

    /// The fields of a reply without anything private in them.
    pub fn object(&self, fields: &Map<String, Value>) -> Map<String, Value> {
        self.fields(fields, &mut { MAX_JSON })
    }

    /// The JSON without anything private in it.
    pub fn json(&self, value: &Value) -> Value {
        self.value(value, &mut { MAX_JSON })
    }

    fn value(&self, value: &Value, left: &mut usize) -> Value {
        match value {
            Value::Object(fields) => Value::Object(self.fields(fields, left)),
            Value::Array(items) => items.iter().map(|item| self.value(item, left)).collect(),
            Value::String(text) => Value::String(self.within(text, left)),
            Value::Number(number) => {
                let written = number.to_string();
                let shown = self.within(&written, left);
                // A number with nothing to hide stays a number.
                if shown == written { value.clone() } else { Value::String(shown) }
            }
            Value::Bool(_) | Value::Null => value.clone(),
        }
    }

    fn fields(&self, fields: &Map<String, Value>, left: &mut usize) -> Map<String, Value> {
        let shown = fields.iter().map(|(name, value)| {
            let names_an_id = CODE_FIELDS.contains(&name.as_str())
                || (name.ends_with("Id") && !name.ends_with("KeyId"));
            let is_id = names_an_id && (value.is_number() || value.as_str().is_some_and(is_id));
            let shown = if is_id { value.clone() } else { self.value(value, left) };
            // Whatever the size of the reply, its fields can be told apart.
            (self.text(name), shown)
        });
        shown.collect()
    }

    fn within(&self, text: &str, left: &mut usize) -> String {
        match left.checked_sub(text.len()) {
            Some(rest) => {
                *left = rest;
                self.text(text)
            }
            None => {
                *left = 0;
                HIDDEN.to_string()
            }
        }
    }

    /// The text without anything private in it.
    pub fn text(&self, text: &str) -> String {
        let text = cut(text);
        let layers = View::layers(&text);
        let kept = self.kept_in(&text);
        let is_kept = |source: &Range<usize>| {
            kept.iter().any(|kept| kept.start <= source.start && source.end <= kept.end)
        };
        let mut found: Vec<(Range<usize>, &str)> = patterns::find(&layers)
            .into_iter()
            .filter(|source| !is_kept(source))
            .map(|source| (source, HIDDEN))
            .collect();
        for layer in layers.iter().map(View::comparable) {
            for needle in &self.needles {
                for hit in hits(&layer, needle) {
                    if !is_kept(&layer.source(&hit)) {
                        found.push((layer.source(&whole_word(&layer.bytes, hit)), &needle.shown));
                    }
                }
            }
        }
        replace(&text, found)
    }

    /// Where the text has what stays.
    fn kept_in(&self, text: &str) -> Vec<Range<usize>> {
        let kept = self.kept.iter().filter(|kept| kept.chars().count() >= values::MIN_CHARS);
        kept.flat_map(|kept| {
            text.match_indices(kept.as_str()).map(|(at, found)| at..at + found.len())
        })
        .collect()
    }
}

/// A code by its form, so that nothing else passes for one.
fn is_code(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-^".contains(&byte)) && is_id(text)
}

/// An ID by its form. Those of WhatsApp are written in Base64.
fn is_id(text: &str) -> bool {
    (1..=256).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-^@~+/=".contains(&byte))
        && Redaction::default().text(text) == text
}

fn cut(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        return text.to_string();
    }
    format!("{}…", &text[..boundary_before(text, MAX_TEXT)])
}

/// The last start of a character that is not behind this place.
fn boundary_before(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The first start of a character that is not in front of this place, or the end of the text.
fn boundary_after(text: &str, mut at: usize) -> usize {
    while at < text.len() && !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// Where the text has the value, or its beginning where the text was cut off.
fn hits(layer: &View, needle: &Needle) -> Vec<Range<usize>> {
    let (text, value) = (&layer.bytes, &needle.bytes);
    let Some(beginning) = needle.beginning else {
        let encoded = |hit: &Range<usize>| layer.source(hit).len() > value.len();
        return occurrences(text, value).filter(encoded).collect();
    };
    let mut found: Vec<Range<usize>> = occurrences(text, value).collect();
    for end in cuts(text) {
        // An escape can be cut in the middle as well.
        let from = end.saturating_sub(11);
        let torn = text[from..end].iter().rposition(|byte| b"%\\&".contains(byte));
        for before in [Some(end), torn.map(|at| from + at)].into_iter().flatten() {
            let longest = before.min(value.len().saturating_sub(1));
            let length = (beginning..=longest)
                .rev()
                .find(|length| text[before - length..before] == value[..*length]);
            found.extend(length.map(|length| before - length..end));
        }
    }
    found
}

/// All occurrences, also those that overlap.
fn occurrences<'t>(text: &'t [u8], value: &'t [u8]) -> impl Iterator<Item = Range<usize>> + 't {
    let finder = memmem::Finder::new(value);
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + finder.find(text.get(from..)?)?;
        from = at + 1;
        Some(at..at + value.len())
    })
}

/// Where a text may have been cut off: at its end and in front of an ellipsis.
fn cuts(text: &[u8]) -> Vec<usize> {
    let ellipses = occurrences(text, "…".as_bytes()).chain(occurrences(text, b"..."));
    let mut cuts: Vec<usize> = ellipses.map(|found| found.start).take(16).collect();
    cuts.push(text.len());
    cuts
}

/// The word around a hit: what is left of it would tell the rest.
fn whole_word(text: &[u8], hit: Range<usize>) -> Range<usize> {
    let is_word = |at: usize| text.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let (mut start, mut end) = (hit.start, hit.end);
    while is_word(start) && start > 0 && is_word(start - 1) {
        start -= 1;
    }
    while end > 0 && is_word(end - 1) && is_word(end) {
        end += 1;
    }
    start..end
}

/// The text with each of these parts replaced. Parts that overlap or touch are one.
fn replace(text: &str, mut parts: Vec<(Range<usize>, &str)>) -> String {
    parts.retain(|(range, _)| range.start < range.end);
    parts.sort_by_key(|(range, _)| (range.start, range.end));
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    let mut parts = parts.into_iter().peekable();
    while let Some((first, mut stars)) = parts.next() {
        let mut end = first.end;
        while let Some((next, other)) = parts.next_if(|(next, _)| next.start <= end) {
            end = end.max(next.end);
            if other == HIDDEN || next != first {
                stars = HIDDEN;
            }
        }
        let (start, end) = (boundary_before(text, first.start), boundary_after(text, end));
        shown.push_str(&text[at.min(start)..start]);
        shown.push_str(stars);
        at = end.max(at);
    }
    shown.push_str(&text[at..]);
    shown
}
