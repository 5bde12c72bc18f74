//! Argument vectors as people read them.

use crate::api::operations;

/// One line for a POSIX shell, ready to paste.
pub fn shell_line(program: &str, arguments: &[String]) -> String {
    shell_words::join(std::iter::once(program).chain(arguments.iter().map(String::as_str)))
}

/// The same line with the values of private flags replaced.
pub fn masked_line(program: &str, arguments: &[String]) -> String {
    let operation = match arguments {
        [product, command, ..] => operations::find(product, command),
        _ => None,
    };
    let is_private = |name: &str| {
        operation.and_then(|operation| operation.flag(name)).is_some_and(|flag| flag.private)
    };
    let mut in_tokens = false;
    let masked: Vec<String> = arguments
        .iter()
        .map(|argument| {
            let (head, tail) = argument.split_once('=').unwrap_or((argument, ""));
            if argument.starts_with("--") {
                in_tokens = is_private(head);
                if in_tokens && !tail.is_empty() {
                    return format!("{head}=***");
                }
            } else if in_tokens {
                return format!("{head}=***");
            }
            argument.clone()
        })
        .collect();
    shell_line(program, &masked)
}
