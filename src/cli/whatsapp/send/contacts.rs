//! `alimsg whatsapp send contacts`.

use crate::chat::content::contacts::{Contact, Contacts, check_json, check_phone};
use crate::chat::content::raw::Raw;
use crate::chat::content::{Content, limits, require_whatsapp};
use crate::cli::prelude::*;
use crate::cli::source;
use crate::cli::whatsapp::send::free_form::ContentFlags;
use crate::cli::whatsapp::send::groups::{FlagSpec, Group, Grouping, Groups};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp send contacts --from 8613800000001 --to 8613800001000 \\
      --name 'Alice Chen' --phone '+86 138 0000 0001' --name Workshop --phone 057100000000
  alimsg whatsapp send contacts --from 8613800000001 --to 8613800001000 --content @contacts.json
  alimsg --sandbox whatsapp send contacts --from 8613800000001 --to 8613800001000 \\
      --name 'Alice Chen' --phone +8613800000001 --yes")]
pub struct ContactsFlags {
    #[command(flatten)]
    people: Groups<People>,

    /// All contacts as JSON, @FILE, or - for stdin
    #[arg(long, value_name = "JSON|@FILE|-", value_parser = source::parse,
          conflicts_with_all = ["name", "phone"])]
    content: Option<String>,
}

/// A name, and the phone numbers that follow it.
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

impl ContentFlags for ContactsFlags {
    fn into_content(self, channel: Channel, inputs: &mut Inputs<'_>) -> Result<Box<dyn Content>> {
        require_whatsapp(channel, "contacts")?;
        if let Some(given) = self.content {
            let (value, json) = source::json("--content", &given)?;
            check_json(&value)?;
            return Ok(Box::new(Raw { message_type: "contacts".into(), value, json }));
        }
        let mut people = self.people.0;
        if people.is_empty() {
            let check = |name: &str| limits::CONTACT_NAME.check(name);
            let name = inputs.need("--name", "Name of the contact", None, check)?;
            let phone = inputs.need("--phone", "Phone number", None, check_phone)?;
            people.push(Group { opener: Some(name), members: vec![phone] });
        }
        let contacts = people.into_iter().map(contact).collect::<Result<_>>()?;
        Ok(Box::new(Contacts(contacts)))
    }
}

fn contact(group: Group) -> Result<Contact> {
    let name = group.opener.ok_or_else(|| {
        Failure::usage("a --phone comes before the first --name")
            .hint("give the name of a contact first, then its numbers")
    })?;
    Ok(Contact { name, phones: group.members })
}
