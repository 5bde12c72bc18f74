//! `aliyun oss cp FILE oss://BUCKET/KEY`, as far as a media upload needs it.

use std::fs;

use anyhow::Result;
use serde_json::json;

use crate::account;
use crate::answer::Answer;
use crate::witness::Witness;
use crate::words::Words;

/// Records the upload in `uploads.jsonl`, with the account that signed it.
pub fn answer(witness: &Witness, words: &Words, rest: &[&str]) -> Result<Answer> {
    let ["cp", source, target] = rest else {
        return Ok(Answer::failure("the stand-in only supports: oss cp FILE oss://BUCKET/KEY"));
    };
    let key = target.strip_prefix("oss://").and_then(|path| path.split_once('/'));
    if key.is_none_or(|(bucket, key)| bucket.is_empty() || key.is_empty()) {
        return Ok(Answer::failure(&format!("invalid cloud url: {target}")));
    }
    let endpoint = words.flag("endpoint").unwrap_or_default();
    if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
        return Ok(Answer::failure(&format!("endpoint '{endpoint}' has no scheme")));
    }
    if words.flag("force").is_none() {
        // Without -f, the program asks before it overwrites, and there is no terminal.
        return Ok(Answer::failure("failed to read user input: EOF"));
    }
    let size = match fs::metadata(source) {
        Ok(metadata) => metadata.len(),
        Err(error) => return Ok(Answer::failure(&format!("{source}: {error}"))),
    };
    // Created in the working directory. The real program deletes it after a successful upload.
    if let Err(error) = fs::create_dir_all(".ossutil_checkpoint") {
        return Ok(Answer::failure(&format!("mkdir .ossutil_checkpoint: {error}")));
    }
    let account = match account::select(&witness.folder, words)? {
        Ok(account) => account,
        Err(answer) => return Ok(answer),
    };
    let line = json!({
        "file": source, "to": target, "endpoint": endpoint, "account": account, "bytes": size,
    });
    witness.folder.append("uploads.jsonl", &line)?;
    Ok(Answer::text(&format!("Succeed: Total num: 1, size: {size}. OK num: 1(upload 1 files).\n")))
}
