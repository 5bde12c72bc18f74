//! Uploads of media files to the storage of a channel instance, from which messages and templates
//! take them by their links.

use std::path::{Path, PathBuf};

use base16ct::lower::encode_string;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::aliyun::client::Client;
use crate::aliyun::oss::{self, Authorization, Upload};
use crate::api::call::{Call, ReadCall};
use crate::api::operations::GET_CHATAPP_UPLOAD_AUTHORIZATION;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::media::{self, MediaFile};
use crate::output::report::{Phase, PlannedCommand, Report};

/// Placeholders on a dry run: the service names the storage when it authorizes the upload.
const UNKNOWN_TARGET: &str = "oss://BUCKET/KEY";
const UNKNOWN_ENDPOINT: &str = "https://ENDPOINT";

/// A file that WhatsApp supports.
#[derive(Debug, Clone)]
pub struct LocalFile {
    /// An absolute path, so that it cannot be parsed as a flag.
    path: PathBuf,
    /// The path as it was given.
    pub shown: String,
    pub medium: MediaFile,
}

impl LocalFile {
    /// Checks a file against WhatsApp's limits.
    ///
    /// # Errors
    /// As [`media::inspect`]; a path that is not valid Unicode.
    pub fn inspect(path: &Path) -> Result<Self> {
        let medium = media::inspect(path)?;
        let absolute = std::path::absolute(path)
            .map_err(|error| Failure::usage(format!("invalid path: {error}")))?;
        if absolute.to_str().is_none() {
            return Err(
                Failure::usage("the name of the file is not valid Unicode").hint("rename the file")
            );
        }
        Ok(Self { path: absolute, shown: path.display().to_string(), medium })
    }

    /// The content has this in place of the link until the file is uploaded. Equal files have the
    /// same one, so that a message with an equal file counts as the same message.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn placeholder(&self) -> Result<String> {
        Ok(format!("https://file.invalid/{}.{}", self.digest()?, self.medium.extension))
    }

    /// The SHA-256 hash of the content, in hexadecimal digits.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn digest(&self) -> Result<String> {
        let unreadable = |error: std::io::Error| {
            Failure::usage(format!("{} cannot be read: {error}", self.shown)).hint("check the path")
        };
        let mut file = std::fs::File::open(&self.path).map_err(unreadable)?;
        let mut digest = Sha256::new();
        std::io::copy(&mut file, &mut Digester(&mut digest)).map_err(unreadable)?;
        Ok(encode_string(&digest.finalize()))
    }
}

struct Digester<'d>(&'d mut Sha256);

impl std::io::Write for Digester<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The upload of a file.
#[derive(Debug, Clone)]
pub struct MediaUpload {
    pub file: LocalFile,
    /// The channel instance with the storage.
    pub space: String,
}

/// A file in the storage.
#[derive(Debug)]
pub struct Uploaded {
    pub link: String,
    pub key: String,
    /// The reply that authorized the upload, without its secrets.
    pub authorization: Value,
}

impl MediaUpload {
    pub fn authorize_call(&self) -> ReadCall {
        Call::to(&GET_CHATAPP_UPLOAD_AUTHORIZATION).text("--cust-space-id", &self.space)
    }

    /// Uploads the file under a new key.
    ///
    /// # Errors
    /// The upload is not authorized or failed. The failure never contains a key.
    pub fn run(&self, context: &Context, client: &Client<'_>) -> Result<Uploaded> {
        let LocalFile { path, shown, medium } = &self.file;
        let reply = client.read(&self.authorize_call()).map_err(|mut failure| {
            // The reply may contain the keys although the call failed.
            failure.raw = None;
            failure
        })?;
        let authorization = Authorization::from_reply(&reply)?;
        let key = authorization.new_key(medium.extension);
        let busy = context.screen.busy(&format!("uploading {shown}"), medium.size);
        let upload = Upload { file: path, key: &key, authorization: &authorization };
        client.upload(&upload, &|share| busy.at(share))?;
        drop(busy);
        let link = authorization.link(&key);
        Ok(Uploaded { link, key, authorization: oss::masked(reply) })
    }

    /// Inserts the command that uploads the file into a plan, after the call that authorizes it.
    pub fn add_to_plan(&self, context: &Context, plan: &mut Report) {
        let Report::DryRun(commands) = plan else { return };
        let guard = commands.first();
        let program = guard.and_then(|command| command.argv.first()).cloned();
        let mut env = guard.map(|command| command.env.clone()).unwrap_or_default();
        env.extend(oss::shown_environment());
        let arguments = oss::arguments(
            &self.file.path.display().to_string(),
            UNKNOWN_TARGET,
            UNKNOWN_ENDPOINT,
            context.settings.ai_mode,
        );
        let copy = PlannedCommand {
            phase: Phase::Call,
            argv: program.into_iter().chain(arguments).collect(),
            env,
            when: Some("with the keys, the bucket and the endpoint that the service returns"),
        };
        let command = GET_CHATAPP_UPLOAD_AUTHORIZATION.operation.command;
        let authorizes = |planned: &PlannedCommand| planned.argv.iter().any(|word| word == command);
        let at = commands.iter().position(authorizes);
        commands.insert(at.map_or(commands.len(), |at| at + 1), copy);
    }
}
