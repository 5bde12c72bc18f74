//! Hides secrets and private values in texts of `aliyun` and the services.
//!
//! Their errors quote the request: URLs with access keys, tokens and phone numbers, the string that
//! was signed, and the content of the message. Each such text passes through a [`Redaction`] before
//! it becomes part of a failure or of the output: replies to calls in `Client::call`, errors of the
//! guard's commands in `reply::describe_failure`.
//!
//! Two kinds of text are hidden: URL queries, access keys, tokens and signatures, by patterns; and
//! each private value of the call with at least four characters: variables, content and recipients.
//! Values are found raw, JSON-escaped, percent-encoded and in combinations of these. A value within
//! a longer word hides the whole word, and a truncated value is hidden as well.

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
use crate::api::secret::{HIDDEN, Secret};
use crate::error::Failure;
use values::Needle;
use view::View;

/// Longer texts are truncated to this number of bytes, to limit the time for the search.
const MAX_TEXT: usize = 16 * 1024;
/// The limit for all texts of a JSON reply, in bytes; further texts are hidden.
const MAX_JSON: usize = 256 * 1024;

/// Fields of replies with codes of errors or templates. They are never hidden, nor are fields whose
/// name ends in `Id`.
const CODE_FIELDS: [&str; 4] = ["Code", "ErrorCode", "SubCode", "TemplateCode"];

/// The values to hide in texts from some calls, in addition to the patterns.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    needles: BTreeSet<Needle>,
    /// Texts that are not changed even if they contain a value by chance.
    kept: Vec<String>,
    product: Option<Product>,
}

impl Redaction {
    /// Adds the private values of a call.
    pub fn add<E>(&mut self, call: &Call<E>) {
        let product = call.operation.product;
        self.needles.extend(values::from_call(call));
        self.kept.extend(call.value(product.ids().tracking_flag).map(str::to_string));
        self.product = Some(product);
    }

    /// A redaction for texts from a process that was given these secrets.
    pub fn from_secrets(secrets: &[&Secret]) -> Self {
        let needles = secrets.iter().flat_map(|secret| secret.reveal_to(values::from_text));
        Self { needles: needles.collect(), ..Self::default() }
    }

    /// Redacts a failure, except for its code and its request ID.
    pub fn failure(&self, mut failure: Box<Failure>) -> Box<Failure> {
        let mut this = self.clone();
        let is_kept = |id: &Option<String>| id.as_ref().is_some_and(|id| is_code(id));
        for id in [&mut failure.code, &mut failure.request_id] {
            if is_kept(id) {
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

    /// Redacts the fields of a reply.
    pub fn object(&self, fields: &Map<String, Value>) -> Map<String, Value> {
        self.fields(fields, &mut { MAX_JSON })
    }

    /// Redacts a JSON value.
    pub fn json(&self, value: &Value) -> Value {
        self.value(value, &mut { MAX_JSON })
    }

    fn value(&self, value: &Value, budget: &mut usize) -> Value {
        match value {
            Value::Object(fields) => Value::Object(self.fields(fields, budget)),
            Value::Array(items) => items.iter().map(|item| self.value(item, budget)).collect(),
            Value::String(text) => Value::String(self.within(text, budget)),
            Value::Number(number) => {
                let written = number.to_string();
                let shown = self.within(&written, budget);
                // A number without private digits remains a number.
                if shown == written { value.clone() } else { Value::String(shown) }
            }
            Value::Bool(_) | Value::Null => value.clone(),
        }
    }

    fn fields(&self, fields: &Map<String, Value>, budget: &mut usize) -> Map<String, Value> {
        let shown = fields.iter().map(|(name, value)| {
            let names_an_id = CODE_FIELDS.contains(&name.as_str())
                || (name.ends_with("Id") && !name.ends_with("KeyId"));
            let is_id = names_an_id && (value.is_number() || value.as_str().is_some_and(is_id));
            let shown = if is_id { value.clone() } else { self.value(value, budget) };
            // Names are shown for replies of any size, so they do not count against the limit.
            (self.text(name), shown)
        });
        shown.collect()
    }

    fn within(&self, text: &str, budget: &mut usize) -> String {
        match budget.checked_sub(text.len()) {
            Some(rest) => {
                *budget = rest;
                self.text(text)
            }
            None => {
                *budget = 0;
                HIDDEN.to_string()
            }
        }
    }

    /// Redacts a text.
    pub fn text(&self, text: &str) -> String {
        let text = cut(text);
        let layers = View::layers(&text);
        let kept = self.kept_in(&text);
        let is_kept = |source: &Range<usize>| {
            kept.iter().any(|kept| kept.start <= source.start && source.end <= kept.end)
        };
        let mut parts: Vec<(Range<usize>, &str)> = patterns::find(&layers)
            .into_iter()
            .filter(|source| !is_kept(source))
            .map(|source| (source, HIDDEN))
            .collect();
        for layer in layers.iter().map(View::comparable) {
            for needle in &self.needles {
                for hit in hits(&layer, needle) {
                    if !is_kept(&layer.source(&hit)) {
                        parts.push((layer.source(&whole_word(&layer.bytes, hit)), &needle.shown));
                    }
                }
            }
        }
        replace(&text, parts)
    }

    /// The ranges of the text that are not changed.
    fn kept_in(&self, text: &str) -> Vec<Range<usize>> {
        let kept = self.kept.iter().filter(|kept| kept.chars().count() >= values::MIN_CHARS);
        kept.flat_map(|kept| text.match_indices(kept.as_str()).map(|(at, hit)| at..at + hit.len()))
            .collect()
    }
}

/// Whether the text has the form of a code.
fn is_code(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-^".contains(&byte)) && is_id(text)
}

/// Whether the text has the form of an ID. IDs of WhatsApp are Base64.
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

/// The last character boundary at or before this position.
fn boundary_before(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The first character boundary at or after this position, or the end of the text.
fn boundary_after(text: &str, mut at: usize) -> usize {
    while at < text.len() && !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// The ranges of the text with the value, or with its beginning where the text is truncated.
fn hits(layer: &View, needle: &Needle) -> Vec<Range<usize>> {
    let (text, value) = (&layer.bytes, &needle.bytes);
    let Some(beginning) = needle.beginning else {
        let encoded = |hit: &Range<usize>| layer.source(hit).len() > value.len();
        return occurrences(text, value).filter(encoded).collect();
    };
    let mut hits: Vec<Range<usize>> = occurrences(text, value).collect();
    for end in cuts(text) {
        // An escape sequence can be truncated as well, also one inside another.
        let torn = (end.saturating_sub(11)..end).filter(|at| b"%\\&".contains(&text[*at]));
        for before in torn.chain([end]) {
            let longest = before.min(value.len().saturating_sub(1));
            let length = (beginning..=longest)
                .rev()
                .find(|length| text[before - length..before] == value[..*length]);
            hits.extend(length.map(|length| before - length..end));
        }
    }
    hits
}

/// All occurrences, including overlapping ones.
fn occurrences<'t>(text: &'t [u8], value: &'t [u8]) -> impl Iterator<Item = Range<usize>> + 't {
    let finder = memmem::Finder::new(value);
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + finder.find(text.get(from..)?)?;
        from = at + 1;
        Some(at..at + value.len())
    })
}

/// Positions where a text may be truncated: its end, and before an ellipsis.
fn cuts(text: &[u8]) -> Vec<usize> {
    let ellipses = occurrences(text, "…".as_bytes()).chain(occurrences(text, b"..."));
    let mut cuts: Vec<usize> = ellipses.map(|ellipsis| ellipsis.start).take(16).collect();
    cuts.push(text.len());
    cuts
}

/// The word around a hit. It is hidden as a whole, because its rest could reveal the value.
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

/// Replaces these parts of the text. Overlapping and adjacent parts are merged.
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
