//! CAMS: storage for media files. The returned keys are not valid anywhere.

use serde_json::{Value, json};

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::cams::call::check_space;
use crate::sandbox::service::request::{Request, ok};

/// The bucket for uploads to the sandbox.
pub const BUCKET: &str = "sandbox-media";
const ENDPOINT: &str = "oss-sandbox.example.com";
const DIR: &str = "cams/sandbox";

pub fn authorize(request: Request<'_>) -> Result<Value, Rejection> {
    check_space(request.call)?;
    let mut reply = ok();
    reply["Data"] = json!({
        "AccessKeyId": "STS.sandbox-key",
        "AccessKeySecret": "sandbox-secret-that-opens-nothing",
        "SecurityToken": "sandbox-token-that-opens-nothing",
        "BucketName": BUCKET,
        "Dir": DIR,
        "EndPoint": ENDPOINT,
        "Expire": request.now.as_second() + 3600,
    });
    Ok(reply)
}

pub fn presign(request: Request<'_>) -> Result<Value, Rejection> {
    let path = request.call.text("--file-path").unwrap_or_default();
    if !path.starts_with(DIR) {
        return Err(Rejection::new("FileNotExist", format!("file {path} does not exist")));
    }
    let mut reply = ok();
    reply["Success"] = json!(true);
    reply["Data"] = json!({
        "Url": format!("https://{BUCKET}.{ENDPOINT}/{path}?Expires=3600&Signature=sandbox"),
    });
    Ok(reply)
}
