//! Turns a finding into a failure for the user: message, kind, and what to do next.

use serde_json::Value;

use crate::api::call::Call;
use crate::api::error_codes::{self, Cause};
use crate::api::operations::{Access, Operation, Product};
use crate::api::reply::cli_error::CliError;
use crate::api::reply::evidence::Finding;
use crate::api::reply::output;
use crate::api::reply::service_error::{self, ServiceError};
use crate::error::{Failure, Kind, Outcome};
use crate::os::{signals, system};
use crate::settings::AiModeMethod;

/// The failure for a finding. Its outcome is set elsewhere.
pub fn describe(operation: &Operation, finding: Finding) -> Box<Failure> {
    let is_read = operation.access == Access::Read;
    match finding {
        Finding::Code(error) => from_code(operation, error),
        // An OK comes here only if stronger evidence contradicts it.
        Finding::Ok(raw) | Finding::NoCode(raw) => {
            with_raw("the reply of the service has no code that can be read", raw)
        }
        Finding::OkWithoutId(raw) => with_raw("the service returned OK without a message ID", raw),
        Finding::BuriedOk => {
            Failure::environment("the output contains an OK in an unreadable form")
        }
        Finding::DamagedJson => {
            Failure::environment("the reply of the service is damaged or truncated")
        }
        Finding::Unreadable(excerpt) => {
            Failure::environment(format!("unexpected output of aliyun: {excerpt}"))
        }
        Finding::TooLarge { what, limit } => {
            Failure::environment(format!("the {what} is larger than {} MiB", limit / (1024 * 1024)))
        }
        Finding::TimeLimit(limit) => Failure::environment(format!(
            "no answer within {} s; the call was stopped",
            limit.as_secs()
        ))
        .hint("increase --timeout"),
        Finding::Interrupted => {
            let signal = signals::first().map_or_else(|| "a signal".into(), system::signal_name);
            Failure::new(Kind::Cancelled, format!("the call was stopped by {signal}"))
        }
        Finding::Killed(signal) => Failure::environment(format!(
            "aliyun was killed by {signal} before it returned a reply"
        )),
        Finding::Crashed(line) => Failure::environment(format!("aliyun crashed: {line}"))
            .hint("update aliyun and its plugins; report the crash with the output of -v"),
        Finding::Lost(line) => {
            let mut failure = Failure::environment(format!("the connection was lost: {line}"))
                .hint("check the network, the proxy settings and the region");
            failure.retryable = is_read;
            failure
        }
        Finding::BeforeTheCall(error) => before_the_call(operation, error),
        Finding::HelpPage => Failure::internal("aliyun printed a help page instead of a reply"),
        Finding::Other(line) if line.is_empty() => {
            Failure::environment("aliyun printed no reply and no error")
        }
        Finding::Other(line) => Failure::environment(format!("aliyun failed: {line}")),
    }
}

fn with_raw(message: &str, raw: serde_json::Map<String, Value>) -> Box<Failure> {
    let mut failure = Failure::new(Kind::Rejected, message);
    failure.request_id =
        crate::api::reply::fields::text(&Value::Object(raw.clone()), &["RequestId"]);
    let raw = Value::Object(raw);
    // It may be the output of another program, which can contain keys.
    failure.raw = (!output::holds_keys(&raw.to_string())).then_some(raw);
    failure
}

fn before_the_call(operation: &Operation, error: CliError) -> Box<Failure> {
    match error {
        CliError::NotConnected(text) => {
            Failure::environment(format!("cannot connect to the service: {text}"))
                .hint("check the network, the proxy settings and the region")
                .retryable()
        }
        CliError::Credentials(text) => Failure::new(Kind::Credentials, text)
            .hint("configure a profile with `aliyun configure`; alimsg never reads keys"),
        CliError::Local(text) => {
            let mut failure = Failure::environment(text)
                .hint("aliyun stopped before it called the service; reinstall or update its plugin");
            // `update` does not repair a damaged plugin; `install` does.
            failure.next = vec![install_command(operation.product)];
            failure
        }
        // The CLI's text quotes arguments, which can be message variables, so it is not shown.
        CliError::SafetyPolicy(_) => Failure::environment(format!(
            "the safety policy of aliyun does not allow {}:{}",
            operation.product.name(),
            operation.command
        ))
        .hint(
            "the owner of the policy can change the rule; a pattern with `*` can also match message \
             variables",
        )
        .next("aliyun configure safety-policy show"),
    }
}

/// The command that installs the plugin again.
fn install_command(product: Product) -> String {
    format!("aliyun plugin install --names {}", product.plugin())
}

/// The failure for an error code of the service or its gateway.
fn from_code(operation: &Operation, error: ServiceError) -> Box<Failure> {
    let cause = error.cause(operation.product);
    let known = cause.and_then(|_| error_codes::find(operation.product, &error.code));
    let ServiceError { code, message, request_id, raw, .. } = error;
    let meaning = known.map_or_else(
        || if message.is_empty() { "the service rejected the call" } else { &message },
        |known| known.meaning,
    );
    let text = if known.is_some() && !message.is_empty() && message != code {
        format!("{meaning} ({code}: {message})")
    } else {
        format!("{meaning} ({code})")
    };
    let mut failure = Failure::new(cause.map_or(Kind::Rejected, Cause::kind), text);
    failure.hint = Some(known.map_or_else(
        || {
            format!(
                "see {code} in the error codes of {} in the Alibaba Cloud documentation",
                operation.api
            )
        },
        |known| known.action.to_string(),
    ));
    // A read can be repeated after an internal error of the service; a send cannot.
    let is_server_failure = match cause {
        Some(cause) => cause == Cause::Service,
        None => service_error::is_server_failure(&code),
    };
    failure.retryable =
        cause == Some(Cause::Throttled) || (operation.access == Access::Read && is_server_failure);
    if cause == Some(Cause::Permission) {
        failure.policy = Some(policy(operation));
    }
    failure.code = Some(code);
    failure.request_id = request_id;
    failure.raw = raw.map(Value::Object);
    failure
}

/// The minimal RAM policy that allows the call.
fn policy(operation: &Operation) -> Value {
    serde_json::json!({
        "Version": "1",
        "Statement": [{
            "Effect": "Allow",
            "Action": [operation.ram_action],
            "Resource": "*",
        }],
    })
}

/// Adds what to do if `aliyun` did not accept the flag of `--ai-mode call`. An `aliyun` that does not
/// know the flag takes the product for its value and the command for the product.
///
/// Only changes failures with proof that no call was made.
pub fn explain_rejected_flag(
    ai_mode: AiModeMethod,
    command: &str,
    mut failure: Box<Failure>,
) -> Box<Failure> {
    let is_about_flag = failure.message.contains(AiModeMethod::FLAG)
        || failure.message.starts_with(&format!("'{command}' is not a valid"));
    if ai_mode == AiModeMethod::Call
        && failure.outcome == Outcome::NotSent
        && failure.kind == Kind::Environment
        && is_about_flag
    {
        failure.hint =
            Some("this aliyun does not support --ai-mode call: use --ai-mode switch".into());
        failure.next.clear();
        failure.retryable = false;
    }
    failure
}

/// Adds the commands to type after a rejection. After an unknown outcome, the next step is to check,
/// which the caller adds.
pub fn with_next_steps<E>(failure: Box<Failure>, call: &Call<E>) -> Box<Failure> {
    match failure.code.as_deref() {
        Some(code) if failure.outcome == Outcome::NotSent => {
            let commands = error_codes::next_steps(call, code);
            failure.next_all(commands)
        }
        _ => failure,
    }
}
