//! CAMS: storage for media files. The returned keys are not valid anywhere.

use serde_json::{Value, json};

use crate::sandbox::rejection::{Rejection, reject};
use crate::sandbox::service::request::{Request, reply};

/// The bucket for uploads to the sandbox.
const BUCKET: &str = "sandbox-media";
const ENDPOINT: &str = "oss-sandbox.example.com";
const DIR: &str = "cams/sandbox";

pub fn authorize(request: Request<'_>) -> Result<Value, Rejection> {
    reply(json!({
        "Data": {
            "AccessKeyId": "STS.sandbox-key",
            "AccessKeySecret": "sandbox-secret-that-opens-nothing",
            "SecurityToken": "sandbox-token-that-opens-nothing",
            "BucketName": BUCKET,
            "Dir": DIR,
            "EndPoint": ENDPOINT,
            "Expire": request.now.as_second() + 3600,
        },
    }))
}

pub fn presign(request: Request<'_>) -> Result<Value, Rejection> {
    let path = request.call.text("--file-path").unwrap_or_default();
    if !path.starts_with(DIR) {
        return reject("FileNotExist", format!("file {path} does not exist"));
    }
    let url = format!("https://{BUCKET}.{ENDPOINT}/{path}?Expires=3600&Signature=sandbox");
    reply(json!({ "Success": true, "Data": { "Url": url } }))
}
