//! The commands of a dry run as lines for a POSIX shell.

use crate::api::call;
use crate::output::report::PlannedCommand;

/// The commands are those of the real `aliyun`, also in the sandbox.
const IN_THE_SANDBOX: &str =
    "# A run with --sandbox sends nothing. Pasted into a shell, these lines use the real aliyun.\n";

/// One line for each command, ready to paste. A command that runs only under a condition, or with
/// values that are not known yet, is a comment.
pub fn render(commands: &[PlannedCommand], sandbox: bool) -> String {
    let heading = if sandbox && !commands.is_empty() { IN_THE_SANDBOX } else { "" };
    heading.to_string() + &commands.iter().filter_map(line).collect::<String>()
}

fn line(command: &PlannedCommand) -> Option<String> {
    let (program, arguments) = command.argv.split_first()?;
    let line = call::env_prefix(&command.env) + &call::shell_line(program, arguments);
    Some(match command.when {
        None => line + "\n",
        // A value can contain line breaks, and every line of it must be a comment.
        Some(when) => {
            format!("# ({when}) {}\n", line.replace("\r\n", "\n").replace(['\n', '\r'], "\n# "))
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::output::report::Phase;

    #[test]
    fn every_line_of_a_conditional_command_is_a_comment() {
        let command = |when| PlannedCommand {
            phase: Phase::Call,
            argv: ["aliyun", "a\nrm x\r\ny\rz"].map(String::from).to_vec(),
            env: Map::from_iter([
                ("REMOVED".to_string(), json!(null)),
                ("A".to_string(), json!("it's")),
            ]),
            when,
        };
        assert_eq!(
            render(&[command(Some("if x"))], false),
            "# (if x) env -u REMOVED A='it'\\''s' aliyun 'a\n# rm x\n# y\n# z'\n"
        );
        let line = render(&[command(None)], false);
        assert!(line.starts_with("env -u REMOVED A="), "{line}");
        assert!(render(&[command(None)], true).starts_with("# A run with --sandbox"), "{line}");
        assert_eq!(render(&[], true), "");
    }
}
