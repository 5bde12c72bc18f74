//! Argument vectors as people read them.

/// Flags whose values can carry a verification code or other personal text.
const PRIVATE: [&str; 4] =
    ["--template-param", "--template-params", "--template-param-json", "--sender-list"];

/// One line for a POSIX shell, ready to paste.
pub fn shell_line(program: &str, arguments: &[String]) -> String {
    shell_words::join(std::iter::once(program).chain(arguments.iter().map(String::as_str)))
}

/// The same line with the values of message variables replaced.
pub fn masked_line(program: &str, arguments: &[String]) -> String {
    let mut in_tokens = false;
    let masked: Vec<String> = arguments
        .iter()
        .map(|argument| {
            let (head, tail) = argument.split_once('=').unwrap_or((argument, ""));
            if argument.starts_with("--") {
                in_tokens = PRIVATE.contains(&head);
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
