//! `script.json`: a list of rules with which a test changes the answers. The first matching rule
//! applies.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::answer::Answer;
use crate::folder::Folder;

/// One rule. With `stdout`, `raw_stdout_hex`, `flood_stdout_bytes`, `exit` or `kill_self`, it replaces
/// the command's answer; otherwise the command runs and the rule only modifies it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// The first words of the argument vector.
    #[serde(rename = "match")]
    prefix: Vec<String>,
    /// Texts that must all occur in some argument.
    contains: Vec<String>,
    /// How many processes the rule applies to; unlimited by default.
    times: Option<u32>,
    /// Whether a sending call is recorded as sent, which is the default; false if the service
    /// rejects it.
    pub sent: Option<bool>,
    /// Printed before the delay.
    pub early_stdout: String,
    /// Whether the process waits between request and reply until the test releases it.
    pub held: bool,
    /// Delay between request and reply, in milliseconds; after the release of a held process.
    pub delay_ms: u64,
    /// `{china_time}` becomes the time of the reply in China, in the format of a receipt.
    stdout: Option<String>,
    /// Bytes after `stdout`, possibly not UTF-8.
    raw_stdout_hex: Option<String>,
    /// Number of filler bytes before `stdout`.
    flood_stdout_bytes: Option<usize>,
    /// Always printed, before the command's own stderr.
    pub stderr: String,
    exit: Option<u8>,
    /// Truncates stdout, scripted or not, to this many bytes.
    pub truncate: Option<usize>,
    pub ignore_sigterm: bool,
    /// Runs the command in a second process of the same group, as the host does with a plugin.
    pub grandchild: bool,
    /// Sends SIGINT to the process that started it, at the end.
    pub interrupt_parent: bool,
    /// Number of the signal that kills the process after it has printed everything.
    pub kill_self: Option<i32>,
    /// Index in the list.
    #[serde(skip)]
    pub number: usize,
}

impl Rule {
    fn matches(&self, argv: &[String]) -> bool {
        crate::words::without_leading(argv).starts_with(&self.prefix)
            && self.contains.iter().all(|part| argv.iter().any(|word| word.contains(part)))
    }

    /// The scripted answer, without `stderr`; `None` if the rule does not replace the answer.
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
        let text = self.stdout.as_deref().unwrap_or_default();
        stdout.extend(text.replace("{china_time}", &china_time()).into_bytes());
        stdout.extend(decode_hex(self.raw_stdout_hex.as_deref().unwrap_or_default())?);
        Ok(Some(Answer { stdout, stderr: String::new(), exit: self.exit.unwrap_or(0) }))
    }
}

/// Returns the first rule that matches `argv` and is not used up, and counts one use.
pub fn take(folder: &Folder, argv: &[String]) -> Result<Option<Rule>> {
    for rule in load(folder)? {
        if rule.matches(argv) && use_once(folder, &rule)? {
            return Ok(Some(rule));
        }
    }
    Ok(None)
}

/// The rule with this index.
pub fn numbered(folder: &Folder, number: usize) -> Result<Rule> {
    load(folder)?.into_iter().nth(number).context("script.json has no such rule")
}

fn load(folder: &Folder) -> Result<Vec<Rule>> {
    let mut rules: Vec<Rule> = match fs::read_to_string(folder.path("script.json")) {
        Ok(text) => serde_json::from_str(&text).context("script.json")?,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error).context("script.json"),
    };
    for (number, rule) in rules.iter_mut().enumerate() {
        rule.number = number;
    }
    Ok(rules)
}

/// Claims one use of a limited rule. Each use is a file that only one process can create, so that
/// concurrent processes never exceed the limit.
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

fn china_time() -> String {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    jiff::Timestamp::now().to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn decode_hex(hex: &str) -> Result<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        bail!("raw_stdout_hex: expected pairs of hexadecimal digits");
    }
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).context("raw_stdout_hex"))
        .collect()
}
