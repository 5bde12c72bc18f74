//! The documented limits of templates, checked before anything is sent: a review takes hours, and a
//! name that was rejected stays blocked. What is quoted is the title of the document: of Alibaba
//! Cloud unless Meta is named.

mod carousel;
mod components;
#[cfg(test)]
mod tests;
mod viber;
mod whatsapp;

use serde_json::Value;

use crate::chat::template::components::Message;
use crate::chat::template::field_names::normalize;
use crate::cli::templates::Channel;
use crate::cli::templates::chat::draft::Draft;
use crate::error::Result;
use crate::message::placeholder::{Segment, Style, compare, names, segments, unfinished};
use crate::message::violations::Violations;

const HINT: &str = "`alimsg templates create --help` shows the forms; nothing was sent for review";

/// Checks a draft; the failure names everything that is wrong at once.
///
/// # Errors
/// A limit that is exceeded, a form that the service does not take.
pub fn check(channel: Channel, draft: &Draft) -> Result<()> {
    let mut wrong = Violations::default();
    complain_of_parts(&mut wrong, channel, draft);
    complain_of_whole(&mut wrong, channel, draft, draft.category.as_deref());
    wrong.refuse(HINT)
}

/// Checks the parts that a draft gives, before anybody knows the rest.
///
/// # Errors
/// As [`check`].
pub fn check_parts(channel: Channel, draft: &Draft) -> Result<()> {
    let mut wrong = Violations::default();
    complain_of_parts(&mut wrong, channel, draft);
    wrong.refuse(HINT)
}

/// Checks what only the parts together tell, for a template of this category, as far as one is
/// known.
///
/// # Errors
/// Parts that are missing, do not go together or not with the category; an example for no variable.
pub fn check_whole(channel: Channel, draft: &Draft, category: Option<&str>) -> Result<()> {
    let mut wrong = Violations::default();
    complain_of_whole(&mut wrong, channel, draft, category);
    wrong.refuse(HINT)
}

/// Checks the parts that a draft gives for a template of this category, which the draft itself may
/// not name.
///
/// # Errors
/// Parts that WhatsApp writes itself.
pub fn check_given(channel: Channel, draft: &Draft, category: Option<&str>) -> Result<()> {
    let mut wrong = Violations::default();
    if channel == Channel::Whatsapp && category == Some("AUTHENTICATION") {
        let components = normalize(&draft.components);
        let message = Message::of_components(&components);
        whatsapp::check_authentication(&mut wrong, &components, &message);
    }
    wrong.refuse(HINT)
}

/// Checks a name by itself.
///
/// # Errors
/// WhatsApp does not take it; for Viber no rule is documented.
pub fn check_name(channel: Channel, name: &str) -> Result<()> {
    let mut wrong = Violations::default();
    complain_of_name(&mut wrong, channel, name);
    wrong.refuse(HINT)
}

/// Checks a category by itself.
///
/// # Errors
/// The channel does not have it.
pub fn check_category(channel: Channel, category: &str) -> Result<()> {
    let mut wrong = Violations::default();
    complain_of_category(&mut wrong, channel, category);
    wrong.refuse(HINT)
}

/// Checks a language by itself.
///
/// # Errors
/// It is no code of a language.
pub fn check_language(language: &str) -> Result<()> {
    let mut wrong = Violations::default();
    complain_of_language(&mut wrong, language);
    wrong.refuse(HINT)
}

fn complain_of_parts(wrong: &mut Violations, channel: Channel, draft: &Draft) {
    if let Some(name) = &draft.name {
        complain_of_name(wrong, channel, name);
    }
    if let Some(category) = &draft.category {
        complain_of_category(wrong, channel, category);
    }
    if let Some(language) = &draft.language {
        complain_of_language(wrong, language);
    }
    components::check_spelling(wrong, &draft.components);
    let components = normalize(&draft.components);
    let message = Message::of_components(&components);
    components::check_types(wrong, channel, &components);
    if channel == Channel::Viber {
        viber::check_parts(wrong, &components, &message);
    } else {
        whatsapp::check_parts(wrong, &message);
        if draft.category.as_deref() == Some("AUTHENTICATION") {
            whatsapp::check_authentication(wrong, &components, &message);
        }
        carousel::check_cards(wrong, &components);
    }
    complain_of_variables(wrong, &components, &message);
}

fn complain_of_whole(
    wrong: &mut Violations,
    channel: Channel,
    draft: &Draft,
    category: Option<&str>,
) {
    let components = normalize(&draft.components);
    let message = Message::of_components(&components);
    if channel == Channel::Viber {
        viber::check_whole(wrong, category, &message);
    } else {
        carousel::check_surroundings(wrong, category, &components, &message);
        whatsapp::check_offer(wrong, category, &components, &message);
        // The texts of an authentication template are WhatsApp's own.
        let is_authentication = category == Some("AUTHENTICATION");
        if category.is_some() && !is_authentication && message.body.is_empty() {
            wrong.add("there is no body");
        }
        if is_authentication && components.as_array().is_none_or(Vec::is_empty) {
            wrong.add("an AUTHENTICATION template takes its `components` from a file (--file)");
        }
    }
    let unknown = compare(&message.variables(), &draft.examples).superfluous;
    if !unknown.is_empty() {
        wrong.add(format!("an example for what is no variable: {}", unknown.join(", ")));
    }
}

fn complain_of_name(wrong: &mut Violations, channel: Channel, name: &str) {
    if channel != Channel::Viber {
        whatsapp::check_name(wrong, name);
    }
}

fn complain_of_category(wrong: &mut Violations, channel: Channel, category: &str) {
    match channel {
        Channel::Viber => viber::check_category(wrong, category),
        Channel::Whatsapp | Channel::Sms => whatsapp::check_category(wrong, category),
    }
}

/// A language has two or three small letters, its region two capitals behind a `_` ("Language
/// codes").
fn complain_of_language(wrong: &mut Violations, language: &str) {
    let (tongue, region) = match language.split_once(['_', '-']) {
        Some((tongue, region)) => (tongue.to_lowercase(), Some(region.to_uppercase())),
        None => (language.to_lowercase(), None),
    };
    let is_code = (2..=3).contains(&tongue.len())
        && tongue.bytes().all(|byte| byte.is_ascii_lowercase())
        && region.as_ref().is_none_or(|region| {
            region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_uppercase())
        });
    let right = region.map_or(tongue.clone(), |region| format!("{tongue}_{region}"));
    if !is_code {
        wrong.add(format!("the language {language:?} is no code such as en or zh_CN"));
    } else if right != language {
        wrong.add(format!("the language {language:?} is written {right:?}"));
    }
}

/// The service takes `$(name)` only; what is written otherwise would go out as it stands.
fn complain_of_variables(wrong: &mut Violations, components: &Value, message: &Message) {
    let text = components.to_string();
    for piece in segments(&text, Style::Chat) {
        let Segment::Variable { name, written } = piece else { continue };
        let right = Style::Chat.written(name);
        if written != right {
            wrong
                .add(format!("{written} is not how the service writes a variable (write {right})"));
        }
    }
    for (place, text) in message.texts() {
        for start in unfinished(text, Style::Chat) {
            wrong.add(format!(
                "{start:?} in {place} opens a variable that has no name or no end (write $(name), \
                 or leave out the bracket)"
            ));
        }
    }
    for variable in names(message.texts(), Style::Sms) {
        let (sms, right) =
            (Style::Sms.written(&variable.name), Style::Chat.written(&variable.name));
        wrong.add(format!("{sms} is how SMS writes a variable (write {right})"));
    }
}
