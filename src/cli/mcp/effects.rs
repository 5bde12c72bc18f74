//! What each command does, which decides whether it is a tool and what it needs.

/// The effect of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Reads only.
    Read,
    /// Sends messages.
    Send,
    /// Changes templates, settings or records.
    Change,
    /// Is for a person at a terminal, or for the setup of this machine.
    Person,
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
    ("whatsapp batch", Effect::Person),
    ("whatsapp history", Effect::Read),
    ("whatsapp session", Effect::Read),
    ("whatsapp status", Effect::Read),
    ("whatsapp numbers *", Effect::Read),
    ("whatsapp profile show", Effect::Read),
    ("whatsapp profile update", Effect::Change),
    // It reads any file of this machine.
    ("whatsapp media upload", Effect::Person),
    ("whatsapp media link", Effect::Read),
    ("whatsapp accounts *", Effect::Read),
    ("whatsapp automation show", Effect::Read),
    ("whatsapp automation set", Effect::Change),
    ("whatsapp webhook set", Effect::Change),
    ("sms send", Effect::Send),
    // Batches read files of this machine, and one consent covers any number of messages.
    ("sms batch", Effect::Person),
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
    ("batches *", Effect::Person),
    ("keys list", Effect::Read),
    ("keys show", Effect::Read),
    ("keys *", Effect::Person),
    ("outbox list", Effect::Read),
    ("outbox show", Effect::Read),
    ("outbox check", Effect::Read),
    ("outbox *", Effect::Person),
    ("doctor", Effect::Read),
    ("explain", Effect::Read),
    ("policy", Effect::Read),
    ("limits", Effect::Read),
    ("config list", Effect::Read),
    ("config get", Effect::Read),
    ("config *", Effect::Person),
    ("sandbox messages", Effect::Read),
    ("sandbox *", Effect::Person),
    // The tools have the schemas of their inputs.
    ("schema", Effect::Person),
    ("skill *", Effect::Person),
    ("mcp", Effect::Person),
    ("completions", Effect::Person),
    ("man", Effect::Person),
    ("help", Effect::Person),
];
