//! The last sends of this computer, so that their status can be shown without typing numbers and IDs
//! again. Nothing decides by them whether a message is sent, and a failure to write them is ignored.
//!
//! The file is in the state folder, which only the user can read. It has what a query needs: phone
//! numbers, IDs, the time and the profile, but no text and no variables. It keeps the last
//! [`MAX_SENDS`] sends of the last [`MAX_DAYS`] days, each with at most [`MAX_PHONES`] numbers.

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

const FILE: &str = "recent_sends.json";
const MAX_SENDS: usize = 20;
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

/// The entry of a send while it runs.
pub struct Entry<'c> {
    settings: &'c Settings,
    send: RecentSend,
}

/// Records a send before its call.
pub fn begin<'c>(context: &'c Context, message: &Message, at: Timestamp) -> Entry<'c> {
    let send = RecentSend::new(&context.settings, message, at);
    update(&context.settings, |sends| sends.push(send.clone()));
    Entry { settings: &context.settings, send }
}

impl Entry<'_> {
    /// Adds the service's ID of the message.
    pub fn accepted(&self, service_id: Option<&str>) {
        let Some(service_id) = service_id else { return };
        update(self.settings, |sends| {
            if let Some(send) = sends.iter_mut().rfind(|send| self.is(send)) {
                send.service_id = Some(service_id.to_string());
            }
        });
    }

    /// Removes the entry: there is nothing to ask for.
    pub fn not_sent(&self) {
        update(self.settings, |sends| sends.retain(|send| !self.is(send)));
    }

    fn is(&self, send: &RecentSend) -> bool {
        (send.at, &send.tracking_id) == (self.send.at, &self.send.tracking_id)
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
    let text = system::read_regular_file(path);
    let sends = text.ok().and_then(|text| serde_json::from_slice(&text).ok());
    let mut sends: Vec<RecentSend> = sends.unwrap_or_default();
    let oldest = Timestamp::now().saturating_sub(SignedDuration::from_hours(24 * MAX_DAYS));
    sends.retain(|send| oldest.as_ref().is_ok_and(|oldest| send.at >= *oldest));
    sends
}

fn update(settings: &Settings, change: impl FnOnce(&mut Vec<RecentSend>)) {
    let Some(path) = path(settings) else { return };
    let folder = path.parent().map(folder::create);
    let Some(Ok(())) = folder else { return };
    let Ok(_lock) = lock::acquire(&path.with_extension("lock"), PATIENCE, false) else { return };
    let mut sends = load(&path);
    change(&mut sends);
    let surplus = sends.len().saturating_sub(MAX_SENDS);
    sends.drain(..surplus);
    if let Ok(text) = serde_json::to_vec(&sends) {
        let _ = folder::replace(&path, &text);
    }
}
