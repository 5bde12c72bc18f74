//! Makes texts fit the width of a help page.

use crate::cli::help::MAX_COLUMNS;

/// Breaks lines that are too long: commands with `\`, entries of a list below their text, and
/// paragraphs as a whole.
pub fn to_columns(text: &str) -> String {
    let mut output: Vec<String> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let mut block = vec![line];
        let is_prose = is_prose(line);
        while let Some(next) = lines.next_if(|next| {
            block.last().is_some_and(|last| last.ends_with('\\'))
                || (is_prose && self::is_prose(next))
        }) {
            block.push(next);
        }
        if block.iter().all(|line| columns(line) <= MAX_COLUMNS) {
            output.extend(block.into_iter().map(String::from));
        } else if is_prose {
            wrap(&block.join(" "), 0, "", &mut output);
        } else if is_command(line) {
            let words = block.iter().map(|line| line.trim().trim_end_matches('\\').trim_end());
            break_command(&words.collect::<Vec<_>>().join(" "), indent(line), &mut output);
        } else {
            block.iter().for_each(|line| wrap(line, hanging_indent(line), "", &mut output));
        }
    }
    output.join("\n")
}

fn columns(line: &str) -> usize {
    line.chars().count()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Whether the line is part of a paragraph.
fn is_prose(line: &str) -> bool {
    !line.is_empty() && !line.starts_with(' ') && !line.ends_with(':')
}

fn is_command(line: &str) -> bool {
    let words = line.trim_start();
    line.starts_with(' ') && (words.starts_with("alimsg ") || words.contains("| alimsg "))
}

/// Where the text of an entry begins: after the gap that follows its name.
fn hanging_indent(line: &str) -> usize {
    let indent = indent(line);
    let gap = line[indent..].find("  ").map(|at| indent + at);
    gap.map_or(indent + 2, |gap| {
        let text = line[gap..].trim_start();
        columns(&line[..line.len() - text.len()])
    })
}

/// Breaks a line between words. The lines after the first are indented.
fn wrap(line: &str, indent: usize, end: &str, output: &mut Vec<String>) {
    let mut rest = line.to_owned();
    while columns(&rest) > MAX_COLUMNS {
        let Some(at) = last_blank(&rest, indent, MAX_COLUMNS - end.len()) else { break };
        output.push(format!("{}{end}", rest[..at].trim_end()));
        rest = format!("{}{}", " ".repeat(indent), rest[at..].trim_start());
    }
    output.push(rest);
}

/// The last blank before this column, behind the indent.
fn last_blank(line: &str, indent: usize, column: usize) -> Option<usize> {
    let places = line.char_indices().enumerate().take(column + 1).skip(indent + 1);
    places.filter(|(_, (_, one))| *one == ' ').map(|(_, (at, _))| at).last()
}

/// Breaks a command before a flag or an operator of the shell, never inside quotes.
fn break_command(command: &str, indent: usize, output: &mut Vec<String>) {
    let mut line = " ".repeat(indent);
    let mut is_first = true;
    for part in parts(command) {
        let room = MAX_COLUMNS - " \\".len();
        if !is_first && columns(&line) + 1 + columns(part) > room {
            output.push(line + " \\");
            line = " ".repeat(indent + 4);
        } else if !is_first {
            line.push(' ');
        }
        line.push_str(part);
        is_first = false;
    }
    output.push(line);
}

/// The parts of a command that stay on one line: a flag with its values, a word before the flags.
fn parts(command: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (at, one) in command.char_indices() {
        match (quote, one) {
            (Some(open), _) if open == one => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(one),
            (None, ' ') if command[at + 1..].starts_with(['-', '|', '>', '&']) => {
                parts.push(&command[start..at]);
                start = at + 1;
            }
            (None, _) => {}
        }
    }
    parts.push(&command[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_is_broken_before_a_flag_and_not_in_quotes() {
        let command = "  alimsg whatsapp send text --from 8613800000001 --to 8613800001000 --text \
                       'It is -- on its way.' --yes";
        let fitted = to_columns(command);
        let lines: Vec<&str> = fitted.lines().collect();
        assert_eq!(lines.len(), 2, "{fitted}");
        assert!(lines.iter().all(|line| columns(line) <= MAX_COLUMNS), "{fitted}");
        assert!(lines[0].ends_with(" \\") && lines[1].starts_with("      --"), "{fitted}");
        assert_eq!(shell_words::split(&fitted).ok(), shell_words::split(command).ok());
    }

    #[test]
    fn a_command_of_several_lines_is_broken_again() {
        let command = format!("  alimsg x --a 1 \\\n      --b '{}' --c 3 --d 4", "y".repeat(70));
        let fitted = to_columns(&command);
        assert_eq!(shell_words::split(&fitted).ok(), shell_words::split(&command).ok());
        assert!(fitted.lines().count() > 2, "{fitted}");
        assert_eq!(to_columns("  alimsg x \\\n      --b"), "  alimsg x \\\n      --b");
    }

    #[test]
    fn entries_and_paragraphs_are_wrapped() {
        let words = "word ".repeat(20);
        let entry = to_columns(&format!("  name  {words}"));
        assert!(entry.lines().skip(1).all(|line| line.starts_with("        word")), "{entry}");
        let paragraph = to_columns(&format!("First\n{words}\n\nSecond"));
        assert!(paragraph.starts_with("First word") && paragraph.ends_with("\n\nSecond"));
        assert!(paragraph.lines().all(|line| columns(line) <= MAX_COLUMNS), "{paragraph}");
    }
}
