//! `oss cp FILE oss://BUCKET/KEY`: records the upload, but does not store the file.

use std::io::Write as _;

use anyhow::Context as _;
use serde_json::json;

use crate::sandbox::Environment;
use crate::sandbox::answers::{Answer, host_error, printed};
use crate::sandbox::home::{Home, private_file};
use crate::sandbox::host::flags::{self, one};
use crate::sandbox::profile;

/// The uploads so far, in JSON Lines.
const UPLOADS: &str = "uploads.jsonl";

/// Runs the command; `args` is everything after `oss`.
///
/// # Errors
/// The error of the real program, each with exit code 1.
pub fn run(args: &[String], home: &Home, env: Environment<'_>) -> Result<Answer, Answer> {
    let error = |text: &str| Err(host_error(1, text));
    let forced = args.iter().any(|arg| arg == "-f");
    let args: Vec<String> = args.iter().filter(|arg| *arg != "-f").cloned().collect();
    let flags = flags::parse(&args, &[one("--endpoint")])?;
    let [command, source, target] = flags.words.as_slice() else {
        return error("the sandbox only supports: oss cp FILE oss://BUCKET/KEY");
    };
    let object = target.strip_prefix("oss://").and_then(|path| path.split_once('/'));
    if command != "cp" || object.is_none_or(|(bucket, key)| bucket.is_empty() || key.is_empty()) {
        return error(&format!("invalid cloud url: {target}"));
    }
    let endpoint = flags.value("--endpoint").unwrap_or_default();
    if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
        return error(&format!("the endpoint {endpoint:?} has no scheme"));
    }
    if !forced {
        // Without -f, the program asks before it overwrites, and there is no terminal.
        return error("failed to read user input: EOF");
    }
    // OSS rejects the key of the profile: it accepts only the temporary credentials.
    let [id, secret] = profile::ACCESS_KEY;
    let temporary_key = [id, secret, "ALIBABA_CLOUD_SECURITY_TOKEN"];
    if !profile::is_ignored(env) || !profile::are_set(temporary_key, env) {
        return error("oss: service returned error: StatusCode=403, AccessDenied");
    }
    let size = std::fs::metadata(source)
        .map_err(|error| host_error(1, &format!("{source}: {error}")))?
        .len();
    let path = home.path(UPLOADS);
    let record = json!({ "file": source, "to": target, "endpoint": endpoint, "bytes": size });
    private_file()
        .append(true)
        .open(&path)
        .and_then(|mut log| writeln!(log, "{record}"))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(printed(format!("Succeed: Total num: 1, size: {size}. OK num: 1(upload 1 files).\n")))
}
