//! Contacts with their phone numbers.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::whatsapp::send::envelope::Channel;
use crate::cli::whatsapp::send::free_form::{ContentBuilder, Form};
use crate::cli::whatsapp::send::groups::{FlagSpec, Group, Grouping, Groups};
use crate::cli::{Inputs, source};
use crate::error::{Failure, Result};
use crate::message::length;

pub const EXAMPLES: &str = "\
Examples:
  alimsg whatsapp send contacts --from 8613800000001 --to 8613800001000 \\
      --name 'Alice Chen' --phone '+86 138 0000 0001' --name Workshop --phone 057100000000
  alimsg whatsapp send contacts --from 8613800000001 --to 8613800001000 --content @contacts.json
  alimsg --sandbox whatsapp send contacts --from 8613800000001 --to 8613800001000 \\
      --name 'Alice Chen' --phone +8613800000001 --yes";

/// The longest name; no limit is documented, and no name comes near.
const MAX_NAME: usize = 256;

#[derive(Debug, Args)]
pub struct Contacts {
    #[command(flatten)]
    people: Groups<People>,

    /// All contacts: JSON itself, @FILE, or - for stdin
    #[arg(long, value_name = "JSON|@FILE|-",
          conflicts_with_all = ["name", "phone"])]
    content: Option<String>,
}

/// A name, and the phone numbers behind it.
#[derive(Debug)]
struct People;

impl Grouping for People {
    const OPENER: FlagSpec = FlagSpec {
        flag: "name",
        value_name: "N",
        help: "Name of a contact; its phone numbers follow. Repeatable",
    };
    const MEMBER: FlagSpec = FlagSpec {
        flag: "phone",
        value_name: "P",
        help: "Phone number of the contact named before it; repeatable",
    };
}

impl ContentBuilder for Contacts {
    fn compose(
        self,
        channel: Channel,
        inputs: &mut Inputs<'_>,
        plan: &mut Vec<(String, String)>,
    ) -> Result<Form> {
        if channel == Channel::Viber {
            return Err(channel.refuse_kind("contacts"));
        }
        if let Some(given) = self.content {
            let (value, text) = source::json("--content", &given)?;
            check_contacts(&value)?;
            plan.push(("contacts".into(), text.clone()));
            return Ok(Form { kind: "contacts".into(), text });
        }
        let mut people = self.people.0;
        if people.is_empty() {
            let check = |text: &str| length::some("--name", text, MAX_NAME);
            let name = inputs.need("--name", "Name of the contact", None, check)?;
            let phone = inputs.need("--phone", "Phone number", None, check_phone)?;
            if name.is_empty() || phone.is_empty() {
                // Missing, and noted as such.
                return Ok(Form::new("contacts", Value::Null));
            }
            people.push(Group { opener: Some(name), members: vec![phone] });
        }
        let contacts = people.iter().map(contact).collect::<Result<Vec<Value>>>()?;
        for person in &people {
            let name = person.opener.clone().unwrap_or_default();
            plan.push(("contact".into(), format!("{name}: {}", person.members.join(", "))));
        }
        Ok(Form::new("contacts", Value::Array(contacts)))
    }
}

fn contact(person: &Group) -> Result<Value> {
    let Some(name) = &person.opener else {
        return Err(Failure::usage("a --phone stands before the first --name")
            .hint("give the name of a contact first, then its numbers"));
    };
    length::some("--name", name, MAX_NAME)?;
    if person.members.is_empty() {
        return Err(Failure::usage(format!("the contact {name:?} has no phone number"))
            .hint("give its --phone right after its --name"));
    }
    for phone in &person.members {
        check_phone(phone)?;
    }
    let phones: Vec<Value> = person.members.iter().map(|phone| json!({ "phone": phone })).collect();
    // WhatsApp wants one part of the name besides the whole.
    Ok(json!({
        "name": { "formatted_name": name, "first_name": name },
        "phones": phones,
    }))
}

/// The number is only shown to the recipient, so it may be written for people.
fn check_phone(phone: &str) -> Result<()> {
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let sound = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')' | '.');
    if (3..=20).contains(&digits) && phone.chars().all(sound) {
        return Ok(());
    }
    Err(Failure::usage(format!("--phone {phone:?} is not a phone number"))
        .hint("for example --phone '+86 138 0000 0001'"))
}

fn check_contacts(value: &Value) -> Result<()> {
    let named = |contact: &Value| {
        contact["name"]["formatted_name"].as_str().is_some_and(|name| !name.trim().is_empty())
    };
    match value.as_array() {
        Some(contacts) if !contacts.is_empty() && contacts.iter().all(named) => Ok(()),
        _ => Err(Failure::usage(
            "--content is not an array of contacts, each with name.formatted_name",
        )
        .hint(
            "for example [{\"name\":{\"formatted_name\":\"Alice Chen\",\"first_name\":\"Alice\"},\
             \"phones\":[{\"phone\":\"+8613800000001\"}]}]",
        )),
    }
}
