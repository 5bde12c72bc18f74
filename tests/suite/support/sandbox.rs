//! The state of the sandbox, read from its folder.

use std::fs;

use serde_json::Value;

use super::World;

impl World {
    /// The messages that the simulated services have stored, oldest first.
    pub fn sandbox_messages(&self) -> Vec<Value> {
        let Ok(text) = fs::read_to_string(self.path("state/sandbox/service.json")) else {
            return Vec::new();
        };
        let state: Value = serde_json::from_str(&text).expect("the sandbox's state");
        state["messages"].as_array().cloned().unwrap_or_default()
    }

    /// Asserts that ai-mode of the sandbox was set, and is off.
    #[track_caller]
    pub fn assert_off_in_sandbox(&self) {
        let text = fs::read_to_string(self.path("state/sandbox/.aliyun/ai-mode.json"));
        let state: Value = serde_json::from_str(&text.expect("ai-mode was set")).expect("JSON");
        assert_eq!(state["enabled"], false, "{state}");
    }
}
