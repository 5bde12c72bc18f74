//! A world with batches in the sandbox.

use std::path::PathBuf;

use serde_json::Value;

pub use crate::batch::result;
use crate::support::{Ran, World};

/// A template with the variables name and order.
pub const OPTIONS: [&str; 4] = ["-s", "Acme", "-t", "SMS_100002"];

pub struct Sandboxed {
    pub world: World,
}

impl Sandboxed {
    pub fn new() -> Self {
        Self { world: World::bare() }
    }

    /// A world with a file.
    pub fn with(name: &str, content: impl AsRef<[u8]>) -> Self {
        let new = Self::new();
        new.write(name, content);
        new
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.world.path(name);
        std::fs::write(&path, content).expect("a file");
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.world.path(name)).expect(name)
    }

    /// `sms batch FILE` with consent and JSON.
    pub fn batch(&self, file: &str, more: &[&str]) -> Ran {
        let words =
            [&["--sandbox", "sms", "batch", file], &OPTIONS[..], &["--yes", "--json"], more];
        self.world.run(&words.concat())
    }

    /// A command with JSON.
    pub fn run(&self, words: &[&str]) -> Ran {
        self.world.run(&[&["--sandbox", "--json"], words].concat())
    }

    /// The numbers of the messages that the sandbox has sent, in order.
    pub fn sent_to(&self) -> Vec<String> {
        let number = |message: &Value| message["recipient"].as_str().expect("a number").to_string();
        let mut numbers: Vec<String> = self.world.sandbox_messages().iter().map(number).collect();
        numbers.sort();
        numbers
    }

    /// The texts of the messages.
    pub fn texts(&self) -> Vec<String> {
        let text = |message: &Value| message["text"].as_str().unwrap_or_default().to_string();
        self.world.sandbox_messages().iter().map(text).collect()
    }
}

/// A file with this many rows, all with own values.
pub fn rows(count: u64) -> String {
    let row = |at: u64| format!("{},name {at},{at}\n", 13_800_010_000 + at);
    format!("phone,name,order\n{}", (0..count).map(row).collect::<String>())
}

/// The error, which proves that nothing was sent and says what to do.
#[track_caller]
pub fn refused(ran: Ran) -> Value {
    let error = result(&ran.exits(2))["error"].take();
    assert_eq!(error["outcome"], "not_sent", "{error:#}");
    assert!(error["hint"].is_string(), "{error:#}");
    error
}

/// A count of the result.
#[track_caller]
pub fn count(result: &Value, name: &str) -> u64 {
    result["data"][name].as_u64().unwrap_or_else(|| panic!("{name}: {result:#}"))
}
