//! Output and exit code of a simulated process: replies, and errors in each format that the real
//! host, its plugins and their network library print.

use std::time::Duration;

use serde_json::{Value, json};

use crate::api::operations::{Operation, Product};

/// The real program colours its errors even without a terminal.
const RED: &str = "\u{1b}[1;31m";
const RESET: &str = "\u{1b}[0m";

/// Output, exit code and delay of one simulated process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub stdout: String,
    pub stderr: String,
    /// The exit code.
    pub exit: i32,
    /// How long the process waits before it prints and exits; zero except for
    /// [`Scenario::Hangs`](super::scenarios::Scenario::Hangs).
    pub delay: Duration,
}

/// Exit code 0 with text on stdout.
pub fn printed(stdout: String) -> Answer {
    Answer { stdout, stderr: String::new(), exit: 0, delay: Duration::ZERO }
}

/// Exit code 0 without output.
pub fn silent() -> Answer {
    printed(String::new())
}

/// A reply of the service. Business errors are replies as well, with exit code 0.
pub fn reply(value: &Value) -> Answer {
    printed(format!("{value:#}\n"))
}

impl From<anyhow::Error> for Answer {
    /// The sandbox folder cannot be used.
    fn from(error: anyhow::Error) -> Self {
        host_error(1, &format!("cannot use the sandbox folder: {error:#}"))
    }
}

fn failed(stderr: String, exit: i32) -> Answer {
    Answer { stdout: String::new(), stderr, exit, delay: Duration::ZERO }
}

/// An error of the host program. Exit codes: 1 runtime, 2 unknown flag or command,
/// 3 configuration.
pub fn host_error(exit: i32, text: &str) -> Answer {
    failed(format!("{RED}ERROR: {text}\n{RESET}"), exit)
}

/// An error of a plugin that occurred before the request.
pub fn plugin_error(exit: i32, text: &str) -> Answer {
    failed(format!("Error: {text}\n"), exit)
}

/// The plugin's error for an HTTP status other than 200.
pub fn sdk_error(status: u16, code: &str, message: &str, mut data: Value) -> Answer {
    let request_id = request_id();
    data["Code"] = json!(code);
    data["Message"] = json!(message);
    data["RequestId"] = json!(request_id);
    failed(
        format!(
            "Error: SDKError:\n   StatusCode: {status}\n   Code: {code}\n   Message: code: {status}, \
             {message}; request id: {request_id}\n   Data: {data}\n"
        ),
        1,
    )
}

/// The plugin's error for a call that the RAM policy denies.
pub fn permission_denied(operation: &Operation) -> Answer {
    sdk_error(
        403,
        "Forbidden.RAM",
        &format!("the identity may not call {}", operation.api),
        json!({
            "AccessDeniedDetail": {
                "AuthAction": operation.ram_action,
                "AuthPrincipalType": "SubUser",
                "AuthPrincipalDisplayName": "sandbox",
                "NoPermissionType": "ImplicitDeny",
            },
            "Recommend": "attach a policy that allows the action",
        }),
    )
}

/// The host's error for a throttled call, in the format `SDK.ServerError`: the sandbox produces
/// both error formats that the parser has to handle.
pub fn throttled() -> Answer {
    host_error(
        1,
        &format!(
            "SDK.ServerError\nErrorCode: Throttling.User\nRecommend: lower the rate and try again \
             later\nRequestId: {}\nMessage: too many requests of this user\n\
             RespHeaders: map[Content-Type:[application/json;charset=utf-8]]",
            request_id()
        ),
    )
}

/// An error of the plugin's network library.
fn network_error(product: Product, text: &str) -> Answer {
    let endpoint = match product {
        Product::Cams => "cams.ap-southeast-1.aliyuncs.com",
        Product::Dysmsapi => "dysmsapi.aliyuncs.com",
    };
    plugin_error(1, &format!("Post \"https://{endpoint}/\": {text}"))
}

/// The request was sent and the reply timed out; the service may have processed the call.
pub fn read_timed_out(product: Product) -> Answer {
    network_error(
        product,
        "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    )
}

/// The connection was refused: nothing was sent.
pub fn connection_refused(product: Product) -> Answer {
    // An address reserved for documentation (RFC 5737), never a real host.
    network_error(product, "dial tcp 203.0.113.7:443: connect: connection refused")
}

/// A new request ID in the format of the service.
pub fn request_id() -> String {
    uuid::Uuid::new_v4().to_string().to_uppercase()
}
