//! Tests of the sandbox through whole simulated processes.

mod cams;
mod host;
mod many_recipients;
mod message_log;
mod safety_policy;
mod scenarios;
mod settings;
mod sms;
mod sms_catalogue;
mod statistics;
mod strictness;

use serde_json::Value;

use crate::sandbox::{Answer, answer, sent_messages};

/// A sandbox in its own temporary folder.
pub struct Sandbox {
    folder: tempfile::TempDir,
    environment: Vec<(&'static str, &'static str)>,
}

impl Sandbox {
    /// In the initial state: no plugin is installed.
    pub fn fresh() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), environment: Vec::new() }
    }

    /// With both plugins installed.
    pub fn ready() -> Self {
        let sandbox = Self::fresh();
        let installed = sandbox.run(&["plugin", "install", "--names", "cams", "dysmsapi"]);
        assert_eq!(installed.exit, 0, "{installed:?}");
        sandbox
    }

    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// A path below the temporary folder, so that the sandbox has to create it.
    pub fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("sandbox")
    }

    pub fn run<S: AsRef<str>>(&self, args: &[S]) -> Answer {
        let args: Vec<String> = args.iter().map(|arg| arg.as_ref().to_owned()).collect();
        let env = |name: &str| {
            let variable = self.environment.iter().find(|(known, _)| *known == name);
            variable.map(|(_, value)| (*value).to_owned())
        };
        answer(&args, &self.path(), &env)
    }

    /// The reply of the service, either success or business error. Requires exit code 0.
    pub fn reply<S: AsRef<str>>(&self, args: &[S]) -> Value {
        let answer = self.run(args);
        assert_eq!((answer.exit, answer.stderr.as_str()), (0, ""), "{answer:?}");
        serde_json::from_str(&answer.stdout).unwrap()
    }

    /// The `Code` of the reply.
    pub fn code<S: AsRef<str>>(&self, args: &[S]) -> String {
        self.reply(args)["Code"].as_str().unwrap().to_owned()
    }

    /// All messages sent so far, oldest first.
    pub fn messages(&self) -> Vec<Value> {
        let messages = sent_messages(&self.path()).unwrap();
        messages.iter().map(|message| serde_json::to_value(message).unwrap()).collect()
    }

    /// `--send-date` for the day of the last message, or for today if there is none.
    pub fn day(&self) -> String {
        let last = self.messages().pop();
        let sent = last.map_or_else(jiff::Timestamp::now, |message| {
            message["sent_at"].as_str().unwrap().parse().unwrap()
        });
        sent.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(8)))
            .strftime("--send-date=%Y%m%d")
            .to_string()
    }

    /// Moves the send time of all messages into the past, as if this time had passed.
    pub fn advance_clock(&self, seconds: i64) {
        let path = self.path().join("messages.jsonl");
        let mut lines = String::new();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let mut call: Value = serde_json::from_str(line).unwrap();
            let sent: jiff::Timestamp =
                call["shared"]["sent_at"].as_str().unwrap().parse().unwrap();
            let earlier = sent - jiff::SignedDuration::from_secs(seconds);
            call["shared"]["sent_at"] = serde_json::json!(earlier.to_string());
            lines.push_str(&format!("{call}\n"));
        }
        std::fs::write(path, lines).unwrap();
    }
}

/// A complete call of send-sms.
pub fn sms_to(phone: &str) -> Vec<String> {
    [
        "dysmsapi",
        "send-sms",
        &format!("--phone-numbers={phone}"),
        "--sign-name=Acme",
        "--template-code=SMS_100001",
        r#"--template-param={"code":"1234","minutes":"5"}"#,
        "--out-id=track-1",
        "--user-agent=agent",
        "--api-version=2017-05-25",
        "--read-timeout=3",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// A complete call of send-chatapp-message with a template.
pub fn chat_to(phone: &str) -> Vec<String> {
    [
        "cams",
        "send-chatapp-message",
        "--channel-type=whatsapp",
        "--from=8613800000001",
        &format!("--to={phone}"),
        "--type=template",
        "--template-code=100000000000001",
        "--biz-language=en",
        "--task-id=track-2",
        "--template-params",
        "name=Alice",
        "order=42",
        "--user-agent=agent",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// A complete call of send-batch-sms to two numbers.
pub fn batch_sms() -> Vec<String> {
    [
        "dysmsapi",
        "send-batch-sms",
        r#"--phone-number-json=["13800001234","13800005678"]"#,
        r#"--sign-name-json=["Acme","Acme Store"]"#,
        "--template-code=SMS_100002",
        r#"--template-param-json=[{"name":"Alice","order":"1"},{"name":"Bob","order":"2"}]"#,
        r#"--sms-up-extend-code-json=["01","02"]"#,
        "--out-id=track-3",
        "--user-agent=agent",
        "--api-version=2017-05-25",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// A complete call of send-chatapp-mass-message to two numbers.
pub fn mass_chat() -> Vec<String> {
    [
        "cams",
        "send-chatapp-mass-message",
        "--channel-type=whatsapp",
        "--cust-space-id=cams-sandbox",
        "--from=8613800000001",
        "--template-code=100000000000001",
        "--biz-language=en",
        "--task-id=track-4",
        r#"--sender-list=[{"To":"8613800001234","TemplateParams":{"name":"Alice","order":"1"},"Payload":["a"],"RecipientType":"individual"},{"To":"12025550123","TemplateParams":{"name":"Bob","order":"2"}}]"#,
        "--user-agent=agent",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The arguments with one `--flag=value` replaced.
pub fn changed(args: &[String], replacement: &str) -> Vec<String> {
    let name = replacement.split('=').next().unwrap();
    let prefix = format!("{name}=");
    args.iter()
        .map(|arg| if arg.starts_with(&prefix) { replacement.to_owned() } else { arg.clone() })
        .collect()
}

/// The arguments without one flag.
pub fn without(args: &[String], flag: &str) -> Vec<String> {
    let prefix = format!("{flag}=");
    args.iter().filter(|arg| !arg.starts_with(&prefix)).cloned().collect()
}

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions()) & 0o777
}
