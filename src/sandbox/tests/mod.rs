//! Tests of the sandbox through whole simulated processes.

mod cams;
mod host;
mod safety_policy;
mod scenarios;
mod settings;
mod sms;
mod sms_catalogue;
mod statistics;
mod strictness;

use serde_json::Value;

use crate::sandbox::{Answer, answer};

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

    /// All messages sent so far.
    pub fn messages(&self) -> Vec<Value> {
        let Ok(text) = std::fs::read_to_string(self.path().join("service.json")) else {
            return Vec::new();
        };
        let state: Value = serde_json::from_str(&text).unwrap();
        state["messages"].as_array().unwrap().clone()
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
        let path = self.path().join("service.json");
        let mut state: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for message in state["messages"].as_array_mut().unwrap() {
            let sent: jiff::Timestamp = message["sent_at"].as_str().unwrap().parse().unwrap();
            let earlier = sent - jiff::SignedDuration::from_secs(seconds);
            message["sent_at"] = serde_json::json!(earlier.to_string());
        }
        std::fs::write(path, state.to_string()).unwrap();
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
