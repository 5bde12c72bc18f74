//! `alimsg completions`: the script that makes a shell complete commands, flags and values, and its
//! installation together with the man pages.

pub mod answer;
pub mod install;
mod values;

use clap::ValueEnum;
use clap_complete::env::{Bash, EnvCompleter, Fish, Powershell, Zsh};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::prelude::*;
use crate::os::role;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg completions bash --install
  alimsg completions zsh > _alimsg
  alimsg completions bash --json

`alimsg completions --install` writes the completions of your shell and the man pages below your \
home folder, prints the files, and changes nothing else. Run it again after an update.

Signatures, template codes, channel instances, sending numbers and batches are completed from the \
last listings of this computer, for example of `alimsg sms signs list`. Completing never starts \
aliyun.")]
pub struct Flags {
    /// Shell [default: the one in $SHELL]
    #[arg(value_name = "SHELL", value_enum)]
    shell: Option<Shell>,

    /// Write the completions and the man pages to the folders where shell and man find them
    #[arg(long)]
    install: bool,
}

/// The shells with completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

/// The script of a shell.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Script {
    shell: Shell,
    script: String,
}

impl Shell {
    fn from_env() -> Option<Self> {
        let path = std::env::var("SHELL").ok()?;
        let name = path.rsplit(['/', '\\']).next()?;
        let name = name.strip_suffix(".exe").unwrap_or(name);
        Self::value_variants().iter().copied().find(|shell| shell.completer().is(name))
    }

    fn completer(self) -> &'static dyn EnvCompleter {
        match self {
            Self::Bash => &Bash,
            Self::Zsh => &Zsh,
            Self::Fish => &Fish,
            Self::Powershell => &Powershell,
        }
    }

    /// The script, which asks the `alimsg` in `PATH` for completions.
    fn script(self) -> Result<String> {
        let mut script = Vec::new();
        self.completer()
            .write_registration(role::COMPLETION, "alimsg", "alimsg", "alimsg", &mut script)
            .map_err(|error| Failure::internal(format!("no script: {error}")))?;
        let script = String::from_utf8_lossy(&script).into_owned();
        Ok(if self == Self::Zsh { for_zsh(&script) } else { script })
    }
}

/// The script of clap, with two corrections: words are passed without their quotes, and the first
/// completion works as well, for which zsh runs the installed file itself.
fn for_zsh(script: &str) -> String {
    let unquoted = script.replace(r#""${words[@]}""#, r#""${(@Q)words}""#);
    unquoted
        + "if [[ \"${funcstack[1]}\" == _alimsg ]]; then\n    \
                _clap_dynamic_completer_alimsg \"$@\"\nfi\n"
}

/// Prints the script of a shell, or installs it.
///
/// # Errors
/// The shell is not known; a file cannot be written.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let Some(shell) = flags.shell.or_else(Shell::from_env) else {
        let message = "$SHELL does not name a shell with completions";
        return Err(Failure::usage(message)
            .hint("name one: bash, zsh, fish or powershell")
            .next("alimsg completions bash --install"));
    };
    if flags.install {
        let installed = install::run(shell)?;
        return Ok(Report::from_record(&installed, Value::Null));
    }
    let script = shell.script()?;
    if context.screen.is_json() {
        return Ok(Report::from_record(&Script { shell, script }, Value::Null));
    }
    context
        .screen
        .page(&script)
        .map_err(|error| Failure::internal(format!("cannot write to stdout: {error}")))?;
    Ok(Report::Streamed)
}
