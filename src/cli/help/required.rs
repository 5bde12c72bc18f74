//! Marks the flags that a command needs. clap does not know most of them, because alimsg asks for
//! them at a terminal. A test compares this table with what the commands report as missing.

/// Required flags, by the beginning of the command.
const REQUIRED: &[(&str, &[&str])] = &[
    ("sms send", &["phone-numbers", "sign-name", "template-code"]),
    ("sms batch", &["template-code"]),
    ("sms status", &["phone-number"]),
    ("templates create", &["name", "category", "language", "body"]),
    ("templates update", &["language"]),
    ("whatsapp automation", &["cust-space-id"]),
    ("whatsapp batch", &["from", "template-code"]),
    ("whatsapp history", &["from", "cust-space-id"]),
    ("whatsapp media upload", &["cust-space-id"]),
    ("whatsapp profile", &["cust-space-id"]),
    ("whatsapp send", &["from", "to"]),
    ("whatsapp send audio", &["link"]),
    ("whatsapp send buttons", &["body", "button"]),
    ("whatsapp send contacts", &["name", "phone"]),
    ("whatsapp send document", &["link", "file-name"]),
    ("whatsapp send image", &["link"]),
    ("whatsapp send list", &["body", "button-text", "row"]),
    ("whatsapp send location", &["latitude", "longitude"]),
    ("whatsapp send raw", &["message-type", "content"]),
    ("whatsapp send reaction", &["message-id", "emoji"]),
    ("whatsapp send sticker", &["link"]),
    ("whatsapp send template", &["template-code", "language"]),
    ("whatsapp send text", &["text"]),
    ("whatsapp send video", &["link"]),
    ("whatsapp session", &["from", "to", "cust-space-id"]),
];

/// Commands whose required flags depend on other flags, such as `--channel` or `--content`.
const CONDITIONAL: &[(&str, &[&str])] = &[
    ("templates create", &["name", "category", "language", "body"]),
    ("templates update", &["language"]),
    ("whatsapp send contacts", &["name", "phone"]),
];

/// The flags that a command always needs, unless the configuration has a default.
pub fn unconditional(path: &str) -> Vec<&'static str> {
    let conditional = CONDITIONAL.iter().find(|(command, _)| *command == path);
    let conditional = conditional.map_or(&[][..], |(_, flags)| flags);
    flags(path).filter(|flag| !conditional.contains(flag)).collect()
}

/// The required flags of a command.
fn flags(path: &str) -> impl Iterator<Item = &'static str> {
    let of_command = |prefix: &str| {
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let rows = REQUIRED.iter().filter(move |(prefix, _)| of_command(prefix));
    rows.flat_map(|(_, flags)| flags.iter().copied())
}

/// Adds "[required]" to the help of each required flag.
pub fn mark(command: clap::Command, path: &str) -> clap::Command {
    let flags: Vec<&str> = flags(path).collect();
    command.mut_args(|argument| {
        let is_listed = argument.get_long().is_some_and(|long| flags.contains(&long));
        if !is_listed && !argument.is_required_set() {
            return argument;
        }
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        argument.help(format!("{help} [required]"))
    })
}
