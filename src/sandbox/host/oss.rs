//! `oss cp FILE oss://BUCKET/KEY`: notes the upload, and keeps nothing of the file.

use std::fs;
use std::io::Write as _;

use anyhow::Context as _;
use anyhow::Result;
use serde_json::json;

use crate::sandbox::answers::{Answer, host_error, printed};
use crate::sandbox::home::{Home, private_file};
use crate::sandbox::host::flags::{self, one};

/// Runs the command; `args` is everything after `oss`.
pub fn run(args: &[String], home: &Home, env: &dyn Fn(&str) -> Option<String>) -> Result<Answer> {
    let forced = args.iter().any(|word| word == "-f");
    let args: Vec<String> = args.iter().filter(|word| *word != "-f").cloned().collect();
    let reading = match flags::read(&args, &[one("--endpoint")]) {
        Ok(reading) => reading,
        Err(refusal) => return Ok(refusal),
    };
    let words = &reading.words;
    let [command, source, target] = words.as_slice() else {
        return Ok(host_error(1, "the sandbox only copies one file to oss://BUCKET/KEY"));
    };
    let object = target.strip_prefix("oss://").and_then(|path| path.split_once('/'));
    if command != "cp" || object.is_none_or(|(bucket, key)| bucket.is_empty() || key.is_empty()) {
        return Ok(host_error(1, &format!("invalid cloud url: {target}")));
    }
    let endpoint = reading.value("--endpoint").unwrap_or_default();
    if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
        return Ok(host_error(1, &format!("the endpoint {endpoint:?} has no scheme")));
    }
    if !forced {
        // Without -f it asks before it overwrites, and nobody answers.
        return Ok(host_error(1, "failed to read user input: EOF"));
    }
    // The profile's key would sign, and the storage does not know it.
    let is_set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    let temporary = env("ALIBABA_CLOUD_IGNORE_PROFILE").is_some_and(|value| value == "TRUE")
        && is_set("ALIBABA_CLOUD_ACCESS_KEY_ID")
        && is_set("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
        && is_set("ALIBABA_CLOUD_SECURITY_TOKEN");
    if !temporary {
        return Ok(host_error(1, "oss: service returned error: StatusCode=403, AccessDenied"));
    }
    let size = match fs::metadata(source) {
        Ok(found) => found.len(),
        Err(error) => return Ok(host_error(1, &format!("{source}: {error}"))),
    };
    let path = home.uploads();
    let line = json!({ "file": source, "to": target, "endpoint": endpoint, "bytes": size });
    let mut log = private_file()
        .append(true)
        .open(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    writeln!(log, "{line}").with_context(|| format!("cannot write {}", path.display()))?;
    Ok(printed(format!("Succeed: Total num: 1, size: {size}. OK num: 1(upload 1 files).\n")))
}
