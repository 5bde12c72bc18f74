//! A client that writes the protocol by hand: JSON-RPC messages, one on each line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::World;

/// A server that takes longer counts as hanging; far above what a busy machine needs.
const LIMIT: Duration = Duration::from_secs(120);

pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    /// What the server writes, line by line.
    lines: Receiver<String>,
    requests: u64,
    /// Results that arrived before [`Self::response`] asked for them.
    early: Vec<Value>,
    /// How the user of the client answers questions; `None` if the client cannot ask.
    answer: Option<Value>,
    /// The questions so far.
    pub questions: Vec<String>,
}

impl Client {
    /// A server in the sandbox that may send, and a client that cannot ask its user.
    pub fn in_sandbox(world: &World) -> Self {
        Self::start(world, &["--sandbox", "mcp", "--allow-send"], None)
    }

    /// Starts the server and initializes the connection.
    pub fn start(world: &World, arguments: &[&str], answer: Option<Value>) -> Self {
        Self::connect(world.alimsg(arguments), answer)
    }

    /// As [`Self::start`], with these variables.
    pub fn start_with_env(world: &World, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = world.alimsg(arguments);
        command.envs(variables.iter().copied());
        Self::connect(command, None)
    }

    fn connect(mut command: Command, answer: Option<Value>) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the server starts");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut client = Self {
            child,
            stdin,
            lines,
            requests: 0,
            early: Vec::new(),
            answer,
            questions: Vec::new(),
        };
        let capabilities = match &client.answer {
            Some(_) => json!({ "elicitation": {} }),
            None => json!({}),
        };
        let initialized = client.request(
            "initialize",
            &json!({
                "protocolVersion": "2025-06-18", "capabilities": capabilities,
                "clientInfo": { "name": "test", "version": "1" },
            }),
        );
        assert_eq!(initialized["serverInfo"]["name"], "alimsg", "{initialized:#}");
        client.write(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client
    }

    fn write(&mut self, message: &Value) {
        let stdin = self.stdin.as_mut().expect("the connection is open");
        writeln!(stdin, "{message}").expect("the server reads");
        stdin.flush().expect("the server reads");
    }

    fn read(&mut self) -> Value {
        let line = self.lines.recv_timeout(LIMIT).expect("a message of the server");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Sends a request and returns its number.
    pub fn begin(&mut self, method: &str, params: &Value) -> u64 {
        self.requests += 1;
        let id = self.requests;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Sends a request and returns its result, or its error under `error`.
    pub fn request(&mut self, method: &str, params: &Value) -> Value {
        let id = self.begin(method, params);
        self.response(id)
    }

    /// The result of a request, or its error under `error`. Answers questions until it is there.
    pub fn response(&mut self, id: u64) -> Value {
        loop {
            let earlier = self.early.iter().position(|message| message["id"] == json!(id));
            let message = match earlier {
                Some(index) => self.early.remove(index),
                None => self.read(),
            };
            if message["method"] == "elicitation/create" {
                let question = message["params"]["message"].as_str().expect("a question");
                self.questions.push(question.to_string());
                let result = self.answer.clone().expect("this client cannot ask");
                self.write(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }));
            } else if message["id"] == json!(id) {
                return message.get("result").cloned().unwrap_or(message);
            } else if message["id"].is_u64() {
                self.early.push(message);
            }
        }
    }

    /// The number of the next question of the server, which stays open.
    pub fn question(&mut self) -> Value {
        loop {
            let message = self.read();
            if message["method"] == "elicitation/create" {
                return message["id"].clone();
            }
        }
    }

    /// Answers an open question.
    pub fn answer(&mut self, question: &Value, answer: &Value) {
        self.write(&json!({ "jsonrpc": "2.0", "id": question, "result": answer }));
    }

    /// Writes a line that may not be a message.
    pub fn write_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("the connection is open");
        writeln!(stdin, "{line}").expect("the server reads");
    }

    /// Cancels a request.
    pub fn cancel(&mut self, id: u64) {
        let params = json!({ "requestId": id, "reason": "the user has cancelled" });
        let method = "notifications/cancelled";
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    pub fn tools(&mut self) -> Vec<Value> {
        self.request("tools/list", &json!({}))["tools"].as_array().expect("tools").clone()
    }

    /// Calls a tool and returns the JSON object of its command.
    #[track_caller]
    pub fn call(&mut self, tool: &str, inputs: &Value) -> Value {
        let params = json!({ "name": tool, "arguments": inputs });
        let result = self.request("tools/call", &params);
        let object = &result["structuredContent"];
        assert!(object.is_object(), "{result:#}");
        assert_eq!(result["isError"], json!(object["ok"] != json!(true)), "{result:#}");
        let text = |index: usize| result["content"][index]["text"].as_str().expect("a text");
        assert_eq!(serde_json::from_str::<Value>(text(0)).expect("JSON"), *object);
        assert!(text(1).contains("untrusted"), "{result:#}");
        object.clone()
    }

    /// Calls a tool twice: for the plan, and with its token. Returns the second result.
    #[track_caller]
    pub fn confirm(&mut self, tool: &str, inputs: &Value) -> Value {
        let planned = self.call(tool, inputs);
        let mut inputs = inputs.clone();
        inputs["token"] = planned["data"]["token"].clone();
        assert!(inputs["token"].is_string(), "{planned:#}");
        self.call(tool, &inputs)
    }

    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a pid")
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid()).expect("a pid");
        kill_process(pid, signal).expect("the signal is sent");
    }

    /// Closes the connection and waits for the end of the server.
    pub fn close(mut self) -> std::process::ExitStatus {
        self.stdin = None;
        self.child.wait().expect("the server ends")
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.wait();
    }
}
