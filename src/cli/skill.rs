//! `alimsg skill install`: writes the instructions for agents, which are part of the program, to a
//! folder where agents find them.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::man::write;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::report::Report;

pub const EXAMPLES: &str = "\
Examples:
  alimsg skill install
  alimsg --sandbox skill install --dir skills
  alimsg skill install --dir skills --json";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Write the skill: instructions for agents that use alimsg
    Install(Flags),
}

#[derive(Debug, Args)]
#[command(after_help = "\
The skill is in the folder alimsg: SKILL.md with the rules, and one file for each topic. Files that
differ from those of this version are kept, unless --force is given.

Examples:
  alimsg skill install
  alimsg --sandbox skill install --dir skills
  alimsg skill install --dir skills --force")]
pub struct Flags {
    /// Folder of skills [default: ~/.agents/skills]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Replace files that were changed or belong to another version
    #[arg(long)]
    force: bool,
}

macro_rules! files {
    ($($name:literal),+) => {
        [$(($name, include_str!(concat!("../../references/skill/", $name)))),+]
    };
}

/// The files with their texts.
const FILES: [(&str, &str); 6] =
    files!["SKILL.md", "sms.md", "whatsapp.md", "templates.md", "batches.md", "errors.md"];

/// Where the skill is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Installed {
    folder: String,
    /// The names of its files.
    files: Vec<&'static str>,
    /// Those that were created or replaced.
    written: Vec<&'static str>,
}

dispatch! { Install => install }

/// Writes the files that are missing; with `--force`, also those that differ.
///
/// # Errors
/// There is no home folder; files differ; a file cannot be written.
fn install(context: &Context, flags: Flags) -> Result<Report> {
    let folder = flags.dir.map_or_else(default_folder, Ok)?.join("alimsg");
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let (same, other): (Vec<_>, Vec<_>) =
        FILES.into_iter().partition(|(name, text)| has_text(&folder.join(name), text));
    let differing: Vec<&str> = other
        .iter()
        .filter(|(name, _)| folder.join(name).symlink_metadata().is_ok())
        .map(|(name, _)| *name)
        .collect();
    if !differing.is_empty() && !flags.force {
        let message =
            format!("{} has other versions of {}", folder.display(), differing.join(", "));
        return Err(Failure::usage(message)
            .hint("they were changed, or another version wrote them; --force replaces them"));
    }
    for (name, text) in &other {
        write(&folder.join(name), text.as_bytes())?;
    }
    let names = |files: &[(&'static str, &str)]| files.iter().map(|(name, _)| *name).collect();
    let installed = Installed {
        folder: folder.display().to_string(),
        files: names(&[same, other.clone()].concat()),
        written: names(&other),
    };
    Ok(Report::from_record(&installed, Value::Null))
}

fn default_folder() -> Result<PathBuf> {
    etcetera::home_dir().map(|home| home.join(".agents/skills")).map_err(|_| {
        Failure::environment("cannot find the home folder").hint("set HOME, or give --dir")
    })
}

fn has_text(path: &Path, text: &str) -> bool {
    std::fs::read(path).is_ok_and(|old| old == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_skill_has_the_usual_form_and_is_short() {
        let (_, skill) = FILES[0];
        let (front, body) = skill
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"))
            .expect("front matter");
        let field = |name: &str| {
            let line = front.lines().find_map(|line| line.strip_prefix(name)).expect(name);
            line.strip_prefix(": ").expect("a value")
        };
        assert_eq!(field("name"), "alimsg");
        assert!((50..=1024).contains(&field("description").len()));
        assert!(!field("description").contains(": "), "it would be another key in YAML");
        for (name, _) in &FILES[1..] {
            assert!(body.contains(&format!("]({name})")), "SKILL.md has no link to {name}");
        }
        let words: usize = FILES.iter().map(|(_, text)| text.split_whitespace().count()).sum();
        assert!(words < 5_000, "{words} words");
    }
}
