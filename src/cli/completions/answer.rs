//! Answers a shell that completes a command line.

use std::ffi::OsString;

use anyhow::Context as _;
use anyhow::Result;
use clap_complete::env::Shells;

use crate::cli::completions::values::Values;
use crate::cli::tree;
use crate::os::role;

/// The completions of the words that the shell passes as arguments, in the form that it reads.
///
/// # Errors
/// The shell is unknown; there is no word to complete.
pub fn answer() -> Result<String> {
    let shell = std::env::var(role::COMPLETION)?;
    let shells = Shells::builtins();
    let completer = shells.completer(&shell).context("an unknown shell")?;
    let mut words: Vec<OsString> =
        std::env::args_os().skip_while(|word| word != "--").skip(1).collect();
    let last = words.last_mut().context("no words")?;
    if let ("fish", Some(word)) = (shell.as_str(), last.to_str()) {
        *last = unquoted(word).into();
    }
    let mut command = Values::new(&shell, &words).add_to(tree::all());
    let mut output = Vec::new();
    let folder = std::env::current_dir().ok();
    completer.write_complete(&mut command, words, folder.as_deref(), &mut output)?;
    Ok(String::from_utf8_lossy(&output).into_owned())
}

/// An unfinished word without its quotes: fish passes it as it was typed.
fn unquoted(word: &str) -> String {
    let mut plain = String::new();
    let mut rest = word.trim_start_matches(['\'', '"']).chars();
    while let Some(one) = rest.next() {
        plain.extend(if one == '\\' { rest.next() } else { Some(one) });
    }
    plain
}
