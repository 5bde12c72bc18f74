//! Uploads to the storage of the channel with `aliyun oss`.
//!
//! CAMS returns temporary keys for the upload. They are passed to that one child process as
//! variables, together with the setting to ignore profiles, whose keys would otherwise be used.
//! They are never part of a command line or of the output.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;

use crate::api::account::IGNORE_PROFILE;
use crate::api::redaction::Redaction;
use crate::api::reply::{Reply, failure_message, fields};
use crate::api::secret::{HIDDEN, Secret};
use crate::error::{Failure, Kind, Result};
use crate::os::process::{Output, Termination};
use crate::settings::AiModeMethod;

/// The variables with the temporary keys.
const KEY_VARIABLES: [&str; 3] = [
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
];

/// The upload authorization from GetChatappUploadAuthorization.
#[derive(Debug, Clone)]
pub struct Authorization {
    key_id: Secret,
    key_secret: Secret,
    token: Secret,
    bucket: String,
    /// The folder for uploads, without slashes at its ends.
    folder: String,
    /// The host of the storage, without a scheme.
    host: String,
}

impl Authorization {
    /// Parses the reply.
    ///
    /// # Errors
    /// A field is missing, or could change the meaning of the command line.
    pub fn from_reply(reply: &Reply) -> Result<Self> {
        let incomplete = |what: &str| {
            let mut failure = Failure::new(
                Kind::Rejected,
                format!("the upload authorization of the service is invalid: {what}"),
            )
            .hint("check --cust-space-id, then try again");
            failure.request_id = reply.text(&["RequestId"]);
            failure
        };
        let data = reply.value("Data").unwrap_or(&Value::Null);
        let field = |name: &str| {
            fields::text(data, &[name])
                .filter(|text| !text.contains('\0'))
                .ok_or_else(|| incomplete(&format!("{name} is missing")))
        };
        let secret = |name: &str| field(name).map(Secret::new);
        let endpoint = field("EndPoint").or_else(|_| field("Endpoint"))?;
        let host = endpoint.split_once("://").map_or(endpoint.as_str(), |(_, host)| host);
        let authorization = Self {
            key_id: secret("AccessKeyId")?,
            key_secret: secret("AccessKeySecret")?,
            token: secret("SecurityToken")?,
            bucket: field("BucketName")?,
            folder: field("Dir").unwrap_or_default().trim_matches('/').to_string(),
            host: host.trim_end_matches('/').to_string(),
        };
        let name = |text: &str| {
            !text.is_empty()
                && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
        };
        let folder = |text: &str| text.is_empty() || text.split('/').all(name);
        if !name(&authorization.bucket) || !name(&authorization.host) {
            return Err(incomplete("invalid bucket or endpoint"));
        }
        if !folder(&authorization.folder) {
            return Err(incomplete("invalid folder"));
        }
        Ok(authorization)
    }

    /// A unique object key for a new upload.
    pub fn new_key(&self, ending: &str) -> String {
        let name = format!("{}.{ending}", uuid::Uuid::now_v7());
        if self.folder.is_empty() { name } else { format!("{}/{name}", self.folder) }
    }

    /// The URL of an object.
    pub fn link(&self, key: &str) -> String {
        format!("https://{}.{}/{key}", self.bucket, self.host)
    }
}

/// The authorization reply with its secrets masked.
pub fn masked(reply: Reply) -> Value {
    let mut raw = Value::Object(reply.0);
    // Only fields that are known to be harmless are kept; a new field may be a secret.
    let harmless = ["Code", "Message", "RequestId", "Success", "Data"];
    if let Some(fields) = raw.as_object_mut() {
        fields.retain(|name, _| harmless.contains(&name.as_str()));
    }
    let secrets = ["AccessKeyId", "AccessKeySecret", "SecurityToken"];
    let known = ["BucketName", "Dir", "EndPoint", "Endpoint", "Expire"];
    match raw.get_mut("Data") {
        Some(Value::Object(data)) => {
            // A new field may be a secret.
            for (name, value) in data.iter_mut() {
                if secrets.contains(&name.as_str()) || !known.contains(&name.as_str()) {
                    *value = Value::from("***");
                }
            }
        }
        Some(data) => *data = Value::from("***"),
        None => {}
    }
    raw
}

/// One upload.
pub struct Upload<'a> {
    /// An absolute path, so that it cannot be parsed as a flag.
    pub file: &'a Path,
    pub key: &'a str,
    pub authorization: &'a Authorization,
}

impl Upload<'_> {
    /// The arguments after `aliyun`.
    pub fn arguments(&self, ai_mode: AiModeMethod) -> Vec<String> {
        let Authorization { bucket, host, .. } = self.authorization;
        arguments(
            &self.file.display().to_string(),
            &format!("oss://{bucket}/{}", self.key),
            &format!("https://{host}"),
            ai_mode,
        )
    }

    /// The variables with the keys, for the upload process only.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let Authorization { key_id, key_secret, token, .. } = self.authorization;
        let keys = [key_id, key_secret, token].map(Secret::for_environment);
        let keys = KEY_VARIABLES.into_iter().map(OsString::from).zip(keys);
        keys.chain([(IGNORE_PROFILE.into(), "TRUE".into())]).collect()
    }

    /// Evaluates the output of the upload.
    ///
    /// # Errors
    /// The file was not uploaded.
    pub fn judge(&self, output: &Output) -> Result<()> {
        let Some(failure_message) = failure_message(output) else { return Ok(()) };
        Err(match output.end {
            Termination::TimedOut(limit) => Failure::environment(format!(
                "the upload took longer than {} s and was stopped",
                limit.as_secs()
            ))
            .hint("increase --timeout"),
            Termination::Interrupted => Failure::interrupted(),
            Termination::Exited(_) => Failure::environment(format!(
                "the upload failed: {}",
                self.redaction().text(&failure_message)
            ))
            .hint("nothing was sent; you can repeat the command")
            .retryable(),
        })
    }

    /// Hides the keys and the token in the output of the command.
    fn redaction(&self) -> Redaction {
        let Authorization { key_id, key_secret, token, .. } = self.authorization;
        Redaction::from_secrets(&[key_id, key_secret, token])
    }
}

/// Parses the progress of an upload from the command's output. After five seconds the command
/// prints lines with `Progress: 12.345%`, also on a pipe (source: `oss cp` in the CLI's code).
#[derive(Default)]
pub struct Progress(RefCell<String>);

impl Progress {
    /// The new progress from 0 to 1, if these bytes of the output contain one.
    pub fn update(&self, bytes: &[u8]) -> Option<f64> {
        const BEFORE: &str = "Progress: ";
        const MAX_LINE: usize = 4096;
        let mut text = self.0.borrow_mut();
        text.push_str(&String::from_utf8_lossy(bytes));
        let share = text.rmatch_indices(BEFORE).find_map(|(at, _)| {
            let (percent, _) = text[at + BEFORE.len()..].split_once('%')?;
            percent.parse::<f64>().ok().filter(|percent| percent.is_finite())
        });
        // Only the last, incomplete line is needed for the next call.
        let rest = text.rfind(['%', '\n', '\r']).map_or(0, |end| end + 1);
        text.drain(..rest);
        if text.len() > MAX_LINE {
            text.clear();
        }
        share.map(|percent| (percent / 100.0).clamp(0.0, 1.0))
    }
}

/// The variables of the upload process, without the keys.
pub fn shown_environment() -> impl Iterator<Item = (String, Value)> {
    let keys = KEY_VARIABLES.into_iter().map(|name| (name.to_string(), HIDDEN.into()));
    keys.chain([(IGNORE_PROFILE.to_string(), "TRUE".into())])
}

/// The arguments of an upload; a dry run passes placeholders for values that are not known yet.
pub fn arguments(file: &str, target: &str, endpoint: &str, ai_mode: AiModeMethod) -> Vec<String> {
    let mut arguments = ai_mode.first_arguments();
    arguments.extend(["oss", "cp", file, target, "--endpoint", endpoint, "-f"].map(String::from));
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reply(endpoint: &str, folder: &str) -> Reply {
        let value = json!({"Code": "OK", "Data": {
            "AccessKeyId": "STS.id", "AccessKeySecret": "shh", "SecurityToken": "tok",
            "BucketName": "bucket", "Dir": folder, "EndPoint": endpoint, "Novel": "shh too",
        }});
        Reply(value.as_object().expect("object").clone())
    }

    #[test]
    fn the_endpoint_can_have_a_scheme() {
        for endpoint in ["oss.example.com", "https://oss.example.com/", "http://oss.example.com"] {
            let authorization =
                Authorization::from_reply(&reply(endpoint, "/a/b/")).expect("sound");
            assert_eq!(authorization.link("a/b/k.png"), "https://bucket.oss.example.com/a/b/k.png");
            assert!(authorization.new_key("png").starts_with("a/b/"));
        }
    }

    #[test]
    fn secrets_are_only_in_the_environment() {
        let authorization =
            Authorization::from_reply(&reply("oss.example.com", "a")).expect("sound");
        let upload =
            Upload { file: Path::new("/f.png"), key: "a/k.png", authorization: &authorization };
        assert_eq!(
            upload.arguments(AiModeMethod::Call).join(" "),
            "--cli-ai-mode oss cp /f.png oss://bucket/a/k.png --endpoint https://oss.example.com -f"
        );
        let shown = format!("{authorization:?} {}", masked(reply("oss.example.com", "a")));
        assert!(!shown.contains("shh") && !shown.contains("STS.id") && !shown.contains("tok\""));
        assert_eq!(
            upload.redaction().text("InvalidAccessKeyId: STS.id"),
            "InvalidAccessKeyId: ***"
        );
    }

    #[test]
    fn the_progress_is_parsed_from_whole_lines_and_from_pieces() {
        let line = "\rTotal num: 1, size: 90,000. Dealed num: 0, OK size: 8, Progress: 12.500%, \
                    Speed: 9.00KB/s";
        for size in [1, 7, line.len()] {
            let progress = Progress::default();
            let shares: Vec<f64> =
                line.as_bytes().chunks(size).filter_map(|piece| progress.update(piece)).collect();
            assert_eq!(shares, [0.125], "in pieces of {size}");
        }
        let progress = Progress::default();
        assert_eq!(progress.update(format!("{line}\rProgress: 140%\r").as_bytes()), Some(1.0));
        assert_eq!(progress.update(b"Progress: NaN% Progress: ?%"), None);
    }

    #[test]
    fn fields_that_could_change_the_command_line_are_rejected() {
        Authorization::from_reply(&reply("oss.example.com --config x", "a")).expect_err("a space");
        Authorization::from_reply(&reply("oss.example.com", "a/../b c")).expect_err("a space");
        Authorization::from_reply(&Reply(serde_json::Map::new())).expect_err("no fields");
    }
}
