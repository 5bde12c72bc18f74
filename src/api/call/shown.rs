//! Arguments as a shell command line.

use crate::api::operations;
use crate::api::secret::HIDDEN;

/// One line for a POSIX shell, quoted where necessary.
pub fn shell_line(program: &str, arguments: &[impl AsRef<str>]) -> String {
    shell_words::join(std::iter::once(program).chain(arguments.iter().map(AsRef::as_ref)))
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
