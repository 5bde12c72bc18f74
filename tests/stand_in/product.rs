//! Product calls: `aliyun cams …` and `aliyun dysmsapi …`.

use anyhow::Result;
use serde_json::json;

use crate::answer::Answer;
use crate::witness::{Witness, now};
use crate::words::Words;
use crate::{account, many_recipients, plugins};

/// Whether this is a product call.
pub fn is_product(words: &Words) -> bool {
    matches!(words.command.first().map(String::as_str), Some("cams" | "dysmsapi"))
}

/// Runs every check that precedes the request. Returns the output so far, such as the messages of a
/// plugin download.
pub fn check(witness: &Witness, words: &Words) -> Result<Answer, Answer> {
    let [product, command] = words.command.as_slice() else {
        let extra = words.command.get(2).map_or("nothing", String::as_str);
        return Err(Answer::usage(&format!("a product takes one command, then flags: '{extra}'")));
    };
    // Names with upper-case letters are API names, which these products do not support.
    if !command.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return Err(Answer::usage(&format!("'{command}' is not a valid api")));
    }
    if words.flag("user-agent").is_none() {
        witness.violation("user agent", "a product call without --user-agent");
    }
    if agent_of_ai_mode(witness, words).is_none() {
        witness.violation("ai-mode off", "a product call while ai-mode is not enabled");
    }
    check_retries(witness, words, command);
    many_recipients::check(words, command)?;
    // Without an account, the host does not download the plugin. The plugin checks the rest.
    account::select(&witness.folder, words).map_err(|error| internal_error(&error))??;
    let prelude = ensure_plugin(witness, product)?;
    if product == "dysmsapi" && words.flag("api-version") != Some("2017-05-25") {
        return Err(Answer::failure("dysmsapi needs --api-version 2017-05-25"));
    }
    Ok(prelude)
}

/// The variables with which the host tells the plugin about ai-mode.
const AI_MODE: &str = "ALIBABA_CLOUD_CLI_AI_MODE";
const AI_USER_AGENT: &str = "ALIBABA_CLOUD_CLI_AI_USER_AGENT";

/// The agent string of ai-mode that the plugin gets, if ai-mode is on for this call.
fn agent_of_ai_mode(witness: &Witness, words: &Words) -> Option<String> {
    let stored = witness.folder.ai_mode();
    let is_on = words.flag("cli-ai-mode").is_some() || stored["enabled"] == true;
    if words.flag("no-cli-ai-mode").is_some() || !is_on {
        return None;
    }
    let agent = stored["user_agent"].as_str().unwrap_or_default().trim();
    let agent = if agent.is_empty() { "AlibabaCloud-Agent-Skills" } else { agent };
    Some(format!("AlibabaCloud-AIMode/enabled {agent}"))
}

/// The variables about ai-mode that the host sets for the plugin.
pub fn plugin_environment(witness: &Witness, words: &Words) -> Vec<(&'static str, String)> {
    match agent_of_ai_mode(witness, words) {
        Some(agent) => vec![(AI_MODE, "1".to_owned()), (AI_USER_AGENT, agent)],
        None if words.flag("no-cli-ai-mode").is_some() => {
            vec![(AI_MODE, String::new()), (AI_USER_AGENT, String::new())]
        }
        None => Vec::new(),
    }
}

/// Checks that the CLI does not repeat a call that changes something: neither after a lost reply,
/// which a profile can enable, nor after a throttling error, which is the default.
fn check_retries(witness: &Witness, words: &Words, command: &str) {
    let verbs = ["send-", "create-", "update-", "modify-", "delete-"];
    if !verbs.iter().any(|verb| command.starts_with(verb)) {
        return;
    }
    if words.flag("retry-count") != Some("0") || std::env::var("ALIBABA_CLOUD_RETRY_COUNT").is_ok()
    {
        witness.violation("retry", "a lost reply would be followed by a second call");
    }
    if std::env::var("ALIBABA_CLOUD_THROTTLING_RETRY_ENABLED").as_deref() != Ok("false") {
        witness.violation("retry", "a busy service would be followed by a second call");
    }
}

/// Installs a missing plugin if auto-install is on, otherwise fails. Reports the missing plugin on
/// stderr in both cases.
fn ensure_plugin(witness: &Witness, product: &str) -> Result<Answer, Answer> {
    let plugin = format!("aliyun-cli-{product}");
    if plugins::installed(&witness.folder).contains(&plugin) {
        let folder = plugins::plugin_folder(&witness.folder, &plugin);
        if folder.is_dir() {
            return Ok(Answer::default());
        }
        // A listed plugin is not installed again, even if its folder was removed.
        return Err(Answer::failure(&format!(
            "plugin execution failed: fork/exec {}: no such file or directory",
            folder.join(&plugin).display()
        )));
    }
    let notice = format!("{plugin} is required but not installed.\n");
    if std::env::var("ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL").as_deref() != Ok("true") {
        let refusal = format!("'{product}' is not a valid built-in product.\n{plugin} has it.");
        let failure = Answer::failure(&refusal);
        return Err(Answer { stderr: notice + &failure.stderr, ..failure });
    }
    let output =
        plugins::install(&witness.folder, &plugin).map_err(|error| internal_error(&error))?;
    Ok(Answer { stderr: notice, ..Answer::text(&output) })
}

/// Records a sent message, so that tests can count them.
pub fn record(witness: &Witness, words: &Words) -> Result<()> {
    if !words.command.get(1).is_some_and(|command| command.starts_with("send-")) {
        return Ok(());
    }
    let account = account::select(&witness.folder, words)?.ok();
    let agent = match std::env::var(AI_USER_AGENT) {
        Ok(agent) if crate::is_plugin() => Some(agent),
        _ => agent_of_ai_mode(witness, words),
    };
    let line = json!({
        "ai_user_agent": agent,
        "command": words.command.join(" "),
        "flags": words.flags_as_json(),
        "account": account,
        "pid": std::process::id(),
        "at": now(),
    });
    witness.folder.append("sent.jsonl", &line)
}

/// A successful reply of the service.
pub fn reply(command: &str) -> Answer {
    let (at, pid) = (now(), std::process::id());
    let request = format!("{pid:08X}-0000-4000-8000-{:012X}", at % (1 << 48));
    let body = match command {
        "send-sms" | "send-batch-sms" => json!({
            "Code": "OK", "Message": "OK", "BizId": format!("{at}{pid}^0"), "RequestId": request,
        }),
        "send-chatapp-message" => json!({
            "Code": "OK", "MessageId": format!("{at}{pid}"), "RequestId": request,
        }),
        "send-chatapp-mass-message" => json!({
            "Code": "OK", "GroupMessageId": format!("{at}{pid}"), "RequestId": request,
        }),
        _ => json!({ "Code": "OK", "RequestId": request }),
    };
    Answer::text(&format!("{body:#}\n"))
}

/// An error of the stand-in itself; differs from every error of the real program.
fn internal_error(error: &anyhow::Error) -> Answer {
    Answer { exit: 70, ..Answer::failure(&format!("stand-in aliyun: {error:#}")) }
}
