//! What each command does, which decides whether it is a tool and what it needs.

/// The effect of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Reads only.
    Read,
    /// Reads, and writes a new file.
    Export,
    /// Sends messages.
    Send,
    /// Changes templates, settings or records.
    Change,
    /// Changes the sandbox alone.
    Simulate,
    /// Is for a person at a terminal, or for the setup of this machine, for this reason.
    Person(&'static str),
}

impl Effect {
    /// Whether it takes the consent of a person.
    pub const fn needs_consent(self) -> bool {
        matches!(self, Self::Send | Self::Change | Self::Simulate)
    }
}

/// The effect of a command, by its words. `None` for a command that was forgotten here, which is
/// then not a tool.
pub fn of(path: &str) -> Option<Effect> {
    let found = EFFECTS.iter().find(|(known, _)| {
        known.strip_suffix('*').map_or(*known == path, |start| path.starts_with(start))
    });
    found.map(|(_, effect)| *effect)
}

/// A `*` at the end matches every command that begins with the text before it. The first match
/// counts.
const EFFECTS: &[(&str, Effect)] = &[
    ("whatsapp send *", Effect::Send),
    ("whatsapp batch", Effect::Send),
    ("whatsapp history", Effect::Read),
    ("whatsapp session", Effect::Read),
    ("whatsapp status", Effect::Read),
    ("whatsapp numbers *", Effect::Read),
    ("whatsapp profile show", Effect::Read),
    ("whatsapp profile update", Effect::Change),
    ("whatsapp media upload", Effect::Change),
    ("whatsapp media link", Effect::Read),
    ("whatsapp accounts *", Effect::Read),
    ("whatsapp automation show", Effect::Read),
    ("whatsapp automation set", Effect::Change),
    ("whatsapp webhook set", Effect::Change),
    ("sms send", Effect::Send),
    ("sms batch", Effect::Send),
    ("sms status", Effect::Read),
    ("sms stats", Effect::Read),
    ("sms signs *", Effect::Read),
    ("sms qualifications *", Effect::Read),
    ("templates list", Effect::Read),
    ("templates show", Effect::Read),
    ("templates preview", Effect::Read),
    ("templates stats", Effect::Read),
    ("templates *", Effect::Change),
    ("batches list", Effect::Read),
    ("batches show", Effect::Read),
    ("batches resume", Effect::Send),
    ("batches work", Effect::Person("`batches_resume` sends queued calls as well")),
    ("batches cancel", Effect::Change),
    ("batches export", Effect::Export),
    ("keys list", Effect::Read),
    ("keys show", Effect::Read),
    ("keys resolve", Effect::Person("a person has to find out whether the message was sent")),
    ("keys repair", Effect::Person("it replaces the record that prevents second messages")),
    ("outbox list", Effect::Read),
    ("outbox show", Effect::Read),
    ("outbox check", Effect::Read),
    ("outbox export", Effect::Read),
    ("outbox prune", Effect::Person("it deletes the record of what an agent has sent")),
    ("doctor", Effect::Read),
    ("explain", Effect::Read),
    ("policy", Effect::Read),
    ("limits", Effect::Read),
    ("config list", Effect::Read),
    ("config get", Effect::Read),
    ("config path", Effect::Read),
    ("config set", Effect::Person("the configuration is fixed while the server runs")),
    ("config unset", Effect::Person("the configuration is fixed while the server runs")),
    ("sandbox messages", Effect::Read),
    ("sandbox *", Effect::Simulate),
    ("schema", Effect::Read),
    ("skill install", Effect::Person("it writes instructions that agents follow")),
    ("mcp", Effect::Person("it starts the server itself")),
    ("completions", Effect::Person("it sets up a shell")),
    ("man", Effect::Person("it writes pages for people")),
    ("help", Effect::Person("it prints pages for people; `schema` describes the commands")),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of the table in references/agents.md; missing in a package, which has no references.
    #[test]
    fn the_reference_lists_the_commands_for_people_with_their_reasons() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/references/agents.md");
        let Ok(page) = std::fs::read_to_string(path) else { return };
        let rows = EFFECTS.iter().filter_map(|(path, effect)| match effect {
            Effect::Person(reason) => Some(format!("| `{path}` | {reason} |")),
            _ => None,
        });
        let listed: Vec<&str> =
            page.lines().skip_while(|line| !line.starts_with("| command | why")).collect();
        let listed = listed.into_iter().skip(2).take_while(|line| line.starts_with('|'));
        assert_eq!(rows.collect::<Vec<_>>(), listed.collect::<Vec<_>>());
    }
}
