//! Installs the completions of a shell and the man pages for the user.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::completions::Shell;
use crate::cli::man;
use crate::cli::prelude::*;

/// What was installed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Installed {
    shell: Shell,
    /// The script that the shell loads.
    completions: String,
    /// The page of the program; those of its commands are in the same folder.
    man_page: String,
    /// The number of man pages.
    man_pages: usize,
    /// The files that were created or changed.
    written: Vec<String>,
    /// What the user has to do once.
    activate: Option<String>,
}

/// Writes the files that are missing or differ.
///
/// # Errors
/// There is no home folder; a file cannot be written.
pub fn run(shell: Shell) -> Result<Installed> {
    let base = etcetera::base_strategy::Xdg::new()
        .map_err(|_| Failure::environment("cannot find the home folder").hint("set HOME"))?;
    let script = script_path(shell, &base.data_dir(), &base.config_dir());
    let mut written = Vec::new();
    write(&script, shell.script()?.as_bytes(), &mut written)?;
    let folder = base.data_dir().join("man").join("man1");
    let pages = man::pages()?;
    for (name, text) in &pages {
        write(&folder.join(name), text, &mut written)?;
    }
    Ok(Installed {
        shell,
        activate: activation(shell, &script),
        completions: script.display().to_string(),
        man_page: folder.join("alimsg.1").display().to_string(),
        man_pages: pages.len(),
        written: written.iter().map(|path| path.display().to_string()).collect(),
    })
}

fn script_path(shell: Shell, data: &Path, config: &Path) -> PathBuf {
    match shell {
        Shell::Bash => data.join("bash-completion/completions/alimsg"),
        Shell::Zsh => data.join("zsh/site-functions/_alimsg"),
        Shell::Fish => config.join("fish/completions/alimsg.fish"),
        Shell::Powershell => config.join("powershell/alimsg.ps1"),
    }
}

/// What makes the shell load the script, if it does not find it by itself.
fn activation(shell: Shell, script: &Path) -> Option<String> {
    let folder = script.parent().unwrap_or(script).display();
    let script = script.display();
    match shell {
        Shell::Fish => None,
        Shell::Bash => Some(format!(
            "open a new shell; without the package bash-completion, add `source '{script}'` to \
             ~/.bashrc"
        )),
        Shell::Zsh => Some(format!(
            "once, add `fpath=('{folder}' $fpath)` to ~/.zshrc before compinit, and open a new shell"
        )),
        Shell::Powershell => Some(format!("once, add `. '{script}'` to the file in $PROFILE")),
    }
}

fn write(path: &Path, content: &[u8], written: &mut Vec<PathBuf>) -> Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    man::write(path, content)?;
    written.push(path.to_path_buf());
    Ok(())
}
