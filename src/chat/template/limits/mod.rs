//! The documented limits of WhatsApp and Viber templates. They are checked before anything is
//! submitted: a review takes hours, and a rejected name stays reserved.
//!
//! `whatsapp` and `viber` hold one table each, and the few rules that no row can express. Sources
//! are titles of Alibaba Cloud's documents, unless they name Meta.

mod carousel;
mod parts;
#[cfg(test)]
mod tests;
mod viber;
mod whatsapp;

use serde_json::Value;

use crate::chat::template::components::Message;
use crate::chat::template::draft::Draft;
use crate::chat::template::field_names::{misnamed, normalize};
use crate::error::Result;
use crate::message::channel::Channel;
use crate::message::limits::{Part, Rule, check as check_table};
use crate::message::placeholder::{Segment, Style, compare, find_variables, segments, unfinished};
use crate::message::url;
use crate::message::violations::Violations;

const HINT: &str =
    "`alimsg templates create --help` shows the forms; nothing was submitted for review";

/// Checks a complete draft.
///
/// # Errors
/// All violated limits.
pub fn check(draft: &Draft) -> Result<()> {
    report(|violations| {
        add_part_violations(violations, draft, draft.category.as_deref());
        add_whole_violations(violations, draft, draft.category.as_deref());
    })
}

/// Checks each part that a draft gives, for a template of this category, if it is known.
///
/// # Errors
/// All violated limits.
pub fn check_parts(draft: &Draft, category: Option<&str>) -> Result<()> {
    report(|violations| add_part_violations(violations, draft, category))
}

/// Checks whether the parts fit together and fit the category, if it is known.
///
/// # Errors
/// All violated limits.
pub fn check_whole(draft: &Draft, category: Option<&str>) -> Result<()> {
    report(|violations| add_whole_violations(violations, draft, category))
}

/// # Errors
/// The channel does not take the name.
pub fn check_name(channel: Channel, name: &str) -> Result<()> {
    report(|violations| add_name_violations(violations, channel, name))
}

/// # Errors
/// The channel does not have the category.
pub fn check_category(channel: Channel, category: &str) -> Result<()> {
    let part = Part::text("category", "category", category);
    report(|violations| check_table(violations, rules(channel), Style::Chat, &[part]))
}

/// # Errors
/// The language is not a valid code.
pub fn check_language(language: &str) -> Result<()> {
    report(|violations| add_language_violations(violations, language))
}

fn report(add_violations: impl FnOnce(&mut Violations)) -> Result<()> {
    let mut violations = Violations::default();
    add_violations(&mut violations);
    violations.into_result(HINT)
}

fn rules(channel: Channel) -> &'static [Rule] {
    if channel == Channel::Viber { viber::RULES } else { whatsapp::RULES }
}

fn add_part_violations(violations: &mut Violations, draft: &Draft, category: Option<&str>) {
    let channel = draft.channel;
    if let Some(name) = &draft.name {
        add_name_violations(violations, channel, name);
    }
    if let Some(language) = &draft.language {
        add_language_violations(violations, language);
    }
    for (given, right) in misnamed(&draft.components) {
        violations.add(format!("write the field {given:?} of a component as {right:?}"));
    }
    let components = normalize(&draft.components);
    let message = Message::from_components(&components);
    let mut parts = parts::message_parts(&components, &message, category);
    parts.extend(draft.category.iter().map(|name| Part::text("category", "category", name)));
    check_table(violations, rules(channel), Style::Chat, &parts);
    add_duplicates(violations, "", &components);
    for (number, card) in (1..).zip(parts::cards(&components)) {
        add_duplicates(violations, &format!(" of card {number}"), &card["CardComponents"]);
    }
    if channel == Channel::Viber {
        viber::check_parts(violations, &message);
    } else {
        whatsapp::check_parts(violations, &message);
        if category == Some("AUTHENTICATION") {
            whatsapp::check_authentication(violations, &components, &message);
        }
        carousel::check_cards(violations, &message);
    }
    add_variable_violations(violations, &components, &message);
}

fn add_whole_violations(violations: &mut Violations, draft: &Draft, category: Option<&str>) {
    let components = normalize(&draft.components);
    let message = Message::from_components(&components);
    if draft.channel == Channel::Viber {
        viber::check_whole(violations, category, &message);
    } else {
        let parts = parts::offer_parts(&message);
        check_table(violations, whatsapp::RULES, Style::Chat, &parts);
        whatsapp::check_whole(violations, category, &components, &message);
        carousel::check_surroundings(violations, category, &components, &message);
    }
    let unknown = compare(&message.variables(), &draft.examples).superfluous;
    if !unknown.is_empty() {
        violations.add(format!("no variable for the examples {}", unknown.join(", ")));
    }
}

fn add_name_violations(violations: &mut Violations, channel: Channel, name: &str) {
    check_table(violations, rules(channel), Style::Chat, &[Part::text("name", "the name", name)]);
    if channel != Channel::Viber {
        whatsapp::check_name_characters(violations, name);
    }
}

/// A language has two or three lower-case letters, then perhaps `_` and a region in upper case.
fn add_language_violations(violations: &mut Violations, language: &str) {
    const SOURCE: &str = "Language codes";
    let (name, region) = match language.split_once(['_', '-']) {
        Some((name, region)) => (name.to_lowercase(), Some(region.to_uppercase())),
        None => (language.to_lowercase(), None),
    };
    let is_code = (2..=3).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase())
        && region.as_ref().is_none_or(|region| {
            region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_uppercase())
        });
    let right = region.map_or(name.clone(), |region| format!("{name}_{region}"));
    if !is_code {
        let message = format!("invalid language {language:?}: expected a code such as en or zh_CN");
        violations.add_documented(message, SOURCE);
    } else if right != language {
        violations.add_documented(format!("write the language {language:?} as {right:?}"), SOURCE);
    }
}

fn add_duplicates(violations: &mut Violations, place: &str, components: &Value) {
    let kinds = components.as_array().into_iter().flatten();
    for kind in kinds.filter_map(|component| component["Type"].as_str()) {
        if parts::components_with_type(components, kind).count() > 1 {
            violations.add(format!("more than one component {kind}{place}"));
        }
    }
}

/// The service takes `$(name)` only; a recipient would see any other form as text.
fn add_variable_violations(violations: &mut Violations, components: &Value, message: &Message) {
    let text = components.to_string();
    for segment in segments(&text, Style::Chat) {
        let Segment::Variable { name, source } = segment else { continue };
        let right = Style::Chat.variable(name);
        if source != right {
            violations.add(format!("write {right} instead of {source}"));
        }
    }
    for (place, text) in message.texts() {
        for start in unfinished(text, Style::Chat) {
            violations.add(format!("{start:?} in {place} is a variable without a name or an end"));
        }
    }
    for variable in find_variables(message.texts(), Style::Sms) {
        let (sms, right) =
            (Style::Sms.variable(&variable.name), Style::Chat.variable(&variable.name));
        violations.add(format!("write {right} instead of {sms}, the form of SMS"));
    }
}

/// Checks an URL that may contain variables.
fn check_link(violations: &mut Violations, label: &str, link: &str) {
    if let Some(problem) = url::problem(link) {
        violations.add(format!("{label} is not a valid link: {problem}"));
    }
}

/// As [`check_link`], but the whole link may be a variable, as in "GetChatappTemplateDetail".
fn check_media_link(violations: &mut Violations, label: &str, link: &str) {
    if !matches!(segments(link, Style::Chat)[..], [Segment::Variable { .. }]) {
        check_link(violations, label, link);
    }
}

/// Some parts may only occur in templates of the category MARKETING.
fn require_marketing(
    violations: &mut Violations,
    category: Option<&str>,
    part: &str,
    source: &'static str,
) {
    if let Some(category) = category.filter(|category| *category != "MARKETING") {
        violations
            .add_documented(format!("{part} needs the category MARKETING, not {category}"), source);
    }
}
