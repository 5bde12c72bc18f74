//! Marks the flags that a command needs. clap does not know most of them, because alimsg asks for
//! them at a terminal. A test compares this table with what the commands report as missing.

/// Required flags, by the beginning of the command.
const REQUIRED: &[(&str, &[&str])] = &[
    ("sms send", &["phone-numbers", "sign-name", "template-code"]),
    ("sms batch", &["template-code"]),
    ("sms status", &["phone-number"]),
    ("templates create", &["name", "category", "language", "body"]),
    ("templates update", &["language"]),
    ("whatsapp batch", &["from", "template-code"]),
    ("whatsapp history", &["from"]),
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
    ("whatsapp session", &["from", "to"]),
];

/// Flags that can be given in place of a required one.
const ALTERNATIVES: &[(&str, &str)] =
    &[("link", "file"), ("file-name", "file"), ("template-code", "template-name")];

/// Commands whose required flags depend on other flags, such as `--channel` or `--content`.
const CONDITIONAL: &[(&str, &[&str])] = &[
    ("templates create", &["name", "category", "language", "body"]),
    ("templates update", &["language"]),
    ("whatsapp send contacts", &["name", "phone"]),
];

/// The flags that a command always needs, unless the configuration has a default.
pub fn unconditional(command: &clap::Command, path: &str) -> Vec<&'static str> {
    let conditional = CONDITIONAL.iter().find(|(command, _)| *command == path);
    let conditional = conditional.map_or(&[][..], |(_, flags)| flags);
    let is_always_needed =
        |flag: &&str| !conditional.contains(flag) && alternative(command, flag).is_none();
    flags(path).filter(is_always_needed).collect()
}

/// The flag of the command that can be given in place of a required one.
fn alternative(command: &clap::Command, long: &str) -> Option<&'static str> {
    let has = |long: &str| command.get_arguments().any(|flag| flag.get_long() == Some(long));
    let mut all = ALTERNATIVES.iter().filter(|(required, _)| *required == long);
    all.find(|(_, other)| has(other)).map(|(_, other)| *other)
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
    let alternatives: Vec<(&str, &str)> =
        flags.iter().filter_map(|flag| Some((*flag, alternative(&command, flag)?))).collect();
    command.mut_args(|argument| {
        let is_listed = argument.get_long().is_some_and(|long| flags.contains(&long));
        if !is_listed && !argument.is_required_set() {
            return argument;
        }
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let long = argument.get_long();
        let or = alternatives.iter().find(|(flag, _)| long == Some(flag));
        let or = or.map(|(_, other)| format!(", or --{other}")).unwrap_or_default();
        argument.help(format!("{help} [required{or}]"))
    })
}
