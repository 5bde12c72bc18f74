//! `script.json`: how a test bends the answers. A list of rules, the first that fits wins.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::answer::Answer;
use crate::folder::Folder;

/// One rule. With any of `stdout`, `raw_stdout_hex`, `flood_stdout_bytes`, `exit` and `kill_self`
/// it replaces what the command would have done; without, it only delays or decorates it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// The beginning of the argument vector.
    #[serde(rename = "match")]
    prefix: Vec<String>,
    /// Each of these has to be part of some argument.
    contains: Vec<String>,
    /// The rule fits that many processes, then no more.
    times: Option<u32>,
    /// Whether a sending call counts as carried out; false for one that the service refused.
    pub sent: bool,
    /// Printed before the pause: what the program says while it works.
    pub early_stdout: String,
    /// Pause between the request and the reply.
    pub delay_ms: u64,
    stdout: Option<String>,
    /// Bytes that need not be UTF-8; after `stdout`.
    raw_stdout_hex: Option<String>,
    /// That many bytes of filler, before `stdout`.
    flood_stdout_bytes: Option<usize>,
    /// Printed in any case, also in front of what the command itself would say.
    pub stderr: String,
    exit: Option<u8>,
    /// Cuts stdout, scripted or not, to that many bytes.
    pub truncate: Option<usize>,
    pub ignore_sigterm: bool,
    /// Have a second process in the same group do the work, as the host does with its plugin.
    pub grandchild: bool,
    /// Signal to die of, after everything was printed.
    pub kill_self: Option<i32>,
    /// Place in the list, from 0.
    #[serde(skip)]
    pub number: usize,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            prefix: Vec::new(),
            contains: Vec::new(),
            times: None,
            sent: true,
            early_stdout: String::new(),
            delay_ms: 0,
            stdout: None,
            raw_stdout_hex: None,
            flood_stdout_bytes: None,
            stderr: String::new(),
            exit: None,
            truncate: None,
            ignore_sigterm: false,
            grandchild: false,
            kill_self: None,
            number: 0,
        }
    }
}

impl Rule {
    fn fits(&self, argv: &[String]) -> bool {
        argv.starts_with(&self.prefix)
            && self.contains.iter().all(|part| argv.iter().any(|word| word.contains(part)))
    }

    /// The scripted answer, without `stderr`; `None` if the command answers for itself.
    pub fn answer(&self) -> Result<Option<Answer>> {
        let replaces = self.stdout.is_some()
            || self.raw_stdout_hex.is_some()
            || self.flood_stdout_bytes.is_some()
            || self.exit.is_some()
            || self.kill_self.is_some();
        if !replaces {
            return Ok(None);
        }
        let filler = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n";
        let flood = self.flood_stdout_bytes.unwrap_or(0);
        let mut stdout = filler.repeat(flood.div_ceil(filler.len()));
        stdout.truncate(flood);
        stdout.extend(self.stdout.iter().flat_map(|text| text.bytes()));
        stdout.extend(bytes_of(self.raw_stdout_hex.as_deref().unwrap_or_default())?);
        Ok(Some(Answer { stdout, stderr: String::new(), exit: self.exit.unwrap_or(0) }))
    }
}

/// The first rule that fits `argv` and is not used up; taking it uses it once.
pub fn take(folder: &Folder, argv: &[String]) -> Result<Option<Rule>> {
    for rule in load(folder)? {
        if rule.fits(argv) && use_once(folder, &rule)? {
            return Ok(Some(rule));
        }
    }
    Ok(None)
}

/// The rule at that place of the list.
pub fn numbered(folder: &Folder, number: usize) -> Result<Rule> {
    load(folder)?.into_iter().nth(number).context("script.json has no such rule")
}

fn load(folder: &Folder) -> Result<Vec<Rule>> {
    let text = match fs::read_to_string(folder.path("script.json")) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).context("script.json"),
    };
    let mut rules: Vec<Rule> = serde_json::from_str(&text).context("script.json")?;
    for (number, rule) in rules.iter_mut().enumerate() {
        rule.number = number;
    }
    Ok(rules)
}

/// Claims one use of a limited rule. Each use is a file that only one process can create, so that
/// processes side by side share them out correctly.
fn use_once(folder: &Folder, rule: &Rule) -> Result<bool> {
    let Some(times) = rule.times else { return Ok(true) };
    let uses = folder.path("uses");
    fs::create_dir_all(&uses).context("making the folder of uses")?;
    for count in 0..times {
        let claim = uses.join(format!("{}-{count}", rule.number));
        match OpenOptions::new().write(true).create_new(true).open(claim) {
            Ok(_) => return Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).context("claiming a use"),
        }
    }
    Ok(false)
}

fn bytes_of(hex: &str) -> Result<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        bail!("raw_stdout_hex: not pairs of hexadecimal digits");
    }
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).context("raw_stdout_hex"))
        .collect()
}
