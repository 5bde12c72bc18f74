//! Arguments as a shell command line.

use serde_json::{Map, Value};

use crate::api::operations;
use crate::api::secret::HIDDEN;

/// One line for a POSIX shell, quoted where necessary.
pub fn shell_line(program: &str, arguments: &[impl AsRef<str>]) -> String {
    shell_words::join(std::iter::once(program).chain(arguments.iter().map(AsRef::as_ref)))
}

/// The start of a line that sets and removes variables for the command after it, with a space at its
/// end; empty without variables. A variable without a text is removed.
pub fn env_prefix(environment: &Map<String, Value>) -> String {
    let mut words = vec!["env".to_string()];
    for (name, _) in environment.iter().filter(|(_, value)| !value.is_string()) {
        words.extend(["-u".to_string(), name.clone()]);
    }
    let set = environment.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
    words.extend(set.map(|(name, value)| format!("{name}={}", shell_words::quote(value))));
    if words.len() == 1 { String::new() } else { words.join(" ") + " " }
}

/// The same line with the values of private flags masked. A flag that is private in any call is
/// masked in all calls, at any position.
pub fn masked_line(program: &str, arguments: &[String]) -> String {
    let mut in_tokens = false;
    let masked: Vec<String> = arguments
        .iter()
        .map(|argument| {
            let parts = argument.split_once('=');
            if argument.starts_with("--") {
                let (flag, value) = parts.unwrap_or((argument, ""));
                in_tokens = operations::is_private(flag);
                let is_hidden = in_tokens && !value.is_empty();
                return if is_hidden { format!("{flag}={HIDDEN}") } else { argument.clone() };
            }
            match parts {
                _ if !in_tokens => argument.clone(),
                Some((name, _)) if name.chars().all(is_part_of_a_name) => {
                    format!("{name}={HIDDEN}")
                }
                _ => HIDDEN.to_string(),
            }
        })
        .collect();
    shell_line(program, &masked)
}

/// Whether a name of a variable can contain the character.
pub fn is_part_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-')
}
