//! Contacts with their phone numbers.

use serde_json::{Value, json};

use crate::chat::content::{Content, FreeForm, limits};
use crate::error::{Failure, Result};
use crate::message::plan::row;

#[derive(Debug)]
pub struct Contacts(pub Vec<Contact>);

#[derive(Debug)]
pub struct Contact {
    pub name: String,
    pub phones: Vec<String>,
}

impl Content for Contacts {
    fn build(&self) -> Result<FreeForm> {
        self.0.iter().try_for_each(Contact::check)?;
        let contacts: Vec<Value> = self.0.iter().map(Contact::to_json).collect();
        let shown =
            |one: &Contact| row("contact", format!("{}: {}", one.name, one.phones.join(", ")));
        FreeForm::new("contacts", contacts, self.0.iter().map(shown).collect())
    }
}

impl Contact {
    fn check(&self) -> Result<()> {
        limits::CONTACT_NAME.check(&self.name)?;
        if self.phones.is_empty() {
            return Err(Failure::usage(format!("the contact {:?} has no phone number", self.name))
                .hint("give its --phone right after its --name"));
        }
        self.phones.iter().try_for_each(|phone| check_phone(phone))
    }

    fn to_json(&self) -> Value {
        let phones: Vec<Value> =
            self.phones.iter().map(|phone| json!({ "phone": phone })).collect();
        // WhatsApp requires one part of the name besides the whole.
        let name = json!({ "formatted_name": self.name, "first_name": self.name });
        json!({ "name": name, "phones": phones })
    }
}

/// The number is only shown to the recipient, so blanks and punctuation are allowed.
///
/// # Errors
/// Not a phone number.
pub fn check_phone(phone: &str) -> Result<()> {
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let is_allowed = |c: char| c.is_ascii_digit() || "+- ().".contains(c);
    if limits::CONTACT_PHONE_DIGITS.contains(&digits) && phone.chars().all(is_allowed) {
        return Ok(());
    }
    Err(Failure::usage(format!("--phone {phone:?} is not a phone number"))
        .hint("for example --phone '+86 138 0000 0001'"))
}

/// Checks contacts that were written as JSON.
///
/// # Errors
/// Not an array of contacts with names.
pub fn check_json(value: &Value) -> Result<()> {
    let has_name = |contact: &Value| {
        contact["name"]["formatted_name"].as_str().is_some_and(|name| !name.trim().is_empty())
    };
    match value.as_array() {
        Some(contacts) if !contacts.is_empty() && contacts.iter().all(has_name) => Ok(()),
        _ => Err(Failure::usage(
            "--content is not an array of contacts, each with name.formatted_name",
        )
        .hint(
            "for example [{\"name\":{\"formatted_name\":\"Alice Chen\",\"first_name\":\"Alice\"},\
             \"phones\":[{\"phone\":\"+8613800000001\"}]}]",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::content::built;

    #[test]
    fn each_contact_has_its_name_twice_and_its_numbers() {
        let contact = Contact { name: "Al".into(), phones: vec!["+86 1".into(), "222".into()] };
        assert_eq!(
            built(&Contacts(vec![contact])),
            (
                "contacts".into(),
                r#"[{"name":{"formatted_name":"Al","first_name":"Al"},"phones":[{"phone":"+86 1"},{"phone":"222"}]}]"#
                    .into()
            )
        );
    }

    #[test]
    fn contacts_need_a_name_and_a_phone_number() {
        for (name, phones) in [(" ", vec!["123"]), ("Al", vec![]), ("Al", vec!["call me"])] {
            let phones = phones.into_iter().map(String::from).collect();
            let contact = Contact { name: name.into(), phones };
            Contacts(vec![contact]).build().expect_err(name);
        }
    }
}
