//! `oss cp FILE oss://BUCKET/KEY`: records the upload, but does not store the file.

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
    let flags = match flags::parse(&args, &[one("--endpoint")]) {
        Ok(flags) => flags,
        Err(refusal) => return Ok(refusal),
    };
    let words = &flags.words;
    let [command, source, target] = words.as_slice() else {
        return Ok(host_error(1, "the sandbox only supports: oss cp FILE oss://BUCKET/KEY"));
    };
    let object = target.strip_prefix("oss://").and_then(|path| path.split_once('/'));
    if command != "cp" || object.is_none_or(|(bucket, key)| bucket.is_empty() || key.is_empty()) {
        return Ok(host_error(1, &format!("invalid cloud url: {target}")));
    }
    let endpoint = flags.value("--endpoint").unwrap_or_default();
    if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
        return Ok(host_error(1, &format!("the endpoint {endpoint:?} has no scheme")));
    }
    if !forced {
        // Without -f, the program asks before it overwrites, and there is no terminal.
        return Ok(host_error(1, "failed to read user input: EOF"));
    }
    // OSS rejects the key of the profile: it accepts only the temporary credentials.
    let is_set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    let has_temporary_credentials = env("ALIBABA_CLOUD_IGNORE_PROFILE")
        .is_some_and(|value| value == "TRUE")
        && is_set("ALIBABA_CLOUD_ACCESS_KEY_ID")
        && is_set("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
        && is_set("ALIBABA_CLOUD_SECURITY_TOKEN");
    if !has_temporary_credentials {
        return Ok(host_error(1, "oss: service returned error: StatusCode=403, AccessDenied"));
    }
    let size = match fs::metadata(source) {
        Ok(metadata) => metadata.len(),
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
