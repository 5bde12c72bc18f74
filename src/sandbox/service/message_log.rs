//! The sent messages: one file to which every accepted call adds one line.
//!
//! The caller holds the lock of the sandbox. A call costs one write, however many messages there
//! are. If the process is killed during the write, the line has no end: it counts as not written,
//! and the next call removes it.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use memchr::memmem;
use serde::{Deserialize, Serialize};

use crate::sandbox::home::{self, Home};
use crate::sandbox::scenarios::Scenario;
use crate::sandbox::service::state::Message;

const FILE: &str = "messages.jsonl";

/// The messages of one accepted call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SentCall {
    /// What all messages have in common.
    pub shared: Message,
    pub recipients: Vec<Recipient>,
}

/// The fields in which one message differs from `shared`.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipient {
    pub number: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
}

impl SentCall {
    fn into_messages(self) -> impl Iterator<Item = Message> {
        let Self { shared, recipients } = self;
        recipients.into_iter().map(move |recipient| Message {
            scenario: Scenario::from_number(&recipient.number),
            sender: recipient.sender.unwrap_or_else(|| shared.sender.clone()),
            text: recipient.text.unwrap_or_else(|| shared.text.clone()),
            message_id: recipient.message_id.unwrap_or_else(|| shared.message_id.clone()),
            recipient: recipient.number,
            ..shared.clone()
        })
    }
}

/// The log of one sandbox folder.
#[derive(Debug)]
pub struct MessageLog {
    path: PathBuf,
}

impl MessageLog {
    pub fn new(home: &Home) -> Self {
        Self { path: home.path(FILE) }
    }

    /// Adds the messages of a call: all of them or, if the process is killed, none.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn append(&self, call: &SentCall) -> Result<()> {
        let mut line = serde_json::to_vec(call).context("cannot write the messages as JSON")?;
        line.push(b'\n');
        let context = || format!("cannot write {}", self.path.display());
        let mut file = home::private_file()
            .read(true)
            .truncate(false)
            .open(&self.path)
            .with_context(context)?;
        remove_torn_line(&mut file).with_context(context)?;
        file.write_all(&line).with_context(context)
    }

    /// The messages of all calls whose line contains `text`, oldest first.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub fn messages_with(&self, text: &str) -> Result<Vec<Message>> {
        let content = match std::fs::read(&self.path) {
            Ok(content) => content,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", self.path.display()));
            }
        };
        let finder = memmem::Finder::new(text);
        let mut messages = Vec::new();
        let mut start = 0;
        // Only complete lines. The search is fast, the parser is not.
        for end in memchr::memchr_iter(b'\n', &content) {
            let line = &content[start..end];
            start = end + 1;
            if finder.find(line).is_some() {
                let call: SentCall = serde_json::from_slice(line).with_context(|| {
                    format!("{} is damaged; run `alimsg sandbox reset`", self.path.display())
                })?;
                messages.extend(call.into_messages());
            }
        }
        Ok(messages)
    }

    /// Deletes all messages.
    ///
    /// # Errors
    /// The file cannot be deleted.
    pub fn delete(&self) -> Result<()> {
        home::remove_if_present(&self.path)
    }
}

/// Moves to the end of the file, after removing a last line that is not complete.
fn remove_torn_line(file: &mut File) -> std::io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    if length == 0 {
        return Ok(());
    }
    let mut last = [0];
    file.seek(SeekFrom::Start(length - 1))?;
    file.read_exact(&mut last)?;
    if last != *b"\n" {
        let mut content = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut content)?;
        let complete = memchr::memrchr(b'\n', &content).map_or(0, |end| end + 1);
        file.set_len(u64::try_from(complete).unwrap_or_default())?;
        file.seek(SeekFrom::End(0))?;
    }
    Ok(())
}
