//! What a finding means to the user: the message, the kind, and what to do next.

use serde_json::Value;

use crate::api::error_codes::{self, Cause};
use crate::api::operations::{Access, Operation, Product};
use crate::api::reply::cli_error::CliError;
use crate::api::reply::evidence::Finding;
use crate::api::reply::output;
use crate::api::reply::service_error::{self, ServiceError};
use crate::error::{Failure, Kind};
use crate::os::{signals, system};

/// The failure that a finding means. The outcome is not decided here.
pub fn describe(operation: &Operation, finding: Finding) -> Box<Failure> {
    let is_read = operation.access == Access::Read;
    match finding {
        Finding::Code(error) => from_code(operation, error),
        // Only an OK that is not believed comes here.
        Finding::Ok(raw) | Finding::NoCode(raw) => {
            with_raw("the service answered without a code that can be read", raw)
        }
        Finding::OkWithoutId(raw) => {
            with_raw("the service said OK and did not name the message that it accepted", raw)
        }
        Finding::BuriedOk => {
            Failure::environment("the output has an OK of the service in it that cannot be read")
        }
        Finding::DamagedJson => {
            Failure::environment("the reply of the service is damaged or cut off")
        }
        Finding::Unreadable(excerpt) => {
            Failure::environment(format!("aliyun answered nothing that can be read: {excerpt}"))
        }
        Finding::TooLarge { what, limit } => {
            Failure::environment(format!("the {what} is larger than {} MiB", limit / (1024 * 1024)))
        }
        Finding::TimeLimit(limit) => Failure::environment(format!(
            "no answer within {} s; the call was ended",
            limit.as_secs()
        ))
        .hint("--timeout gives it longer"),
        Finding::Interrupted => {
            let signal = signals::first().map_or_else(|| "a signal".into(), system::signal_name);
            Failure::new(Kind::Cancelled, format!("the call was ended by {signal}"))
        }
        Finding::Killed(signal) => {
            Failure::environment(format!("aliyun was ended by {signal} before it answered"))
        }
        Finding::Crashed(line) => Failure::environment(format!("aliyun crashed: {line}"))
            .hint("update aliyun and its plugins; report the crash with the output of -v"),
        Finding::Lost(line) => {
            let mut failure = Failure::environment(format!("the connection was lost: {line}"))
                .hint("check the network, a proxy and the region");
            failure.retryable = is_read;
            failure
        }
        Finding::BeforeTheCall(error) => before_the_call(operation, error),
        Finding::HelpPage => {
            Failure::internal("aliyun printed a help page in the place of a reply")
        }
        Finding::Other(line) if line.is_empty() => {
            Failure::environment("aliyun answered nothing that can be read: (empty)")
        }
        Finding::Other(line) => Failure::environment(format!("aliyun failed: {line}")),
    }
}

fn with_raw(message: &str, raw: serde_json::Map<String, Value>) -> Box<Failure> {
    let mut failure = Failure::new(Kind::Rejected, message);
    failure.request_id =
        crate::api::reply::fields::text(&Value::Object(raw.clone()), &["RequestId"]);
    let raw = Value::Object(raw);
    // It may not be a reply at all, but what another program printed.
    failure.raw = (!output::holds_keys(&raw.to_string())).then_some(raw);
    failure
}

fn before_the_call(operation: &Operation, error: CliError) -> Box<Failure> {
    match error {
        CliError::NotConnected(text) => {
            Failure::environment(format!("the service was not reached: {text}"))
                .hint("check the network, a proxy and the region")
                .retryable()
        }
        CliError::Credentials(text) => Failure::new(Kind::Credentials, text)
            .hint("configure a profile with `aliyun configure`; alimsg never takes a key"),
        CliError::Local(text) => {
            let mut failure = Failure::environment(text).hint(
                "aliyun refused before it called the service; is its plugin whole and up to date?",
            );
            // An update would leave a damaged plugin as it is.
            failure.next = vec![install_command(operation.product)];
            failure
        }
        // The CLI quotes words of the command line there, which can be message variables.
        CliError::SafetyPolicy(_) => Failure::environment(format!(
            "the safety policy of aliyun does not allow {}:{}",
            operation.product.name(),
            operation.command
        ))
        .hint(
            "its owner can change the rule; a pattern with `*` can also match the message's \
             variables",
        )
        .next("aliyun configure safety-policy show"),
    }
}

/// Installs the plugin again.
fn install_command(product: Product) -> String {
    format!("aliyun plugin install --names {}", product.plugin())
}

/// The service, or the gateway before it, answered with a code.
fn from_code(operation: &Operation, error: ServiceError) -> Box<Failure> {
    let cause = error.cause(operation.product);
    let known = cause.and_then(|_| error_codes::find(operation.product, &error.code));
    let ServiceError { code, message, request_id, raw, .. } = error;
    let meaning = known.map_or_else(
        || if message.is_empty() { "the service refused" } else { &message },
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
                "look up {code} among the error codes of {} in its documentation",
                operation.api
            )
        },
        |known| known.action.to_string(),
    ));
    // A service that broke down can be asked again, but never to send again.
    let broke_down = match cause {
        Some(cause) => cause == Cause::Client,
        None => service_error::names_a_failure_inside(&code),
    };
    failure.retryable =
        cause == Some(Cause::Throttled) || (operation.access == Access::Read && broke_down);
    if cause == Some(Cause::Permission) {
        failure.policy = Some(policy(operation));
    }
    failure.code = Some(code);
    failure.request_id = request_id;
    failure.raw = raw.map(Value::Object);
    failure
}

/// The least that a RAM policy has to allow for a call.
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
