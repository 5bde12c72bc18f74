//! `aliyun plugin …`. The file `plugins` holds the full names of what is installed, one a line. As
//! in the real program, each has a folder, which `manifest.json` in the folder of plugins names.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::answer::{Answer, table};
use crate::folder::{Folder, write_whole};
use crate::words::Words;

const VERSION: &str = "0.1.0";
/// What the catalogue offers.
const OFFERED: [&str; 2] = ["aliyun-cli-cams", "aliyun-cli-dysmsapi"];

pub fn installed(folder: &Folder) -> Vec<String> {
    let text = fs::read_to_string(folder.path("plugins")).unwrap_or_default();
    let mut names: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

/// Where the program of that plugin is.
pub fn folder_of(folder: &Folder, name: &str) -> PathBuf {
    folder.configuration("plugins").join(name)
}

pub fn answer(folder: &Folder, words: &Words, rest: &[&str]) -> Result<Answer> {
    match rest {
        ["list"] => Ok(list(folder)),
        ["install"] => install_named(folder, words.values("names").unwrap_or_default()),
        ["update"] => Ok(update(folder)),
        [other, ..] => Ok(Answer::usage(&format!("'{other}' is not a valid command"))),
        [] => Ok(Answer::unconfigured("command missing")),
    }
}

/// Downloads and enters one plugin; returns what the real program prints on **stdout** meanwhile.
pub fn install(folder: &Folder, name: &str) -> Result<String> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(folder.path("plugins"))
        .and_then(|mut file| file.write_all(format!("{name}\n").as_bytes()))
        .context("adding to plugins")?;
    fs::create_dir_all(folder_of(folder, name)).context("the folder of a plugin")?;
    let listed: Map<String, Value> = installed(folder)
        .into_iter()
        .map(|name| {
            let path = folder_of(folder, &name);
            (name.clone(), json!({ "name": name, "version": VERSION, "path": path }))
        })
        .collect();
    let manifest = folder.configuration("plugins/manifest.json");
    write_whole(&manifest, &json!({ "plugins": listed }))?;
    Ok(format!(
        "Downloading {name} {VERSION}...\nPlugin {name} {VERSION} installed successfully!\n"
    ))
}

fn list(folder: &Folder) -> Answer {
    let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
    let mut rows =
        vec![row(["Name", "Version", "Description"]), row(["----", "-------", "-----------"])];
    for name in installed(folder) {
        rows.push(row([&name, VERSION, "commands of one product"]));
    }
    Answer::text(&table(&rows, 20, 3))
}

/// Always downloads, also what is there already; short names mean the same as full ones.
fn install_named(folder: &Folder, names: &[String]) -> Result<Answer> {
    if names.is_empty() {
        return Ok(Answer::failure("either --name/--names or --package is required"));
    }
    let mut said = String::new();
    for name in names {
        let full = OFFERED
            .into_iter()
            .find(|full| full == name || full.strip_prefix("aliyun-cli-") == Some(name));
        let Some(full) = full else {
            let mut answer = Answer::failure(&format!("plugin {name} not found"));
            answer.stdout = said.into_bytes();
            return Ok(answer);
        };
        said.push_str(&install(folder, full)?);
    }
    Ok(Answer::text(&said))
}

fn update(folder: &Folder) -> Answer {
    let names = installed(folder);
    if names.is_empty() {
        return Answer::text("No plugins installed.\n");
    }
    let lines: Vec<String> = names
        .iter()
        .map(|name| format!("Skipping {name} (already up to date: {VERSION})\n"))
        .collect();
    Answer::text(&lines.concat())
}
