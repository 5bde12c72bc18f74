//! The flags of a run that decide where a command goes: which account, which `aliyun`, which store.
//! Every suggested command has them, so that it does not act somewhere else.

use crate::settings::{AiModeMethod, Credentials, Settings, StoreUrl};

/// The flags of this run for suggested commands.
#[derive(Debug, Clone, Default)]
pub struct RerunFlags(Vec<(&'static str, Option<String>)>);

impl Settings {
    pub fn rerun_flags(&self) -> RerunFlags {
        let aliyun = self.aliyun.as_ref().map(|path| path.display().to_string());
        let is_exported = |store: &&StoreUrl| {
            std::env::var(StoreUrl::VARIABLE).ok().as_deref() == Some(store.as_str())
        };
        let store = self.store.as_ref().filter(|store| !is_exported(store)).map(StoreUrl::shown);
        let word = |is_set: bool, word: &str| is_set.then(|| word.to_string());
        let values = [
            ("--profile", self.profile.clone()),
            ("--region", self.region.clone()),
            ("--aliyun", aliyun),
            ("--credentials", word(self.credentials == Credentials::Env, "env")),
            ("--ai-mode", word(self.ai_mode == AiModeMethod::Call, "call")),
            ("--store", store),
        ];
        let mut flags = Vec::new();
        flags.extend(self.sandbox.then_some(("--sandbox", None)));
        flags.extend(values.into_iter().filter(|(_, value)| value.is_some()));
        flags.extend(self.ephemeral_state.then_some(("--ephemeral-state", None)));
        RerunFlags(flags)
    }
}

impl RerunFlags {
    /// A command of alimsg with these flags, quoted for a POSIX shell. Other commands and requests
    /// for help are returned unchanged.
    pub fn command(&self, command: &str) -> String {
        let Ok(words) = shell_words::split(command) else { return command.to_string() };
        if words.first().is_none_or(|program| program != "alimsg")
            || words.len() < 2
            || words.iter().any(|word| word == "--help")
        {
            return command.to_string();
        }
        let is_given = |flag: &str| {
            let with_value = |word: &String| word.split_once('=').is_some_and(|(f, _)| f == flag);
            words.iter().any(|word| word == flag || with_value(word))
        };
        let mut flags = Vec::new();
        for (flag, value) in self.0.iter().filter(|(flag, _)| !is_given(flag)) {
            match value {
                Some(value) if value.starts_with('-') => flags.push(format!("{flag}={value}")),
                Some(value) => flags.extend([(*flag).to_string(), value.clone()]),
                None => flags.push((*flag).to_string()),
            }
        }
        if flags.is_empty() {
            return command.to_string();
        }
        let flags = shell_words::join(flags);
        // After `--` they would be values.
        match command.split_once(" -- ") {
            Some((before, values)) if words.iter().any(|word| word == "--") => {
                format!("{before} {flags} -- {values}")
            }
            _ => format!("{command} {flags}"),
        }
    }

    /// A text in which the commands in backquotes have these flags.
    pub fn text(&self, text: &str) -> String {
        if self.0.is_empty() || !text.contains("`alimsg ") {
            return text.to_string();
        }
        let parts: Vec<&str> = text.split('`').collect();
        let is_quoted = |index: usize| index % 2 == 1 && index + 1 < parts.len();
        let complete = |(index, part): (usize, &&str)| {
            if is_quoted(index) { self.command(part) } else { (*part).to_string() }
        };
        parts.iter().enumerate().map(complete).collect::<Vec<_>>().join("`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags() -> RerunFlags {
        let value = |text: &str| Some(text.to_string());
        RerunFlags(vec![
            ("--sandbox", None),
            ("--profile", value("a b")),
            ("--region", value("-r")),
        ])
    }

    #[test]
    fn commands_of_alimsg_get_the_flags() {
        for (command, expected) in [
            ("alimsg keys list", "alimsg keys list --sandbox --profile 'a b' '--region=-r'"),
            (
                "alimsg keys list --profile=x",
                "alimsg keys list --profile=x --sandbox '--region=-r'",
            ),
            (
                "alimsg keys show -- --sandbox-key",
                "alimsg keys show --sandbox --profile 'a b' '--region=-r' -- --sandbox-key",
            ),
            (
                "alimsg sms send --param 'a=x --sandbox y'",
                "alimsg sms send --param 'a=x --sandbox y' --sandbox --profile 'a b' '--region=-r'",
            ),
            ("alimsg sms send --help", "alimsg sms send --help"),
            ("aliyun configure list", "aliyun configure list"),
            ("alimsg", "alimsg"),
        ] {
            assert_eq!(flags().command(command), expected);
            assert_eq!(flags().command(expected), expected, "twice");
            assert_eq!(RerunFlags::default().command(command), command);
        }
    }

    #[test]
    fn commands_in_backquotes_get_the_flags() {
        let flags = RerunFlags(vec![("--sandbox", None)]);
        assert_eq!(
            flags
                .text("run `alimsg keys list` or `aliyun version`, see `alimsg --help`; `alimsg x"),
            "run `alimsg keys list --sandbox` or `aliyun version`, see `alimsg --help`; `alimsg x"
        );
    }
}
