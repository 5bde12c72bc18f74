//! `alimsg man`: writes the man pages.

use std::path::{Path, PathBuf};

use clap::builder::Resettable;
use clap_mangen::Man;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::help::{self, required};
use crate::cli::prelude::*;
use crate::cli::tree;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg man ./man1
  alimsg man ./man1 --json

`alimsg completions --install` writes them to the folder where man finds them.")]
pub struct Flags {
    /// Folder for the files; it is created
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// The files that were written.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Written {
    folder: String,
    files: usize,
}

/// Writes one page for each command.
///
/// # Errors
/// A file cannot be written.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    let pages = pages()?;
    for (name, text) in &pages {
        write(&flags.folder.join(name), text)?;
    }
    let written = Written { folder: flags.folder.display().to_string(), files: pages.len() };
    Ok(Report::from_record(&written, Value::Null))
}

/// All pages: the name of the file, and its text.
///
/// # Errors
/// A page cannot be built.
pub fn pages() -> Result<Vec<(String, Vec<u8>)>> {
    let tree = tree::all();
    let page = |path: &String| {
        page(&tree, path)
            .map_err(|error| Failure::internal(format!("no page of {path:?}: {error}")))
    };
    tree::paths().iter().map(page).collect()
}

fn page(tree: &clap::Command, path: &str) -> std::io::Result<(String, Vec<u8>)> {
    let mut words = path.split_whitespace();
    let command = words.try_fold(tree, |command, word| command.find_subcommand(word));
    let command = command.cloned().unwrap_or_default();
    let end = if path.is_empty() { help::all_topics() } else { help::end(&command) };
    let command = required::mark(command.after_help(Resettable::Reset), path);
    let man = Man::new(command).source(concat!("alimsg ", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    man.render(&mut text)?;
    // The examples keep their line breaks.
    text.extend_from_slice(format!(".SH DETAILS\n.nf\n{}\n.fi\n", escaped(&end)).as_bytes());
    Ok((man.get_filename(), text))
}

/// The text so that roff prints it unchanged.
fn escaped(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Writes a file that everyone can read, and the folders above it.
///
/// # Errors
/// It cannot be written.
pub fn write(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || {
        std::fs::create_dir_all(folder)?;
        std::fs::write(path, content)
    };
    write().map_err(|error| {
        Failure::environment(format!("cannot write {}: {error}", path.display()))
            .hint("check the path and the permissions of the folder")
    })
}
