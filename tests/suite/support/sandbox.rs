//! The state of the sandbox, read from its folder.

use std::fs;

use serde_json::Value;

use super::World;

impl World {
    /// The messages that the simulated services have stored: incoming messages, then sent ones,
    /// oldest first.
    pub fn sandbox_messages(&self) -> Vec<Value> {
        let read = |file: &str| fs::read_to_string(self.path("state/sandbox").join(file));
        let mut messages = match read("service.json") {
            Ok(text) => {
                let state: Value = serde_json::from_str(&text).expect("the sandbox's state");
                state["messages"].as_array().cloned().unwrap_or_default()
            }
            Err(_) => Vec::new(),
        };
        let log = read("messages.jsonl").unwrap_or_default();
        // A line without an end is not complete.
        for line in log.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            let call: Value = serde_json::from_str(line).expect("a line of the sandbox's log");
            for recipient in call["recipients"].as_array().expect("the recipients") {
                let mut message = call["shared"].clone();
                message["recipient"] = recipient["number"].clone();
                for field in ["sender", "text", "message_id"] {
                    if let Some(own) = recipient.get(field) {
                        message[field] = own.clone();
                    }
                }
                messages.push(message);
            }
        }
        messages
    }

    /// Asserts that ai-mode of the sandbox was set, and is off.
    #[track_caller]
    pub fn assert_off_in_sandbox(&self) {
        let text = fs::read_to_string(self.path("state/sandbox/.aliyun/ai-mode.json"));
        let state: Value = serde_json::from_str(&text.expect("ai-mode was set")).expect("JSON");
        assert_eq!(state["enabled"], false, "{state}");
    }

    /// Asserts that ai-mode of the sandbox is off. With `--ai-mode call` it may never have been set.
    #[track_caller]
    pub fn assert_off_in_sandbox_or_never_on(&self) {
        if self.path("state/sandbox/.aliyun/ai-mode.json").exists() {
            self.assert_off_in_sandbox();
        }
    }
}
