//! The last sends of this computer, so that their status can be shown without typing numbers and IDs
//! again. Nothing decides by them whether a message is sent, and a failure to write them is ignored.
//!
//! The file is in the state folder, which only the user can read. It has what a query needs: phone
//! numbers, IDs, the time and the profile, but no text and no variables. It keeps at least the last
//! [`MAX_SENDS`] sends, for [`MAX_DAYS`] days, each with at most [`MAX_PHONES`] numbers.
//!
//! Each change is a line at the end of the file, because replacing the file takes ten times as long.
//! A file longer than [`MAX_LENGTH`] is written anew.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::api::call::shell_line;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::os::system;
use crate::send::Message;
use crate::send::receipt_lookup::ReceiptQuery;
use crate::settings::{Credentials, Settings};
use crate::storage::{self, folder, lock};

const FILE: &str = "recent_sends.jsonl";
const MAX_SENDS: usize = 20;
/// In bytes.
const MAX_LENGTH: u64 = 16 * 1024;
const MAX_DAYS: i64 = 30;
const MAX_PHONES: usize = 20;
/// How long a run waits for another one that writes the file.
const PATIENCE: Duration = Duration::from_millis(200);

/// A send whose message was sent or may have been sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecentSend {
    /// Just before its call.
    pub at: Timestamp,
    /// The numbers, and the channel instance.
    pub query: ReceiptQuery,
    /// The number of recipients, which can be more than are recorded.
    pub recipients: usize,
    /// The sender's ID: `out_id` or `task_id`.
    pub tracking_id: String,
    /// The service's ID: `biz_id` or `message_id`; unknown without a reply.
    pub service_id: Option<String>,
    profile: Option<String>,
    region: Option<String>,
    only_env: bool,
}

impl RecentSend {
    fn new(settings: &Settings, message: &Message, at: Timestamp) -> Self {
        let query = match &message.receipt_query {
            ReceiptQuery::Sms { phones, .. } => ReceiptQuery::Sms {
                phones: phones.iter().take(MAX_PHONES).cloned().collect(),
                content: None,
            },
            chat @ ReceiptQuery::Chat { .. } => chat.clone(),
        };
        Self {
            at,
            query,
            recipients: message.recipients.len(),
            tracking_id: message.tracking.id.clone(),
            service_id: None,
            profile: settings.profile.clone(),
            region: settings.region.clone(),
            only_env: settings.credentials == Credentials::Env,
        }
    }

    /// Checks that a query with these settings asks the account that sent.
    ///
    /// # Errors
    /// The send used another profile, region or credentials.
    pub fn require_same_account(&self, settings: &Settings, command: &[&str]) -> Result<()> {
        let only_env = settings.credentials == Credentials::Env;
        if (&self.profile, &self.region, self.only_env)
            == (&settings.profile, &settings.region, only_env)
        {
            return Ok(());
        }
        let mut flags = Vec::new();
        for (flag, value) in [("--profile", &self.profile), ("--region", &self.region)] {
            flags.extend(value.iter().flat_map(|value| [flag, value.as_str()]));
        }
        if self.only_env {
            flags.extend(["--credentials", "env"]);
        }
        let flags = if flags.is_empty() {
            "without these flags".into()
        } else {
            shell_line("with", &flags)
        };
        Err(Failure::usage("the last send used another profile, region or credentials").hint(
            format!(
                "run `{}` {flags}, or select the message with its own flags",
                shell_line("alimsg", command)
            ),
        ))
    }

    /// Whether this is the sender's or the service's ID of the message.
    pub fn has_id(&self, id: &str) -> bool {
        self.tracking_id == id || self.service_id.as_deref() == Some(id)
    }
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Began(RecentSend),
    Accepted {
        at: Timestamp,
        tracking_id: String,
        service_id: String,
    },
    /// There is nothing to ask for.
    NotSent {
        at: Timestamp,
        tracking_id: String,
    },
}

/// The entry of a send while it runs.
pub struct Entry<'c> {
    settings: &'c Settings,
    send: RecentSend,
}

impl<'c> Entry<'c> {
    /// The entry of a message whose call is about to start.
    pub fn new(context: &'c Context, message: &Message, at: Timestamp) -> Self {
        let settings = &context.settings;
        Self { settings, send: RecentSend::new(settings, message, at) }
    }

    /// Adds the entry to the file.
    pub fn begin(&self) {
        append(self.settings, &Change::Began(self.send.clone()));
    }

    /// Adds the service's ID of the message.
    pub fn accepted(self, service_id: Option<&str>) {
        if let Some(service_id) = service_id.map(String::from) {
            let RecentSend { at, tracking_id, .. } = self.send;
            append(self.settings, &Change::Accepted { at, tracking_id, service_id });
        }
    }

    /// Removes the entry.
    pub fn not_sent(self) {
        let RecentSend { at, tracking_id, .. } = self.send;
        append(self.settings, &Change::NotSent { at, tracking_id });
    }
}

/// The latest send that matches.
pub fn latest(settings: &Settings, matches: impl Fn(&RecentSend) -> bool) -> Option<RecentSend> {
    load(&path(settings)?).into_iter().rfind(|send| matches(send))
}

/// Deletes the record of the sandbox.
pub fn forget_sandbox() {
    if let Ok(folder) = folder::sandbox_folder() {
        let _ = std::fs::remove_file(folder.join(FILE));
    }
}

fn path(settings: &Settings) -> Option<PathBuf> {
    Some(storage::folder(settings).ok()?.join(FILE))
}

fn load(path: &Path) -> Vec<RecentSend> {
    let text = system::read_regular_file(path).unwrap_or_default();
    let mut sends: Vec<RecentSend> = Vec::new();
    for line in text.split(|&byte| byte == b'\n') {
        // A line may be incomplete after a power failure.
        match serde_json::from_slice(line) {
            Ok(Change::Began(send)) => sends.push(send),
            Ok(Change::Accepted { at, tracking_id, service_id }) => {
                let mut sends = sends.iter_mut();
                if let Some(send) =
                    sends.rfind(|send| (send.at, &send.tracking_id) == (at, &tracking_id))
                {
                    send.service_id = Some(service_id);
                }
            }
            Ok(Change::NotSent { at, tracking_id }) => {
                sends.retain(|send| (send.at, &send.tracking_id) != (at, &tracking_id));
            }
            Err(_) => {}
        }
    }
    let oldest = Timestamp::now().saturating_sub(SignedDuration::from_hours(24 * MAX_DAYS));
    sends.retain(|send| oldest.as_ref().is_ok_and(|oldest| send.at >= *oldest));
    sends
}

fn append(settings: &Settings, change: &Change) {
    let Some(path) = path(settings) else { return };
    // The lock file's folder is created with it.
    let Ok(_lock) = lock::acquire(&path.with_extension("lock"), PATIENCE, false) else { return };
    let _ = append_line(&path, change);
}

fn append_line(path: &Path, change: &Change) -> anyhow::Result<()> {
    let mut file = system::open_own_file(path, true)?;
    file.seek(SeekFrom::End(0))?;
    // In one piece and with a line break in front, so that an incomplete line spoils no other one.
    let line = format!("\n{}\n", serde_json::to_string(change)?);
    file.write_all(line.as_bytes())?;
    if file.metadata()?.len() <= MAX_LENGTH {
        return Ok(());
    }
    let mut sends = load(path);
    let surplus = sends.len().saturating_sub(MAX_SENDS);
    let kept = sends.drain(surplus..).map(|send| {
        let mut line = serde_json::to_string(&Change::Began(send))?;
        line.push('\n');
        Ok(line)
    });
    let text: String = kept.collect::<anyhow::Result<_>>()?;
    folder::replace(path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(number: usize, at: Timestamp) -> RecentSend {
        RecentSend {
            at,
            query: ReceiptQuery::Sms { phones: vec!["8613800001000".into()], content: None },
            recipients: 1,
            tracking_id: format!("id-{number}"),
            service_id: None,
            profile: None,
            region: None,
            only_env: false,
        }
    }

    #[test]
    fn a_long_file_is_shortened_and_keeps_the_last_sends_with_their_ids() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        let at = Timestamp::now();
        for number in 0..300 {
            append_line(&path, &Change::Began(send(number, at))).expect("written");
            let (tracking_id, service_id) = (format!("id-{number}"), format!("service-{number}"));
            let accepted = Change::Accepted { at, tracking_id, service_id };
            append_line(&path, &accepted).expect("written");
            let sends = load(&path);
            assert_eq!(sends.last().map(|send| send.has_id(&format!("id-{number}"))), Some(true));
            assert!(sends.len() >= MAX_SENDS.min(number + 1), "{}", sends.len());
            assert!(sends.iter().all(|send| send.service_id.is_some()));
            let length = std::fs::metadata(&path).expect("a file").len();
            assert!(length < MAX_LENGTH + 1_000, "{length}");
        }
    }

    #[test]
    fn an_incomplete_line_and_a_message_that_was_not_sent_are_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        let at = Timestamp::now();
        for number in 0..3 {
            append_line(&path, &Change::Began(send(number, at))).expect("written");
        }
        let tracking_id = "id-1".to_string();
        append_line(&path, &Change::NotSent { at, tracking_id }).expect("written");
        let mut text = std::fs::read(&path).expect("a file");
        text.extend(b"{\"began\":{\"at\"");
        std::fs::write(&path, text).expect("written");
        let ids: Vec<_> = load(&path).into_iter().map(|send| send.tracking_id).collect();
        assert_eq!(ids, ["id-0", "id-2"]);
        // The next line begins on a line of its own.
        append_line(&path, &Change::Began(send(3, at))).expect("written");
        assert_eq!(load(&path).last().map(|send| send.tracking_id.clone()), Some("id-3".into()));
    }
}
