//! `aliyun plugin …`. The file `plugins` contains the full names of the installed plugins, one per
//! line. As in the real program, each plugin has a folder, listed in `manifest.json`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::answer::{Answer, table};
use crate::folder::{Folder, write_atomically};
use crate::witness::Witness;
use crate::words::Words;

const VERSION: &str = "0.1.0";
/// The available plugins.
const AVAILABLE: [&str; 2] = ["aliyun-cli-cams", "aliyun-cli-dysmsapi"];

pub fn installed(folder: &Folder) -> Vec<String> {
    let text = fs::read_to_string(folder.path("plugins")).unwrap_or_default();
    let mut names: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

/// The folder of the plugin's executable.
pub fn plugin_folder(folder: &Folder, name: &str) -> PathBuf {
    folder.configuration("plugins").join(name)
}

pub fn answer(witness: &Witness, words: &Words, rest: &[&str]) -> Result<Answer> {
    let folder = &witness.folder;
    match rest {
        ["list"] => Ok(list(folder)),
        ["install"] => install_named(folder, words.values("names").unwrap_or_default()),
        ["update"] => Ok(update(folder)),
        [other, ..] => Ok(Answer::usage(&format!("'{other}' is not a valid command"))),
        [] => Ok(Answer::unconfigured("command missing")),
    }
}

/// Installs one plugin; returns the output, which the real program prints on **stdout**.
pub fn install(folder: &Folder, name: &str) -> Result<String> {
    folder.append("plugins", name)?;
    fs::create_dir_all(plugin_folder(folder, name)).context("the folder of a plugin")?;
    let listed: Map<String, Value> = installed(folder)
        .into_iter()
        .map(|name| {
            let path = plugin_folder(folder, &name);
            (name.clone(), json!({ "name": name, "version": VERSION, "path": path }))
        })
        .collect();
    let manifest = folder.configuration("plugins/manifest.json");
    write_atomically(&manifest, &json!({ "plugins": listed }))?;
    Ok(format!(
        "Downloading {name} {VERSION}...\nPlugin {name} {VERSION} installed successfully!\n"
    ))
}

fn list(folder: &Folder) -> Answer {
    let names = installed(folder);
    let mut rows = vec![["Name", "Version", "Description"], ["----", "-------", "-----------"]];
    rows.extend(names.iter().map(|name| [name, VERSION, "commands of one product"]));
    Answer::text(&table(&rows, 20, 3))
}

/// Always downloads, even if the plugin is installed. Accepts short and full names.
fn install_named(folder: &Folder, names: &[String]) -> Result<Answer> {
    if names.is_empty() {
        return Ok(Answer::failure("either --name/--names or --package is required"));
    }
    let mut output = String::new();
    for name in names {
        let full = AVAILABLE
            .into_iter()
            .find(|full| full == name || full.strip_prefix("aliyun-cli-") == Some(name));
        let Some(full) = full else {
            let error = Answer::failure(&format!("plugin {name} not found"));
            return Ok(Answer { stdout: output.into_bytes(), ..error });
        };
        output.push_str(&install(folder, full)?);
    }
    Ok(Answer::text(&output))
}

fn update(folder: &Folder) -> Answer {
    let names = installed(folder);
    if names.is_empty() {
        return Answer::text("No plugins installed.\n");
    }
    let line = |name: &String| format!("Skipping {name} (already up to date: {VERSION})\n");
    Answer::text(&names.iter().map(line).collect::<String>())
}
